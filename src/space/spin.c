/* SPDX-License-Identifier: MIT */

#include <space/spin.h>

#include <base/atomic.h>
#include <sys/clock.h>
#include <sys/process.h>

enum {
	WORTH_MAX = 1024,
	WORTH_LEAST = 128,    /* below it, do not spin */
	SPIN_NS = 50 * 1000,  /* about what a wake costs */
	LOOKS_PER_CLOCK = 64, /* looks between two readings of the clock */
	LOOKS_PER_PAUSE = 4,  /* a pause is long beside what a message takes */
	PROBE_EVERY = 32,     /* waits */
	LOOKS_AT_CPU = 16,    /* waits */
	LOOKS_SHORT = 12,     /* a wait of no more is a short one */
	STREAK = 4,	      /* short waits, and it is a stream */
	BURST = 4,	      /* messages a wait, and it is one still */
	STREAM_PAUSES = 64,
};

void nr_spin_set_up(struct nr_spin *spin)
{
	nr_store_relaxed(&spin->worth, WORTH_MAX / 2);
	nr_store_relaxed(&spin->skipped, 0);
}

/* Only a hint, so an update that another thread loses does not matter. */
static void learn(struct nr_spin *spin, bool paid)
{
	uint32_t worth = nr_load_relaxed(&spin->worth);

	worth = paid ? worth + (WORTH_MAX - worth) / 4 : worth - worth / 4;
	nr_store_relaxed(&spin->worth, worth);
}

static bool is_worth_it(struct nr_spin *spin)
{
	uint32_t skipped;

	if (nr_load_relaxed(&spin->worth) >= WORTH_LEAST)
		return true;
	skipped = nr_load_relaxed(&spin->skipped) + 1;
	nr_store_relaxed(&spin->skipped, skipped);
	return skipped % PROBE_EVERY == 0;
}

/* To look where the other side is takes a cache line from it: not each time. */
static bool is_on_our_cpu(struct nr_spin *spin, const _Atomic uint32_t *cpu)
{
	uint32_t age = nr_load_relaxed(&spin->age);

	if (age % LOOKS_AT_CPU == 0)
		nr_store_relaxed(&spin->cpu, nr_load_relaxed(cpu));
	nr_store_relaxed(&spin->age, age + 1);
	return nr_load_relaxed(&spin->cpu) != 0 &&
	       nr_load_relaxed(&spin->cpu) == nr_process_cpu();
}

static void note_length(struct nr_spin *spin, bool is_short)
{
	uint32_t streak = nr_load_relaxed(&spin->streak);

	if (!is_short)
		streak = 0;
	else if (streak < STREAK)
		streak++;
	nr_store_relaxed(&spin->streak, streak);
}

bool nr_spin_streams(const struct nr_spin *spin)
{
	return nr_load_relaxed(&spin->streak) >= STREAK;
}

/* In a stream: let some messages come together before we look. */
static void keep_away(struct nr_spin *spin)
{
	if (!nr_spin_streams(spin))
		return;
	if (nr_load_relaxed(&spin->burst) < BURST) {
		nr_store_relaxed(&spin->streak, 0);
		return;
	}
	for (int i = 0; i < STREAM_PAUSES; i++)
		nr_relax();
}

bool nr_spin_for(struct nr_spin *spin, const _Atomic uint32_t *cpu,
		 bool (*ready)(void *data), void *data, int pauses)
{
	const int looks = LOOKS_PER_CLOCK / pauses + 1;
	uint64_t start = 0;

	if (is_on_our_cpu(spin, cpu) || !is_worth_it(spin))
		return false;
	keep_away(spin);
	nr_store_relaxed(&spin->burst, 0);
	for (;;) {
		for (int i = 0; i < looks; i++) {
			if (ready(data)) {
				learn(spin, true);
				note_length(spin, start == 0 && i <= LOOKS_SHORT);
				return true;
			}
			if (i % LOOKS_PER_PAUSE == 0)
				nr_relax();
		}
		if (start == 0)
			start = nr_clock_monotonic();
		else if (nr_clock_monotonic() - start > SPIN_NS)
			break;
	}
	learn(spin, false);
	nr_store_relaxed(&spin->age, 0);
	return false;
}
