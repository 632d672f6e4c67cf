/* SPDX-License-Identifier: MIT */

/*
 * A program that asks the kernel for a queue by an instruction of its own: no library can
 * take that over, and `naru doctor -- PROGRAM` says so. tests/cli-run.sh
 */

#include <stddef.h>
#include <sys/syscall.h>

static long get_queue(long key, long flags)
{
	long result = -1;

#ifdef __x86_64__
	__asm__ volatile("mov %1, %%eax\n\tsyscall"
			 : "=&a"(result)
			 : "i"(SYS_msgget), "D"(key), "S"(flags)
			 : "rcx", "r11", "memory");
#else
	(void)key;
	(void)flags;
#endif
	return result;
}

int main(void)
{
	/* There is none of that key, and none is made. */
	return get_queue(0x5a5a5a5a, 0) < 0 ? 0 : 1;
}
