/* SPDX-License-Identifier: MIT */

/* A library that is loaded with RTLD_DEEPBIND, and calls libc's msgget, if it can. */

#include <stddef.h>
#include <sys/msg.h>

__attribute__((visibility("default"))) int deep_get(void);

int deep_get(void)
{
	int id = msgget(IPC_PRIVATE, 0600);

	return id < 0 ? -1 : msgctl(id, IPC_RMID, NULL);
}
