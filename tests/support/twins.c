/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <support/must.h>
#include <support/twins.h>
#include <sys/mman.h>

struct twins *twins;

void twins_open(void)
{
	twins = mmap(NULL, sizeof(*twins), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	must(twins != MAP_FAILED);
	for (int i = 0; i < TWINS; i++)
		twins->twin[i] = (struct twin){-1, -1};
}

long kernel(long result)
{
	return result < 0 ? -errno : result;
}

void same(const char *what, long of_kernel, long of_naru)
{
	twins->compared++;
	if (of_kernel == of_naru)
		return;
	fprintf(stderr, "program %lu, step %d: %s: the kernel says %ld, naru %ld\n",
		(unsigned long)twins->program, twins->step, what, of_kernel, of_naru);
	must(of_kernel == of_naru);
}

void same_time(const char *what, long of_kernel, long of_naru)
{
	if (labs(of_kernel - of_naru) > 1)
		same(what, of_kernel, of_naru);
}
