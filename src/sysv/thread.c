/* SPDX-License-Identifier: MIT */

#include <sysv/thread.h>

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <space/members.h>
#include <sys/futex.h>
#include <sys/process.h>
#include <sys/signal.h>

static_assert(sizeof(pthread_t) <= sizeof(uintptr_t), "kept as one");

_Thread_local struct nr_thread nr_thread;

static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER; /* signals are blocked */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool has_key;
static struct nr_thread *threads;

/* Tells a sleep of this thread's what else may end it. */
static struct nr_interrupt interrupt_of(void)
{
	uint32_t word = nr_load_relaxed(&nr_thread.word);

	if (!nr_thread.interruptible)
		return (struct nr_interrupt){.word = NULL};
	return (struct nr_interrupt){&nr_thread.word,
				     word & ~(uint32_t)NR_THREAD_CANCELLED};
}

/* A signal handler that calls us must not wait for what it has interrupted. */
static uint64_t enter(void)
{
	uint64_t mask = nr_signal_block();

	pthread_mutex_lock(&guard);
	return mask;
}

static void leave(uint64_t mask)
{
	pthread_mutex_unlock(&guard);
	nr_signal_restore(mask);
}

/* The thread ends: whatever it was in, by a handler, is over. */
static void forget(void *data)
{
	struct nr_thread *thread = data, **link = &threads;
	uint64_t mask;

	nr_thread_give_up();
	mask = enter();
	while (*link && *link != thread)
		link = &(*link)->next;
	if (*link)
		*link = thread->next;
	nr_store_relaxed(&thread->word, 0);
	leave(mask);
}

static void before_fork(void)
{
	pthread_mutex_lock(&guard);
}

static void after_fork(void)
{
	pthread_mutex_unlock(&guard);
}

/* The others are not there any more. */
static void after_fork_in_child(void)
{
	threads = NULL;
	if (nr_load_relaxed(&nr_thread.word) & NR_THREAD_KNOWN) {
		nr_thread.next = NULL;
		nr_thread.self = (uintptr_t)pthread_self();
		threads = &nr_thread;
	}
	pthread_mutex_unlock(&guard);
}

static void set_up(void)
{
	has_key = pthread_key_create(&key, forget) == 0;
	pthread_atfork(before_fork, after_fork, after_fork_in_child);
	nr_interrupt_of = interrupt_of;
}

void nr_thread_know(void)
{
	uint64_t mask;

	pthread_once(&once, set_up);
	mask = enter();
	/* Who cannot be told of its end must not be in the list. */
	if (!(nr_load_relaxed(&nr_thread.word) & NR_THREAD_KNOWN) && has_key &&
	    pthread_setspecific(key, &nr_thread) == 0) {
		nr_thread.self = (uintptr_t)pthread_self();
		nr_thread.next = threads;
		threads = &nr_thread;
		nr_fetch_or(&nr_thread.word, NR_THREAD_KNOWN);
	}
	leave(mask);
}

void nr_thread_cancelled(uintptr_t thread)
{
	uint64_t mask = enter();

	for (struct nr_thread *it = threads; it; it = it->next) {
		if (!pthread_equal((pthread_t)it->self, (pthread_t)thread))
			continue;
		nr_fetch_or(&it->word, NR_THREAD_CANCELLED);
		nr_futex_wake(&it->word, INT_MAX);
	}
	leave(mask);
}

void nr_thread_set(enum nr_thread_bits bit, bool on)
{
	if (on)
		nr_fetch_or(&nr_thread.word, bit);
	else
		nr_fetch_and(&nr_thread.word, ~(uint32_t)bit);
}

void nr_thread_give_up(void)
{
	nr_give_up give_up = nr_thread.give_up;
	struct nr_thread_ended *ended =
		&nr_thread.ended[nr_thread.waits % NR_THREAD_ENDED];

	if (!give_up)
		return;
	nr_thread.give_up = NULL;
	nr_thread.interruptible = false;
	ended->result = give_up(nr_thread.object, nr_process_thread());
	ended->wait = nr_thread.waits;
}

int nr_thread_end_given_up(uint64_t wait, int result)
{
	const struct nr_thread_ended *ended = &nr_thread.ended[wait % NR_THREAD_ENDED];

	/* What was done for it before it was given up, or what it got afterwards. */
	return result != -EINTR || ended->wait != wait ? result : ended->result;
}
