/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <support/default-space.h>
#include <support/must.h>
#include <support/room.h>
#include <unistd.h>

static char path[] = "/dev/shm/naru-test-XXXXXX";
static pid_t maker;

static void clear(void)
{
	if (getpid() == maker)
		remove_space(path);
}

void default_space_of_our_own(void)
{
	/* A second time, or in a child, it is the same one. */
	if (maker)
		return;
	maker = getpid();
	must(mkdtemp(path));
	must(setenv("NARU_SPACE", path, 1) == 0);
	must(atexit(clear) == 0);
}
