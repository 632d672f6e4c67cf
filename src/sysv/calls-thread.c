/* SPDX-License-Identifier: MIT */

/*
 * sysv/calls-thread.c - pthread_cancel(3), longjmp(3) and their like: libc's, but what
 * waits is told, sysv/thread.h
 */

#include <sysv/calls.h>

#include <dlfcn.h>
#include <pthread.h>
#include <setjmp.h>
#include <stddef.h>

typedef void (*jump_function)(struct __jmp_buf_tag *environment, int value);

static int (*next_cancel)(pthread_t thread);
static int (*next_set_type)(int type, int *ret_old);
static int (*next_set_state)(int state, int *ret_old);
static jump_function next_jump, next_jump_underscore, next_jump_signals,
	next_jump_checked;

static void find(void *kept, const char *name)
{
	*(void **)kept = dlsym(RTLD_NEXT, name);
}

/* Before there is a handler that jumps: the dynamic linker is none of its business. */
__attribute__((constructor)) static void find_all(void)
{
	find(&next_cancel, "pthread_cancel");
	find(&next_set_type, "pthread_setcanceltype");
	find(&next_set_state, "pthread_setcancelstate");
	find(&next_jump, "longjmp");
	find(&next_jump_underscore, "_longjmp");
	find(&next_jump_signals, "siglongjmp");
	find(&next_jump_checked, "__longjmp_chk");
}

/* A library whose constructor runs before ours may call us. */
static void need(const void *kept)
{
	if (__builtin_expect(!*(void *const *)kept, 0))
		find_all();
}

NARU_API int pthread_cancel(pthread_t thread)
{
	int r;

	need(&next_cancel);
	r = next_cancel(thread);
	if (r == 0)
		nr_thread_cancelled((uintptr_t)thread);
	return r;
}

NARU_API int pthread_setcanceltype(int type, int *ret_old)
{
	bool at_once = type == PTHREAD_CANCEL_ASYNCHRONOUS;
	int r;

	need(&next_set_type);
	if (at_once) {
		nr_thread_know();
		nr_thread_set(NR_THREAD_AT_ONCE, true);
	}
	r = next_set_type(type, ret_old);
	if (r == 0 && !at_once)
		nr_thread_set(NR_THREAD_AT_ONCE, false);
	return r;
}

NARU_API int pthread_setcancelstate(int state, int *ret_old)
{
	int r;

	need(&next_set_state);
	/* Perhaps it was cancelled before it was known: the next call looks. */
	if (state == PTHREAD_CANCEL_ENABLE &&
	    nr_load_relaxed(&nr_thread.word) & NR_THREAD_NOT_NOW) {
		nr_thread_set(NR_THREAD_CANCELLED, true);
		nr_thread_set(NR_THREAD_NOT_NOW, false);
	}
	r = next_set_state(state, ret_old);
	if (r == 0 && state == PTHREAD_CANCEL_DISABLE)
		nr_thread_set(NR_THREAD_NOT_NOW, true);
	return r;
}

struct nr_border nr_border_begin_slowly(bool point)
{
	struct nr_border border = {.point = point};
	uint32_t word;

	nr_thread_know();
	word = nr_load_acquire(&nr_thread.word);
	border.at_once = word & NR_THREAD_AT_ONCE;
	if (point || border.at_once)
		pthread_testcancel();
	/* Still here: this is a cleanup handler of the thread's, and nothing ends it. */
	if ((word & (NR_THREAD_CANCELLED | NR_THREAD_NOT_NOW)) == NR_THREAD_CANCELLED)
		nr_thread_set(NR_THREAD_CANCELLED, false);
	if (border.at_once) {
		need(&next_set_type);
		next_set_type(PTHREAD_CANCEL_DEFERRED, NULL);
	}
	return border;
}

long nr_border_end_slowly(struct nr_border border, long result)
{
	/* It ended for the cancellation, and nothing has been done. */
	if (result == -EINTR && border.point)
		pthread_testcancel();
	if (border.at_once)
		next_set_type(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
	return nr_answer(result);
}

/* What the thread waits for is given up, and then it goes there. */
static void jump(const jump_function *next, struct __jmp_buf_tag *environment, int value)
{
	if (__builtin_expect(nr_thread.give_up != NULL, 0))
		nr_thread_give_up();
	need(next);
	(*next)(environment, value);
}

/* By their real names: headers may have redirected them. */
NARU_API void nr_call_longjmp(struct __jmp_buf_tag *environment,
			      int value) __asm__("longjmp");
NARU_API void nr_call__longjmp(struct __jmp_buf_tag *environment,
			       int value) __asm__("_longjmp");
NARU_API void nr_call_siglongjmp(struct __jmp_buf_tag *environment,
				 int value) __asm__("siglongjmp");
NARU_API void nr_call_longjmp_chk(struct __jmp_buf_tag *environment,
				  int value) __asm__("__longjmp_chk");

void nr_call_longjmp(struct __jmp_buf_tag *environment, int value)
{
	jump(&next_jump, environment, value);
}

void nr_call__longjmp(struct __jmp_buf_tag *environment, int value)
{
	jump(&next_jump_underscore, environment, value);
}

void nr_call_siglongjmp(struct __jmp_buf_tag *environment, int value)
{
	jump(&next_jump_signals, environment, value);
}

void nr_call_longjmp_chk(struct __jmp_buf_tag *environment, int value)
{
	jump(&next_jump_checked, environment, value);
}
