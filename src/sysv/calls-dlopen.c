/* SPDX-License-Identifier: MIT */

/*
 * sysv/calls-dlopen.c - a library that is loaded with RTLD_DEEPBIND looks into libc
 * before it looks here, as PHP's extensions do: without that flag it finds us
 */

#include <sysv/calls.h>

#include <dlfcn.h>
#include <stddef.h>

/*
 * libc searches by who calls it, the return address says. So this must be a jump, which
 * every optimizing compiler makes of it.
 */
NARU_API void *dlopen(const char *name, int flags)
{
	static void *(*next)(const char *name, int flags);

	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "dlopen");
	return next(name, flags & ~RTLD_DEEPBIND);
}

/* Into the first namespace: in others is another libc, and we are not. */
NARU_API void *dlmopen(Lmid_t namespace, const char *name, int flags)
{
	static void *(*next)(Lmid_t namespace, const char *name, int flags);

	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "dlmopen");
	return next(namespace, name,
		    namespace == LM_ID_BASE ? flags & ~RTLD_DEEPBIND : flags);
}
