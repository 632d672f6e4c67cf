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

/* @kept is the next one's address, once it is known. */
static FILE *open_stream(stream_function *kept, const char *name, const char *path,
			 const char *mode)
{
	int fd;

	if (nr_proc_is_ours(path)) {
		fd = nr_proc_open(path, strchr(mode, 'e') != NULL);
		return fd < 0 ? (nr_answer(fd), NULL) : fdopen(fd, "r");
	}
	if (!*kept)
		*(void **)kept = dlsym(RTLD_NEXT, name);
	return (*kept)(path, mode);
}

static int open_file(open_function *kept, const char *name, const char *path, int flags,
		     mode_t mode)
{
	if (nr_proc_is_ours(path))
		return (int)nr_answer(nr_proc_open(path, flags & O_CLOEXEC));
	if (!*kept)
		*(void **)kept = dlsym(RTLD_NEXT, name);
	return (*kept)(path, flags, mode);
}

/* By their real names: headers may have redirected the one to the other. */
NARU_API FILE *nr_call_fopen(const char *path, const char *mode) __asm__("fopen");
NARU_API FILE *nr_call_fopen64(const char *path, const char *mode) __asm__("fopen64");
NARU_API int nr_call_open(const char *path, int flags, ...) __asm__("open");
NARU_API int nr_call_open64(const char *path, int flags, ...) __asm__("open64");

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
int nr_call_open(const char *path, int flags, ...)
{
	static open_function next;
	va_list list;
	mode_t mode;

	va_start(list, flags);
	mode = va_arg(list, mode_t);
	va_end(list);
	return open_file(&next, "open", path, flags, mode);
}

int nr_call_open64(const char *path, int flags, ...)
{
	static open_function next;
	va_list list;
	mode_t mode;

	va_start(list, flags);
	mode = va_arg(list, mode_t);
	va_end(list);
	return open_file(&next, "open64", path, flags, mode);
}
