/* SPDX-License-Identifier: MIT */

/* sysv/calls-open.c - who opens /proc/sysvipc/msg, sem or shm gets ours */

#include <sysv/calls.h>

#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sysv/proc.h>

typedef FILE *(*stream_function)(const char *path, const char *mode);
typedef int (*open_function)(const char *path, int flags, ...);
typedef int (*open_at_function)(int directory, const char *path, int flags, ...);

/* @kept is the next one's address, once it is known. */
static void need(void *kept, const char *name)
{
	if (!*(void **)kept)
		*(void **)kept = dlsym(RTLD_NEXT, name);
}

static FILE *open_stream(stream_function *kept, const char *name, const char *path,
			 const char *mode)
{
	int which = nr_proc_find(AT_FDCWD, path), fd;

	if (which >= 0) {
		fd = nr_proc_open(which, strchr(mode, 'e') != NULL);
		return fd < 0 ? (nr_answer(fd), NULL) : fdopen(fd, "r");
	}
	need(kept, name);
	return (*kept)(path, mode);
}

static int open_file(open_function *kept, const char *name, const char *path, int flags,
		     mode_t mode)
{
	int which = nr_proc_find(AT_FDCWD, path);

	if (which >= 0)
		return (int)nr_answer(nr_proc_open(which, flags & O_CLOEXEC));
	need(kept, name);
	return (*kept)(path, flags, mode);
}

static int open_at(open_at_function *kept, const char *name, int directory,
		   const char *path, int flags, mode_t mode)
{
	int which = nr_proc_find(directory, path);

	if (which >= 0)
		return (int)nr_answer(nr_proc_open(which, flags & O_CLOEXEC));
	need(kept, name);
	return (*kept)(directory, path, flags, mode);
}

/* By their real names: headers may have redirected the one to the other. */
NARU_API FILE *nr_call_fopen(const char *path, const char *mode) __asm__("fopen");
NARU_API FILE *nr_call_fopen64(const char *path, const char *mode) __asm__("fopen64");

FILE *nr_call_fopen(const char *path, const char *mode)
{
	static stream_function next;

	return open_stream(&next, "fopen", path, mode);
}

FILE *nr_call_fopen64(const char *path, const char *mode)
{
	static stream_function next;

	return open_stream(&next, "fopen64", path, mode);
}

/* A mode is there only with some flags; else the register holds whatever it does. */
#define TAKE_OPEN(name)                                                                  \
	NARU_API int nr_call_##name(const char *path, int flags, ...) __asm__(#name);    \
	int nr_call_##name(const char *path, int flags, ...)                             \
	{                                                                                \
		static open_function next;                                               \
		va_list list;                                                            \
		mode_t mode;                                                             \
                                                                                         \
		va_start(list, flags);                                                   \
		mode = va_arg(list, mode_t);                                             \
		va_end(list);                                                            \
		return open_file(&next, #name, path, flags, mode);                       \
	}

#define TAKE_OPENAT(name)                                                                \
	NARU_API int nr_call_##name(int directory, const char *path, int flags,          \
				    ...) __asm__(#name);                                 \
	int nr_call_##name(int directory, const char *path, int flags, ...)              \
	{                                                                                \
		static open_at_function next;                                            \
		va_list list;                                                            \
		mode_t mode;                                                             \
                                                                                         \
		va_start(list, flags);                                                   \
		mode = va_arg(list, mode_t);                                             \
		va_end(list);                                                            \
		return open_at(&next, #name, directory, path, flags, mode);              \
	}

TAKE_OPEN(open)
TAKE_OPEN(open64)
TAKE_OPENAT(openat)
TAKE_OPENAT(openat64)

/* What _FORTIFY_SOURCE makes of them; there is no mode. */
#define TAKE_FORTIFIED(name)                                                             \
	NARU_API int name(const char *path, int flags);                                  \
	int name(const char *path, int flags)                                            \
	{                                                                                \
		static open_function next;                                               \
                                                                                         \
		return open_file(&next, #name, path, flags, 0);                          \
	}

#define TAKE_FORTIFIED_AT(name)                                                          \
	NARU_API int name(int directory, const char *path, int flags);                   \
	int name(int directory, const char *path, int flags)                             \
	{                                                                                \
		static open_at_function next;                                            \
                                                                                         \
		return open_at(&next, #name, directory, path, flags, 0);                 \
	}

TAKE_FORTIFIED(__open_2)
TAKE_FORTIFIED(__open64_2)
TAKE_FORTIFIED_AT(__openat_2)
TAKE_FORTIFIED_AT(__openat64_2)
