/* SPDX-License-Identifier: MIT */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <support/ledger.h>
#include <support/must.h>
#include <support/shape.h>
#include <sys/mman.h>

enum { MOST = 1 << 27, BATCHES = 1 << 16 };

enum fate {
	UNKNOWN,
	INTENDED,
	SENT,
	NOT_SENT,
	FATE = 15,
	RECEIVED = 16,
	MAY_BE_LOST = 32,
};

struct batch {
	uint64_t first;
	uint64_t count;
};

/* The pages of what is never used are never there. */
struct ledger {
	_Atomic uint64_t next;
	_Atomic uint64_t batches;
	_Atomic uint64_t short_lost;
	struct batch batch[BATCHES];
	_Atomic uint8_t fate[MOST];
};

struct ledger *ledger_open(void)
{
	void *ledger = mmap(NULL, sizeof(struct ledger), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	must(ledger != MAP_FAILED);
	return ledger;
}

void ledger_close(struct ledger *ledger)
{
	must(munmap(ledger, sizeof(*ledger)) == 0);
}

uint64_t ledger_number(struct ledger *ledger, uint64_t count)
{
	uint64_t first = atomic_fetch_add(&ledger->next, count);

	must(first + count <= MOST);
	return first;
}

static void set_fate(struct ledger *ledger, uint64_t number, uint8_t old, uint8_t fate)
{
	/* RECEIVED may come in between: nobody else changes the rest. */
	uint8_t before = atomic_fetch_xor(&ledger->fate[number], old ^ fate);

	must((before & FATE) == old);
}

void ledger_intend(struct ledger *ledger, uint64_t number)
{
	set_fate(ledger, number, UNKNOWN, INTENDED);
}

void ledger_sent(struct ledger *ledger, uint64_t number)
{
	set_fate(ledger, number, INTENDED, SENT);
}

void ledger_not_sent(struct ledger *ledger, uint64_t number)
{
	set_fate(ledger, number, INTENDED, NOT_SENT);
}

void ledger_received(struct ledger *ledger, uint64_t number)
{
	must(number < atomic_load(&ledger->next));
	must(!(atomic_fetch_or(&ledger->fate[number], RECEIVED) & RECEIVED));
}

void ledger_may_be_lost(struct ledger *ledger, uint64_t number)
{
	/* What a short message left in the buffer is no number. */
	if (number < atomic_load(&ledger->next))
		atomic_fetch_or(&ledger->fate[number], MAY_BE_LOST);
}

void ledger_short_may_be_lost(struct ledger *ledger, uint64_t count)
{
	atomic_fetch_add(&ledger->short_lost, count);
}

void ledger_batch(struct ledger *ledger, uint64_t first, uint64_t count)
{
	uint64_t i = atomic_fetch_add(&ledger->batches, 1);

	must(i < BATCHES);
	ledger->batch[i] = (struct batch){first, count};
}

/* Of a batch whose sender died there is none, or all from the first up to some. */
static void settle_batch(struct ledger *ledger, const struct batch *batch)
{
	bool ended = false;

	for (uint64_t i = batch->first; i < batch->first + batch->count; i++) {
		uint8_t fate = atomic_load(&ledger->fate[i]);

		must(!(ended && (fate & RECEIVED)));
		/* Of a short one nobody knows whether it came and was lost again. */
		if (!(fate & (RECEIVED | MAY_BE_LOST)) &&
		    shape_length(i) >= sizeof(uint64_t))
			ended = true;
	}
}

void ledger_settle(struct ledger *ledger)
{
	uint64_t total = atomic_load(&ledger->next), received = 0, open = 0;
	uint64_t lost = 0, short_lost = 0, missing = 0;

	for (uint64_t i = 0; i < total; i++) {
		uint8_t fate = atomic_load(&ledger->fate[i]);

		received += (fate & RECEIVED) != 0;
		open += (fate & FATE) == INTENDED;
		if (fate & RECEIVED) {
			must((fate & FATE) == SENT || (fate & FATE) == INTENDED);
			continue;
		}
		if ((fate & FATE) != SENT)
			continue;
		if (fate & MAY_BE_LOST)
			lost++;
		else if (shape_length(i) < sizeof(uint64_t))
			short_lost++;
		else if (missing++ < 10)
			fprintf(stderr, "message %lu was sent and never received\n",
				(unsigned long)i);
	}
	for (uint64_t i = 0; i < atomic_load(&ledger->batches); i++)
		settle_batch(ledger, &ledger->batch[i]);
	printf("%lu messages received; with killed receivers went %lu and %lu short ones "
	       "(at most %lu); of killed senders' calls %lu messages were open\n",
	       (unsigned long)received, (unsigned long)lost, (unsigned long)short_lost,
	       (unsigned long)atomic_load(&ledger->short_lost), (unsigned long)open);
	must_be(missing, 0);
	must(short_lost <= atomic_load(&ledger->short_lost));
	must(received > 0);
}
