/* SPDX-License-Identifier: MIT */

#include "sysv-calls.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

const struct bench_sysv_calls bench_sysv_kernel = {
	.msgget = msgget,
	.msgsnd = msgsnd,
	.msgrcv = msgrcv,
	.msgctl = msgctl,
	.semget = semget,
	.semop = semop,
	.semctl = semctl,
	.shmget = shmget,
	.shmat = shmat,
	.shmdt = shmdt,
	.shmctl = shmctl,
};

static const struct {
	const char *name;
	size_t offset;
} functions[] = {
	{"msgget", offsetof(struct bench_sysv_calls, msgget)},
	{"msgsnd", offsetof(struct bench_sysv_calls, msgsnd)},
	{"msgrcv", offsetof(struct bench_sysv_calls, msgrcv)},
	{"msgctl", offsetof(struct bench_sysv_calls, msgctl)},
	{"semget", offsetof(struct bench_sysv_calls, semget)},
	{"semop", offsetof(struct bench_sysv_calls, semop)},
	{"semctl", offsetof(struct bench_sysv_calls, semctl)},
	{"shmget", offsetof(struct bench_sysv_calls, shmget)},
	{"shmat", offsetof(struct bench_sysv_calls, shmat)},
	{"shmdt", offsetof(struct bench_sysv_calls, shmdt)},
	{"shmctl", offsetof(struct bench_sysv_calls, shmctl)},
};

/* The one that was built with us, or else the installed one. */
static void *load(void)
{
	const char *chosen = getenv("NARU_SYSV_LIBRARY");
	void *library = NULL;

	if (chosen && chosen[0])
		return dlopen(chosen, RTLD_NOW | RTLD_LOCAL);
#ifdef BENCH_SYSV_LIBRARY
	library = dlopen(BENCH_SYSV_LIBRARY, RTLD_NOW | RTLD_LOCAL);
#endif
	return library ? library : dlopen("libnaru-sysv.so.0", RTLD_NOW | RTLD_LOCAL);
}

/* dlsym() also looks into what a library depends on: libc's would be the kernel's. */
static bool is_of(void *function, void *library)
{
	void *own = dlsym(library, "naru_sysv_list");
	Dl_info there, here;

	return own && dladdr(own, &here) && dladdr(function, &there) &&
	       here.dli_fbase == there.dli_fbase;
}

static bool find_all(void *library, struct bench_sysv_calls *calls)
{
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		void *function = dlsym(library, functions[i].name);

		if (!function || !is_of(function, library))
			return false;
		memcpy((char *)calls + functions[i].offset, &function, sizeof(function));
	}
	return true;
}

const struct bench_sysv_calls *bench_sysv_naru(void)
{
	static struct bench_sysv_calls calls;
	static bool looked, found;

	if (!looked) {
		void *library = load();

		looked = true;
		found = library && find_all(library, &calls);
	}
	return found ? &calls : NULL;
}
