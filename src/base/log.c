/* SPDX-License-Identifier: MIT */

/* base/log.c - see base/log.h */

#include <base/log.h>
#include <errno.h>
#include <naru/base.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>

/*
 * When naru_set_log() returns, the hook before runs in no thread any more, so
 * that its data may be freed.
 */
static pthread_rwlock_t guard = PTHREAD_RWLOCK_INITIALIZER;
static naru_log_function hook;
static void *hook_data;

NARU_API void naru_set_log(naru_log_function log, void *data)
{
	pthread_rwlock_wrlock(&guard);
	hook = log;
	hook_data = data;
	pthread_rwlock_unlock(&guard);
}

void nr_log(const char *format, ...)
{
	int saved = errno;

	pthread_rwlock_rdlock(&guard);
	if (hook) {
		char line[512];
		va_list arguments;

		va_start(arguments, format);
		vsnprintf(line, sizeof(line), format, arguments);
		va_end(arguments);
		hook(hook_data, line);
	}
	pthread_rwlock_unlock(&guard);
	errno = saved;
}
