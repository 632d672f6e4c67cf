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
	call = strtol(text, NULL, 10);

	return (call == SYS_futex || call == SYS_futex_waitv || call == SYS_ppoll ||
		call == SYS_recvfrom) &&
	       text[0] != 'r';
}
