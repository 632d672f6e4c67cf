/* SPDX-License-Identifier: MIT */
#ifndef NARU_SYS_ROBUST_H
#define NARU_SYS_ROBUST_H

/*
 * sys/robust.h - let the kernel tell others of a thread's end; get_robust_list(2)
 *
 * When a thread ends, in whichever way, the kernel walks a list of futex words that
 * the thread has named. Each that holds its id becomes FUTEX_OWNER_DIED, and one
 * sleeper is woken. libc makes the list, for its robust mutexes; a word of ours goes
 * into the same list, by the same rules (Documentation/locking/robust-futex-ABI.rst in
 * the kernel's source).
 *
 * Kernel and libc follow the list's links, so these must not lie where others can
 * write; but a link lies a fixed distance behind its word, which must. So the word is
 * near the end of a shared page, and behind it a page of our own is mapped:
 *
 *	shared page              | private page
 *	                    word | previous  next
 *	                    -24..-8    >= 0    +8
 */

#include <stdatomic.h>
#include <stdint.h>

/* A word's place: so many bytes before the end of its page, or 16, or 24. */
#define NR_ROBUST_STEP 8u

/* What the kernel makes of a word whose thread has ended. */
#define NR_ROBUST_DIED UINT32_C(0x40000000)
/* A living thread's word is this and its id, which is never 0. */
#define NR_ROBUST_WAITERS UINT32_C(0x80000000)
#define NR_ROBUST_THREAD  UINT32_C(0x3fffffff)

struct nr_robust {
	unsigned char *pages;	 /* NULL: none */
	_Atomic uint32_t *word;	 /* in them */
	uint64_t armer;		 /* which thread it was: a number that none has again */
	_Atomic uint32_t thread; /* as the kernel numbers them; 0: none */
};

/*
 * Put the word at @offset of the file into this thread's list; from then on it tells
 * that the thread lives, until nr_robust_disarm() or its end. Its memory is reserved.
 *
 * -EOPNOTSUPP	kernel, libc or machine do not have it
 */
int nr_robust_arm(int fd, uint64_t offset, struct nr_robust *ret_robust);

/*
 * It tells of nobody any more. Where another thread armed it that still lives, the two
 * pages stay mapped, since they are in that thread's list. What the word says is not
 * believed, since others may write to it.
 */
void nr_robust_disarm(struct nr_robust *robust);

/* What the word holds while its thread lives; 0: nobody armed it. Asked without a lock.
 */
static inline uint32_t nr_robust_value(const struct nr_robust *robust)
{
	uint32_t thread = atomic_load_explicit(&robust->thread, memory_order_relaxed);

	return thread ? thread | NR_ROBUST_WAITERS : 0;
}

#endif /* NARU_SYS_ROBUST_H */
