/* SPDX-License-Identifier: MIT */
#ifndef NARU_SYSV_THREAD_H
#define NARU_SYSV_THREAD_H

/*
 * sysv/thread.h - how a call that waits may end without returning
 *
 * - pthread_cancel(3). msgsnd(2) and msgrcv(2) are cancellation points, and a thread that
 *   may be cancelled at any time is so in each wait. To be interrupted in the middle of a
 *   queue would leave it locked, so nobody is: a cancelled thread's word tells its sleep
 *   to end (space/members.h), and then the call gives everything back, and tests for it.
 * - longjmp(3) by a handler. Whatever jumps, a handler has run, and the kernel's call
 *   would have ended with EINTR before it: so what the thread waited for is given up
 *   before the jump. If the jump stayed in the handler, the call finds that, and ends.
 * - A handler that leaves in another way (setcontext(3), a C++ exception), or ends the
 *   thread: at the thread's next wait, or its end.
 *
 * A thread is known from its first call that could be cancelled, or its first wait, on.
 */

#include <base/atomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum nr_thread_bits {
	NR_THREAD_KNOWN = 1,
	NR_THREAD_CANCELLED =
		2,	       /* pthread_cancel() was called for it, or may have been */
	NR_THREAD_AT_ONCE = 4, /* PTHREAD_CANCEL_ASYNCHRONOUS */
	NR_THREAD_NOT_NOW = 8, /* PTHREAD_CANCEL_DISABLE */
};

enum { NR_THREAD_ENDED = 4 }; /* as deep may handlers that wait interrupt each other */

/* What a wait that was given up had come to, if it had ended: 0 or -errno; else -EINTR.
 */
typedef int (*nr_give_up)(void *object, uint64_t thread);

struct nr_thread {
	_Atomic uint32_t word; /* bits; a futex */
	bool interruptible;
	nr_give_up give_up; /* the wait's that it is in, or NULL */
	void *object;
	uint64_t waits; /* so many have begun */
	struct nr_thread_ended {
		uint64_t wait;
		int result;
	} ended[NR_THREAD_ENDED];
	uintptr_t self; /* pthread_t */
	struct nr_thread *next;
};

extern _Thread_local struct nr_thread nr_thread
	__attribute__((tls_model("initial-exec"), visibility("hidden")));

/* Be told of cancellation, and of the thread's end. */
void nr_thread_know(void);

/* It was cancelled, as far as it is known. */
void nr_thread_cancelled(uintptr_t thread);

/* Change the calling thread's bits. */
void nr_thread_set(enum nr_thread_bits bit, bool on);

/* Give up what this thread waits for; it is not going to return there, or has left. */
void nr_thread_give_up(void);

/*
 * From here on the thread may sleep for @object, which is given up by @give_up. @point:
 * this is a cancellation point. Returns the wait's number.
 */
static inline uint64_t nr_thread_wait(nr_give_up give_up, void *object, bool point)
{
	uint32_t word = nr_load_relaxed(&nr_thread.word);

	if (__builtin_expect(nr_thread.give_up != NULL, 0))
		nr_thread_give_up();
	if (__builtin_expect(!(word & NR_THREAD_KNOWN), 0))
		nr_thread_know();
	nr_thread.interruptible =
		(point || word & NR_THREAD_AT_ONCE) && !(word & NR_THREAD_NOT_NOW);
	nr_thread.object = object;
	nr_program_order();
	nr_thread.give_up = give_up;
	return ++nr_thread.waits;
}

/* The end of that wait. @result: the call's own, returned if the wait was not given up.
 */
int nr_thread_end_given_up(uint64_t wait, int result);

static inline int nr_thread_end(uint64_t wait, int result)
{
	if (__builtin_expect(!nr_thread.give_up || nr_thread.waits != wait, 0))
		return nr_thread_end_given_up(wait, result);
	nr_thread.give_up = NULL;
	nr_thread.interruptible = false;
	return result;
}

#endif /* NARU_SYSV_THREAD_H */
