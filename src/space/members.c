/* SPDX-License-Identifier: MIT */

#include <space/members.h>

#include <base/atomic.h>
#include <errno.h>
#include <limits.h>
#include <space/deaths.h>
#include <sys/clock.h>
#include <sys/futex.h>
#include <sys/signal.h>

enum { OWN, JOINED, OTHERS }; /* places among the words of a sleep */

struct nr_interrupt (*nr_interrupt_of)(void);

/* What a sleeper is going to watch. */
struct vigil {
	struct nr_futex_word words[NR_FUTEX_WORDS];
	uint32_t count;
	uint32_t others; /* the first of the members'; before it, perhaps, is our
			    interrupt */
	bool blind;	 /* not all of them */
};

static struct nr_interrupt own_interrupt(void)
{
	return nr_interrupt_of ? nr_interrupt_of() : (struct nr_interrupt){.word = NULL};
}

static bool has_come(const struct nr_interrupt *interrupt)
{
	return interrupt->word && nr_load_acquire(interrupt->word) != interrupt->expected;
}

bool nr_interrupted(void)
{
	const struct nr_interrupt interrupt = own_interrupt();

	return has_come(&interrupt);
}

static bool is_member(const struct nr_members_shared *members, uint32_t slot)
{
	return nr_load_relaxed(&members->slot[slot / 64]) >> slot % 64 & 1;
}

void nr_members_join(struct naru_space *space, struct nr_members_shared *members,
		     uint32_t id)
{
	uint32_t slot = id & (NR_PEERS - 1);

	nr_space_arm(space);
	if (!is_member(members, slot))
		nr_fetch_or(&members->slot[slot / 64], UINT64_C(1) << slot % 64);
	/* Even so: the bit may be an earlier owner's, and be cleared just now. */
	atomic_fetch_add(&members->joined, 1);
	nr_futex_wake(&members->joined, INT_MAX);
}

void nr_members_forget(struct nr_watch *watch)
{
	while (watch->dead_count > 0) {
		uint32_t id = watch->dead[--watch->dead_count];
		uint32_t slot = id & (NR_PEERS - 1);
		_Atomic uint64_t *bits = &watch->members->slot[slot / 64];
		uint64_t bit = UINT64_C(1) << slot % 64;

		nr_fetch_and(bits, ~bit);
		/* Another one has the slot now, and may have joined, and died. */
		if (nr_space_slot_id(watch->space, slot) != id)
			nr_fetch_or(bits, bit);
	}
}

static void watch_slot(struct nr_watch *watch, uint32_t slot, struct vigil *vigil)
{
	uint32_t id = nr_space_slot_id(watch->space, slot);
	_Atomic uint32_t *word = nr_deaths_word(watch->space, slot);
	uint32_t value = word ? nr_load_acquire(word) : 0;
	bool heard = nr_space_heard(watch->space, slot, value);

	if ((heard && !watch->doubts) || nr_space_alive(watch->space, id)) {
		bool watched = nr_deaths_lives(value) && vigil->count < NR_FUTEX_WORDS;

		if (watched)
			vigil->words[vigil->count++] =
				(struct nr_futex_word){word, value};
		/* If not, it dies, perhaps: the word tells earlier than the file lock. */
		vigil->blind |= !watched || !heard;
	} else if (watch->dead_count < NR_WATCH_DEAD) {
		/* The kernel has woken one of those who watched it, if that. */
		if (word)
			nr_futex_wake(word, INT_MAX);
		watch->dead[watch->dead_count++] = id;
	}
}

static void begin(struct nr_watch *watch, _Atomic uint32_t *word, uint32_t expected,
		  struct vigil *vigil)
{
	struct nr_members_shared *members = watch->members;
	const struct nr_interrupt interrupt = own_interrupt();
	uint32_t id, own = 0;

