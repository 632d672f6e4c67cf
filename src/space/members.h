/* SPDX-License-Identifier: MIT */
#ifndef NARU_SPACE_MEMBERS_H
#define NARU_SPACE_MEMBERS_H

/*
 * space/members.h - sleep until a word changes, or somebody dies who might have
 * changed it
 *
 * A sleeper watches, beside its own word, those of all processes that use the same
 * object (layout/deaths.h). When one dies the kernel wakes one of its watchers, which
 * wakes the others, repairs what the dead one left in its own object, and wakes whoever
 * sleeps for that. So nobody polls, and nobody sleeps through a death, even if the one
 * who was told of it dies in turn: for he is watched, too, by those who use the same
 * object; others look once a second. tests/model/watch.pml.
 *
 * Where that cannot be had (a kernel before 5.16, more than 125 members, a process
 * whose thread has ended that the kernel would tell of, or is not its first one), it
 * naps.
 */

#include <layout/members.h>
#include <space/space.h>
#include <sys/nap.h>

/*
 * Longest nap where a death may go unheard, and where none should. The kernel wakes one
 * watcher of the dead, and that one may be of another object, and die with it: then
 * nobody who is left watches him. Or he is stopped before he wakes the others.
 */
enum { NR_MEMBERS_NAP_MS = 80, NR_MEMBERS_CALM_MS = 1000 };

enum { NR_WATCH_DEAD = 16 }; /* are told at once; more the next time */

/*
 * A word that ends this thread's sleeps as a signal handler does, when it is not
 * @expected; NULL: there is none. The border of System V has it for pthread_cancel(3).
 */
struct nr_interrupt {
	_Atomic uint32_t *word;
	uint32_t expected;
};

/* Tells the calling thread's; NULL where nobody interrupts. Set once. */
extern struct nr_interrupt (*nr_interrupt_of)(void);

/* Look at it before each sleep; nr_members_sleep() is ended by it, others are naps. */
bool nr_interrupted(void);

/* One sleeper's watch, for as long as it waits for the same. */
struct nr_watch {
	struct naru_space *space;
	struct nr_members_shared *members;
	/*
	 * Called when the others are watched and before the sleep, or NULL: is there
	 * something already? Who died before that, and is forgotten, may have left it.
	 */
	bool (*news)(void *data);
	void *data;
	struct nr_naps naps;
	uint32_t nap_ms; /* the last short one's length; at first 0 */
	bool doubts;	 /* a nap was over: the next time, the kernel is asked */
	uint32_t dead_count;
	uint32_t dead[NR_WATCH_DEAD]; /* ids: have died, and are not forgotten yet */
};

/* Before process @id does anything to the object: from now on it is watched. */
void nr_members_join(struct naru_space *space, struct nr_members_shared *members,
		     uint32_t id);

/*
 * Sleep while *@word is @expected, until CLOCK_MONOTONIC shows @until_ns.
 *
 * 0		woken, or *word is not @expected, or there is news
 * -EOWNERDEAD	members have died: look for what they left, wake who sleeps for it, and
 *		then nr_members_forget() them; else the next one who sleeps is told too
 * -EAGAIN	a nap is over: who should have woken us may have died unheard
 * -ETIMEDOUT, -EINTR
 */
int nr_members_sleep(struct nr_watch *watch, _Atomic uint32_t *word, uint32_t expected,
		     uint64_t until_ns);

/*
 * Only a nap: 0, -ETIMEDOUT or -EINTR. Until nr_members_awake(), which must be called
 * before the wait ends, handlers run in naps and sleeps alone.
 */
int nr_members_nap(struct nr_watch *watch, _Atomic uint32_t *word, uint32_t expected,
		   uint64_t until_ns);
void nr_members_awake(struct nr_watch *watch);

/* What the dead of the last -EOWNERDEAD had left has been seen to. */
void nr_members_forget(struct nr_watch *watch);

#endif /* NARU_SPACE_MEMBERS_H */
