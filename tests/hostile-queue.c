/* SPDX-License-Identifier: MIT */

/*
 * A peer with write access scribbles on a queue's file, and on the space's tables of
 * peers and of their deaths, while calls of every kind run. Errors are allowed; bad
 * accesses, hangs and endless loops are not. Meant for a build with AddressSanitizer
 * and UBSan.
 *
 *	hostile-queue [SEED [ROUNDS]]
 *
 * Even rounds write between the calls, which repeats exactly; odd ones have another
 * process write during them.
 */

#include <stdio.h>
#include <string.h>
#include <support/calls.h>
#include <support/must.h>
#include <support/random.h>
#include <support/rounds.h>
#include <support/vandal.h>
#include <sys/stat.h>

enum { CALLS_A_ROUND = 150 };

/* The file .deaths so far: what there is of processes that begin with the first slots. */
enum { WORDS = 24 * 4096 };

struct round {
	struct room *room;
	uint64_t seed;
	struct vandal queue, peers, deaths, sessions;
	bool peers_too;
	struct calls *calls;
};

static void strike(void *data)
{
	struct round *round = data;

	if (round->peers_too && random_below(&round->seed, 8) == 0)
		vandal_strike(random_below(&round->seed, 2) ? &round->peers
							    : &round->deaths);
	else if (random_below(&round->seed, 8) == 0)
		vandal_strike(&round->sessions);
	else
		vandal_strike(&round->queue);
}

/* The file beside the queue: layout/sessions.h. It is there after the first use. */
static void map_sessions(struct round *round, struct naru_queue *queue)
{
	struct naru_once once = {.session = {1, 0}, .number = 1};
	char path[200], name[64];
	struct stat stat_of;

	must(naru_queue_recall(queue, &once, NULL, NULL) == 0);
	snprintf(path, sizeof(path), "%s/q", round->room->path);
	must(stat(path, &stat_of) == 0);
	snprintf(name, sizeof(name), ".q-%jx.s", (uintmax_t)stat_of.st_ino);
	round->sessions.bytes = room_map(round->room, name, &round->sessions.size);
	/* The first entries on either side are those that are used. */
	round->sessions.size = 64 + 8 * 32;
}

static void fill(struct calls *calls)
{
	memset(calls->buffer, 'x', sizeof(calls->buffer));
	for (int i = 0; i < 60; i++)
		naru_queue_send(calls->queue, i % 7 + 1, calls->buffer[0],
				(size_t)i * (size_t)i, 0);
	for (int i = 0; i < 20; i++)
		naru_queue_receive(calls->queue, i % 7 + 1, NARU_TRUNCATE,
				   calls->buffer[0], CALLS_ROOM, 0, NULL);
}

static void call(void *data)
{
	const struct round *round = data;

	calls_make(round->calls);
}

static int play(struct room *room, uint64_t seed)
{
	static struct calls calls;
	struct round this = {.room = room, .seed = seed, .calls = &calls}, *round = &this;

	rounds_limit_files();
	calls = (struct calls){.space = room->space, .name = "q", .seed = round->seed};
	calls.queue = room_queue(room, "q", 100000, 0);
	fill(&calls);
	round->queue.bytes = room_map(room, "q", &round->queue.size);
	round->peers.bytes = room_map(room, ".peers", &round->peers.size);
	round->deaths.bytes = room_map(room, ".deaths", &round->deaths.size);
	/* Its words; the rest is holes, which are not to be filled. */
	if (round->deaths.size > WORDS)
		round->deaths.size = WORDS;
	map_sessions(round, calls.queue);
	round->sessions.seed = round->queue.seed = round->peers.seed =
		round->deaths.seed = round->seed;
	round->peers_too = round->seed % 4 >= 2;
	rounds_spoil(strike, call, round, CALLS_A_ROUND, &round->seed);
	calls_close(&calls);
	naru_queue_remove(room->space, "q");
	return 0;
}

int main(int argc, char **argv)
{
	return rounds_play(argc, argv, 600, play);
}
