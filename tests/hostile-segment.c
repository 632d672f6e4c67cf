/* SPDX-License-Identifier: MIT */

/*
 * A peer with write access scribbles on a segment's file, and on the space's table of
 * peers, while calls of every kind run. Errors are allowed; bad accesses, hangs and
 * endless loops are not. Meant for a build with AddressSanitizer and UBSan.
 *
 *	hostile-segment [SEED [ROUNDS]]
 *
 * Even rounds write between the calls, which repeats exactly; odd ones have another
 * process write during them.
 */

#include <stdio.h>
#include <string.h>
#include <support/must.h>
#include <support/random.h>
#include <support/rounds.h>
#include <support/segments.h>
#include <support/vandal.h>
#include <unistd.h>

enum { CALLS_A_ROUND = 150, VALUE = 2000 };

struct round {
	struct room *room;
	uint64_t seed;
	struct vandal segment, peers;
	struct naru_segment *handle;
	void *address;
};

static void strike(void *data)
{
	struct round *round = data;

	if (round->seed % 4 >= 2 && random_below(&round->seed, 8) == 0)
		vandal_strike(&round->peers);
	else
		vandal_strike(&round->segment);
}

static void ignore(void *data, const struct naru_finding *finding)
{
	(void)data;
	(void)finding;
}

/* A damaged one cannot be opened; then the old handle is good enough. */
static void open_again(struct round *round, uint32_t flags)
{
	struct naru_segment_options options = NARU_INIT(options, .flags = flags);
	struct naru_segment *handle;

	if (naru_segment_open(round->room->space, "s", &options, &handle) < 0)
		return;
	naru_segment_close(round->handle);
	round->handle = handle;
}

static void grow(struct round *round)
{
	struct naru_segment_options options =
		NARU_INIT(options, .length = 1 + random_below(&round->seed, 200000));

	naru_segment_set(round->handle, &options);
}

static void use_latest(struct round *round)
{
	static char value[VALUE];
	size_t length = random_below(&round->seed, VALUE);

	if (random_below(&round->seed, 2))
		naru_segment_write_latest(round->handle, value, length);
	else
		must(naru_segment_read_latest(round->handle, value, length, NULL) <=
		     (ssize_t)length);
}

static void attach_or_detach(struct round *round)
{
	if (round->address) {
		if (random_below(&round->seed, 2))
			naru_segment_extend(round->address, NULL);
		must_be(naru_segment_detach(round->address), 0);
		round->address = NULL;
	} else if (naru_segment_attach(round->handle, NULL, 0, &round->address, NULL) <
		   0) {
		round->address = NULL;
	}
}

static void call(void *data)
{
	struct round *round = data;
	struct naru_segment_stat stat = NARU_INIT(stat, .length = 0);
	struct naru_segment *handle = round->handle;

	switch (random_below(&round->seed, 12)) {
	case 0:
		open_again(round, random_below(&round->seed, 4) ? 0 : NARU_READ_ONLY);
		break;
	case 1:
		naru_segment_stat(handle, &stat);
		break;
	case 2:
		grow(round);
		break;
	case 3:
		naru_segment_lock(handle, (int)random_below(&round->seed, 3));
		break;
	case 4:
		naru_segment_unlock(handle);
		break;
	case 5:
		naru_segment_repaired(handle);
		break;
	case 6:
		if (random_below(&round->seed, 30) == 0)
			naru_segment_give_up(handle);
		break;
	case 7:
		naru_segment_notify(handle);
		break;
	case 8:
		naru_segment_wait(handle, naru_segment_events(handle),
				  (int)random_below(&round->seed, 4));
		break;
	case 9:
		naru_space_check(round->room->space, NARU_CHECK_REPAIR, ignore, NULL);
		break;
	case 10:
		attach_or_detach(round);
		break;
	default:
		use_latest(round);
	}
}

static int play(struct room *room, uint64_t seed)
{
	struct round this = {.room = room, .seed = seed}, *round = &this;

	rounds_limit_files();
	round->handle = segment_create(round->room, "s", 5000);
	round->segment.bytes = room_map(round->room, "s", &round->segment.size);
	round->peers.bytes = room_map(round->room, ".peers", &round->peers.size);
	round->segment.seed = round->peers.seed = round->seed;
	rounds_spoil(strike, call, round, CALLS_A_ROUND, &round->seed);
	naru_segment_close(round->handle);
	must_be(naru_segment_remove(round->room->space, "s") == 0 ||
			naru_queue_remove(round->room->space, "s") == 0,
		1);
	return 0;
}

int main(int argc, char **argv)
{
	return rounds_play(argc, argv, 200, play);
}
