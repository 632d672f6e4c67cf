/* SPDX-License-Identifier: MIT */

#include "asleep.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>

/* The number of the system call that it is in; -1: none. */
static long call_of(pid_t pid)
{
	char path[64], text[32] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/syscall", pid);
	file = fopen(path, "r");
	if (!file)
		return -1;
	if (!fgets(text, sizeof(text), file))
		text[0] = 0;
	fclose(file);
	/* Or "running". */
	return text[0] >= '0' && text[0] <= '9' ? strtol(text, NULL, 10) : -1;
}

bool asleep(pid_t pid)
{
	long call = call_of(pid);

#ifdef SYS_poll
	if (call == SYS_poll)
		return true;
#endif
	if (call == SYS_msgrcv || call == SYS_msgsnd || call == SYS_semtimedop)
		return true;
	return call == SYS_futex || call == SYS_futex_waitv || call == SYS_ppoll ||
	       call == SYS_recvfrom;
}

bool watches(pid_t pid)
{
	return call_of(pid) == SYS_futex_waitv;
}
