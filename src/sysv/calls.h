/* SPDX-License-Identifier: MIT */
#ifndef NARU_SYSV_CALLS_H
#define NARU_SYSV_CALLS_H

/*
 * sysv/calls.h - what programs call: the names of libc's, which this library takes over
 *
 * sysv/sysv.map lists them.
 */

#include <errno.h>
#include <naru/base.h>
#include <sysv/thread.h>

#if __has_attribute(copy)
#define NR_LIKE(name) copy(name),
#else
#define NR_LIKE(name)
#endif

/* Another name for a function here, that means just this one: sysv/calls-dlsym.c */
#define NR_OWN(name)                                                                     \
	extern __typeof__(name) nr_own_##name                                            \
		__attribute__((NR_LIKE(name) alias(#name), visibility("hidden")))

/* From "-errno" to libc's "-1 and errno". */
static inline long nr_answer(long result)
{
	if (result >= 0)
		return result;
	errno = (int)-result;
	return -1;
}

/*
 * One call of the twelve, in which the thread is not cancelled wherever it happens to be
 * (sysv/thread.h). @point: the call is a cancellation point.
 */
struct nr_border {
	bool point;
	bool at_once; /* its type, when it came */
};

struct nr_border nr_border_begin_slowly(bool point);
long nr_border_end_slowly(struct nr_border border, long result);

static inline struct nr_border nr_border_begin(bool point)
{
	uint32_t usual = point ? NR_THREAD_KNOWN : 0;
	uint32_t asked =
		NR_THREAD_AT_ONCE | (point ? NR_THREAD_KNOWN | NR_THREAD_CANCELLED : 0);

	if (__builtin_expect((nr_load_relaxed(&nr_thread.word) & asked) != usual, 0))
		return nr_border_begin_slowly(point);
	return (struct nr_border){.point = point};
}

/* The call's answer, and errno. */
static inline long nr_border_end(struct nr_border border, long result)
{
	if (__builtin_expect(result == -EINTR || border.at_once, 0))
		return nr_border_end_slowly(border, result);
	return nr_answer(result);
}

/* A system call that changes what is mapped, made and noted down. */
long nr_memory_call(long number, long a, long b, long c, long d, long e, long f)
	__attribute__((visibility("hidden")));

#endif /* NARU_SYSV_CALLS_H */
