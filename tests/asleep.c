/* SPDX-License-Identifier: MIT */

#include "asleep.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>

bool asleep(pid_t pid)
{
	char path[64], text[32] = "";
	FILE *file;
	long call;

	snprintf(path, sizeof(path), "/proc/%d/syscall", pid);
	file = fopen(path, "r");
	if (!file)
		return false;
	if (!fgets(text, sizeof(text), file))
		text[0] = 0;
	fclose(file);
	if (text[0] == 'r') /* running */
		return false;
	call = strtol(text, NULL, 10);
#ifdef SYS_poll
	if (call == SYS_poll)
		return true;
#endif
	return call == SYS_futex || call == SYS_futex_waitv || call == SYS_ppoll;
}