	vigil->words[OWN] = (struct nr_futex_word){word, expected};
	vigil->words[JOINED] = (struct nr_futex_word){&members->joined,
						      nr_load_acquire(&members->joined)};
	vigil->count = OTHERS;
	if (interrupt.word)
		vigil->words[vigil->count++] =
			(struct nr_futex_word){interrupt.word, interrupt.expected};
	vigil->others = vigil->count;
	vigil->blind = false;
	watch->dead_count = 0;
	if (nr_space_self(watch->space, &id) == 0)
		own = id & (NR_PEERS - 1);
	for (uint32_t i = 0; i < NR_PEERS / 64; i++) {
		uint64_t left = nr_load_relaxed(&members->slot[i]);

		for (; left; left &= left - 1) {
			uint32_t slot = i * 64 + (uint32_t)__builtin_ctzll(left);

			if (slot != own && slot != 0)
				watch_slot(watch, slot, vigil);
		}
	}
	watch->doubts = false;
}

/* Not to be had here: a kernel before 5.16, or a filter of system calls. */
static _Atomic bool no_wait_any;

static bool is_answer(int r)
{
	return r >= 0 || r == -EAGAIN || r == -ETIMEDOUT || r == -EINTR;
}

/* How long may it be, if a death may go unheard? Short at first: one may be dying. */
static uint64_t nap_ns(struct nr_watch *watch, bool blind)
{
	uint32_t nap = 2 * watch->nap_ms + 1;

	watch->nap_ms = !blind ? 0 : nap < NR_MEMBERS_NAP_MS ? nap : NR_MEMBERS_NAP_MS;
	return UINT64_C(1000000) * (blind ? watch->nap_ms : NR_MEMBERS_CALM_MS);
}

/* Which of the words it was, or as nr_nap() says. */
static int sleep_on(struct nr_watch *watch, struct vigil *vigil, uint64_t until_ns)
{
	const struct nr_futex_word *own = &vigil->words[OWN];
	/* A signal handler is to end the wait, and must not have it begun anew. */
	bool alone = nr_load_relaxed(&no_wait_any) ||
		     nr_signal_restarts(nr_naps_mask(&watch->naps));
	uint64_t nap = nap_ns(watch, vigil->blind || alone);
	uint64_t now = nr_clock_monotonic();
	int r;

	if (now >= until_ns)
		return -ETIMEDOUT;
	if (until_ns - now > nap)
		until_ns = now + nap;
	r = nr_nap(&watch->naps, own, alone ? 1 : vigil->count, until_ns);
	if (is_answer(r))
		return r;
	/* Whatever it is (-ENOSYS, -EPERM): not again and again without a sleep. */
	nr_store_relaxed(&no_wait_any, true);
	return -EAGAIN;
}

/*
 * Whatever we were woken for, the one wake that the kernel gives for a death may have
 * been ours too: futex_waitv(2) tells of one word. It is for us to wake the others.
 */
static void pass_on(const struct vigil *vigil)
{
	for (uint32_t i = vigil->others; i < vigil->count; i++)
		if (nr_load_relaxed(vigil->words[i].word) != vigil->words[i].expected)
			nr_futex_wake(vigil->words[i].word, INT_MAX);
}

int nr_members_nap(struct nr_watch *watch, _Atomic uint32_t *word, uint32_t expected,
		   uint64_t until_ns)
{
	const struct nr_futex_word own = {word, expected};

	return nr_nap(&watch->naps, &own, 1, until_ns);
}

void nr_members_awake(struct nr_watch *watch)
{
	nr_naps_end(&watch->naps);
}

int nr_members_sleep(struct nr_watch *watch, _Atomic uint32_t *word, uint32_t expected,
		     uint64_t until_ns)
{
	nr_space_arm(watch->space);
	for (;;) {
		struct vigil vigil;
		int r;

		begin(watch, word, expected, &vigil);
		/* Who writes nonsense into the bits may let members die for ever. */
		if (watch->dead_count > 0)
			return nr_clock_monotonic() < until_ns ? -EOWNERDEAD : -ETIMEDOUT;
		/* Who is dead, and forgotten, was so before: what it left can be seen. */
		if (nr_load_acquire(word) != expected)
			return 0;
		if (nr_interrupted())
			return -EINTR;
		if (watch->news && watch->news(watch->data))
			return nr_clock_monotonic() < until_ns ? 0 : -ETIMEDOUT;
		r = sleep_on(watch, &vigil, until_ns);
		pass_on(&vigil);
		if (r == OWN || r == -EINTR)
			return r;
		if (r == -ETIMEDOUT) {
			/* Once in a while the words are not believed. */
			watch->doubts = true;
			return nr_clock_monotonic() < until_ns ? -EAGAIN : r;
		}
	}
}
