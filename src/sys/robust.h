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
#include <stdbool.h>
#include <stdint.h>

/* A word's place: so many bytes before the end of its page, or 16, or 24. */
#define NR_ROBUST_STEP 8u

/* What the kernel makes of a word whose thread has ended. */
#define NR_ROBUST_DIED UINT32_C(0x40000000)
/* A living thread's word is this and its id, which is never 0. */
#define NR_ROBUST_WAITERS UINT32_C(0x80000000)
#define NR_ROBUST_THREAD  UINT32_C(0x3fffffff)

struct nr_robust {
	unsigned char *pages; /* NULL: none */
	_Atomic uint32_t *word;
	uint32_t thread;
};

/*
 * Put the word at @offset of the file into this thread's list; from then on it tells
 * that the thread lives, until nr_robust_disarm() or its end. Its memory is reserved.
 *
 * -EOPNOTSUPP	kernel, libc or machine do not have it
 */
int nr_robust_arm(int fd, uint64_t offset, struct nr_robust *ret_robust);

/*
 * The thread that armed it says that it lives no more. By another thread: the word is
 * taken back, and the two pages stay mapped, since they are in that thread's list.
 */
void nr_robust_disarm(struct nr_robust *robust);

/* Its thread has not ended since. */
static inline bool nr_robust_is_armed(const struct nr_robust *robust)
{
	return robust->pages &&
	       atomic_load_explicit(robust->word, memory_order_relaxed) ==
		       (robust->thread | NR_ROBUST_WAITERS);
}

#endif /* NARU_SYS_ROBUST_H */
