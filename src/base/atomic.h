/* SPDX-License-Identifier: MIT */
#ifndef NARU_BASE_ATOMIC_H
#define NARU_BASE_ATOMIC_H

/*
 * base/atomic.h - the atomic operations naru uses, named by their ordering
 *
 * Every use of acquire or release carries a comment naming its edge, [like]
 * [this]; the edges of a file are listed at its top.
 */

#include <stdatomic.h>

#define nr_load_relaxed(p)     atomic_load_explicit((p), memory_order_relaxed)
#define nr_load_acquire(p)     atomic_load_explicit((p), memory_order_acquire)
#define nr_store_relaxed(p, v) atomic_store_explicit((p), (v), memory_order_relaxed)
#define nr_store_release(p, v) atomic_store_explicit((p), (v), memory_order_release)

/* Sequentially consistent: also a full fence on every machine that we know. */
#define nr_exchange(p, v)  atomic_exchange_explicit((p), (v), memory_order_seq_cst)
#define nr_fetch_or(p, v)  atomic_fetch_or_explicit((p), (v), memory_order_seq_cst)
#define nr_fetch_and(p, v) atomic_fetch_and_explicit((p), (v), memory_order_seq_cst)
#define nr_load_fenced(p)  atomic_load_explicit((p), memory_order_seq_cst)

/* True if *p was *expected and is now v; else *expected is what *p was. */
#define nr_swap_if(p, expected, v)                                                       \
	atomic_compare_exchange_strong_explicit(                                         \
		(p), (expected), (v), memory_order_seq_cst, memory_order_relaxed)

/*
 * What a dying process had written comes to the survivors in program order: the
 * processor keeps it (a death is a precise interrupt), the compiler must.
 */
#define nr_program_order() atomic_signal_fence(memory_order_seq_cst)

/* Read once a word that another process may change at any moment. */
#define nr_read_once(p) (*(const volatile __typeof__(*(p)) *)(p))

/* The same for a word that others of our own process may write, by nr_write_once(). */
#define nr_read_unlocked(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define nr_write_once(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)

static inline void nr_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("isb");
#endif
}

#endif /* NARU_BASE_ATOMIC_H */
