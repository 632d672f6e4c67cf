/* SPDX-License-Identifier: MIT */

/* sys/nap.c - see sys/nap.h */

#include <sys/nap.h>

#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/call.h>
#include <sys/signal.h>
#include <time.h>

/* A fuzzer's build calls something at each comparison. */
#if defined(__clang__)
#define UNTRACED __attribute__((no_sanitize("coverage")))
#else
#define UNTRACED
#endif

#define INLINE static inline __attribute__((always_inline))

/*
 * The mark lies behind the stack's end, where nothing is kept: on x86-64 behind the 128
 * bytes that the kernel leaves alone, too. A frame's first bytes (what it ends with: a
 * magic number of the kernel's; on aarch64 two registers) are at most 68 bytes away from
 * there. Between the two functions there must be no call of another one.
 */
#define MARK 0x6e6172752d6e6170

#if defined(__x86_64__)
INLINE void set_mark(void)
{
	long at;

	__asm__ volatile("mov $-256, %0\n"
			 "1:	mov %1, (%%rsp, %0)\n"
			 "	add $8, %0\n"
			 "	cmp $-128, %0\n"
			 "	jne 1b"
			 : "=&r"(at)
			 : "r"(MARK)
			 : "memory", "cc");
}

INLINE bool has_mark(void)
{
	long at;

	__asm__ volatile("mov $-256, %0\n"
			 "1:	cmp %1, (%%rsp, %0)\n"
			 "	jne 2f\n"
			 "	add $8, %0\n"
			 "	cmp $-128, %0\n"
			 "	jne 1b\n"
			 "2:"
			 : "=&r"(at)
			 : "r"(MARK)
			 : "memory", "cc");
	return at == -128;
}
#elif defined(__aarch64__)
INLINE void set_mark(void)
{
	__asm__ volatile("stp %0, %0, [sp, #-16]" : : "r"(MARK) : "memory");
}

INLINE bool has_mark(void)
{
	long one, two;

	__asm__ volatile("ldp %0, %1, [sp, #-16]" : "=&r"(one), "=&r"(two) : : "memory");
	return one == MARK && two == MARK;
}
#else
INLINE void set_mark(void)
{
}

INLINE bool has_mark(void)
{
	return true;
}
#endif

static const uint64_t every_signal = UINT64_MAX;

INLINE void block(const uint64_t *mask, uint64_t *ret_old)
{
	nr_call_raw(SYS_rt_sigprocmask, SIG_SETMASK, (long)mask, (long)ret_old,
		    sizeof(*mask), 0, 0);
}

struct call {
	long number, a, b, c, d, e, f;
};

/* Nothing but registers is used while the mark is there. */
static UNTRACED __attribute__((noinline)) long
sleep_once(struct nr_naps *naps, const struct call *call, bool *ret_ran)
{
	long number = call->number, a = call->a, b = call->b, c = call->c, d = call->d;
	long e = call->e, f = call->f, r = -EINTR;
	bool held = naps->held, ran;
	uint64_t *mask = &naps->mask;

	set_mark();
	if (held)
		block(mask, NULL);
	/* If one runs just now, the nap ends with its time, and tells of it then. */
	if (has_mark())
		r = nr_call_raw(number, a, b, c, d, e, f);
	if (held)
		block(&every_signal, NULL);
	else if (r < 0 && r != -EAGAIN)
		block(&every_signal, mask);
	ran = !has_mark();
	naps->held = held || (r < 0 && r != -EAGAIN);
	*ret_ran = ran;
	return r;
}

static void fill(struct futex_waitv *waits, const struct nr_futex_word *words,
		 uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		waits[i] = (struct futex_waitv){
			.uaddr = (uintptr_t)words[i].word,
			.val = words[i].expected,
			.flags = FUTEX_32,
		};
}

int nr_nap(struct nr_naps *naps, const struct nr_futex_word *words, uint32_t count,
	   uint64_t until_ns)
{
	const struct timespec until = {
		.tv_sec = (time_t)(until_ns / 1000000000u),
		.tv_nsec = (long)(until_ns % 1000000000u),
	};
	struct futex_waitv waits[NR_FUTEX_WORDS];
	struct call call = {SYS_futex,
			    (long)words->word,
			    FUTEX_WAIT_BITSET,
			    (long)words->expected,
			    (long)&until,
			    0,
			    FUTEX_BITSET_MATCH_ANY};
	bool ran;
	long r;

	if (naps->interrupted)
		return -EINTR;
	if (count > 1) {
		fill(waits, words, count);
		call = (struct call){SYS_futex_waitv, (long)waits,     count, 0,
				     (long)&until,    CLOCK_MONOTONIC, 0};
	}
	r = sleep_once(naps, &call, &ran);
	if (count == 1 && r == -EAGAIN)
		r = 0;
	if (ran && r < 0)
		r = -EINTR;
	naps->interrupted = ran;
	return (int)r;
}

void nr_naps_end(struct nr_naps *naps)
{
	if (naps->held)
		nr_signal_restore(naps->mask);
	naps->held = false;
}

uint64_t nr_naps_mask(const struct nr_naps *naps)
{
	return naps->held ? naps->mask : nr_signal_blocked();
}
