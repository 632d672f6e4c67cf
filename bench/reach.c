/* SPDX-License-Identifier: MIT */

#include "reach.h"

#include <string.h>

/* The name that stands for whichever bare ring is the faster one. */
static const char ring[] = "bare ring";

static const char naru[] = "naru";
static const char drop_in[] = "System V on naru";
static const char stream[] = "naru stream";
static const char tcp[] = "naru stream (tcp)";
static const char tls[] = "naru stream (tls)";

/*
 * naru's figure against another's. Figures are times: at least means that the
 * other's is so many times naru's, at most that naru's is so many times the other's.
 */
struct entry {
	const char *text;
	const char *own; /* contender */
	const char *workload;
	const char *other_workload; /* NULL: the same */
	const char *other;	    /* contender; NULL: none, the figure itself counts */
	bool at_most;
	double target;
};

static const struct entry entries[] = {
	{"one way 64 B: the kernel's msgsnd/msgrcv", naru, "one-way-64", NULL, "System V",
	 false, 15},
	{"one way 64 B: Boost", naru, "one-way-64", NULL, "Boost", false, 2},
	{"one way 64 B: ZeroMQ", naru, "one-way-64", NULL, "ZeroMQ", false, 3},
	{"one way 64 B: the faster bare ring", naru, "one-way-64", NULL, ring, false,
	 0.8},
	{"one way 64 B, batches of 32: the bare ring", naru, "one-way-64-batch",
	 "one-way-64", ring, false, 1},
	{"one way 1 KiB: the kernel's", naru, "one-way-1k", NULL, "System V", false, 4},
	{"one way 64 KiB: the kernel's", naru, "one-way-64k", NULL, "System V", false,
	 1.5},
	{"in place, 1 MiB against 64 B", naru, "in-place-1m", "in-place-64", naru, true,
	 1.5},
	{"round trip, blocking, two cores: bare ring's busy one", naru,
	 "round-trip-blocking", "round-trip-busy", ring, true, 1.5},
	{"round trip, blocking, one core: the kernel's", naru, "round-trip-one-core",
	 NULL, "System V", false, 1},
	{"4 senders to 1 receiver: the kernel's", naru, "four-to-one", NULL, "System V",
	 false, 8},
	{"4 senders to 1 receiver: Boost", naru, "four-to-one", NULL, "Boost", false,
	 1.5},
	{"4 senders to 4 receivers: the kernel's", naru, "four-to-four", NULL, "System V",
	 false, 8},
	{"4 senders to 4 receivers: Boost", naru, "four-to-four", NULL, "Boost", false,
	 1.5},
	{"by type behind 1e6 against 1e3", naru, "type-1e6", "type-1e3", naru, true, 2},
	{"create 16 KiB, send, remove: the kernel's", naru, "create-16k", NULL,
	 "System V", true, 10},
	{"create default, send, remove: the kernel's", naru, "create-default",
	 "create-16k", "System V", true, 10},
	{"idle receiver: ms of processor time", naru, "idle", NULL, NULL, true, 1},
	{"remote, unconfirmed, 64 B: ZeroMQ", "naru remote (unconfirmed)", "remote-64",
	 NULL, "ZeroMQ (tcp)", false, 1},
	{"drop-in, one way 64 B: the kernel's", drop_in, "one-way-64", NULL, "System V",
	 false, 8},
	{"drop-in, round trip, blocking, two cores: the kernel's", drop_in,
	 "round-trip-blocking", NULL, "System V", false, 20},
	{"drop-in, semop: the kernel's", drop_in, "semop", NULL, "System V", false, 8},
	{"drop-in, semop hand-over, one core: the kernel's", drop_in, "semop-hand-over",
	 NULL, "System V", false, 1},
	{"drop-in, segment of 4 KiB: the kernel's", drop_in, "shm-4k", NULL, "System V",
	 true, 10},
	{"drop-in, segment of 1 GiB: the kernel's", drop_in, "shm-1g", NULL, "System V",
	 true, 10},
	{"stream, round trip, blocking: a Unix socket's", stream, "round-trip-blocking",
	 NULL, "Unix stream", false, 50},
	{"stream, round trip, blocking: bare ring's busy one", stream,
	 "round-trip-blocking", "round-trip-busy", ring, true, 1.5},
	{"stream, one way 64 B: a Unix socket's", stream, "one-way-64", NULL,
	 "Unix stream", false, 15},
	{"stream, one way 64 KiB: a Unix socket's", stream, "one-way-64k", NULL,
	 "Unix stream", false, 1.5},
	{"stream, connect, accept, close: a Unix socket's", stream, "connect", NULL,
	 "Unix stream", true, 3},
	{"tcp, one way 64 B: a TCP socket's", tcp, "one-way-64", NULL, "TCP loopback",
	 false, 0.9},
	{"tcp, one way 64 KiB: a TCP socket's", tcp, "one-way-64k", NULL, "TCP loopback",
	 false, 0.9},
	{"tcp, round trip, blocking: a TCP socket's", tcp, "round-trip-blocking", NULL,
	 "TCP loopback", false, 0.9},
	{"tls, one way 64 KiB: OpenSSL's", tls, "one-way-64k", NULL, "OpenSSL", false,
	 0.7},
};
const size_t bench_goal_count = sizeof(entries) / sizeof(entries[0]);

/* 0: not measured. */
static double figure(const struct bench_results *results, const char *workload,
		     const char *contender)
{
	const struct bench_cell *cell = bench_results_find(results, workload, contender);

	return cell && cell->count > 0 ? cell->summary.median.value : 0;
}

static double others(const struct bench_results *results, const struct entry *entry)
{
	const char *workload =
		entry->other_workload ? entry->other_workload : entry->workload;
	double state, tail;

	if (!entry->other)
		return 1e6; /* an idle receiver is measured in nanoseconds */
	if (entry->other != ring)
		return figure(results, workload, entry->other);
	state = figure(results, workload, "bare ring (state)");
	tail = figure(results, workload, "bare ring (tail)");
	return tail > 0 && (state <= 0 || tail < state) ? tail : state;
}

struct bench_goal bench_goal_judge(const struct bench_results *results, size_t index)
{
	const struct entry *entry = &entries[index];
	struct bench_goal goal = {
		.text = entry->text, .at_most = entry->at_most, .target = entry->target};
	const struct bench_cell *cell =
		bench_results_find(results, entry->workload, entry->own);
	double own, other;

	if (!cell || (cell->count == 0 && cell->state != BENCH_FAILED))
		return goal;
	if (cell->state == BENCH_FAILED) {
		goal.state = BENCH_GOAL_FAILED;
		return goal;
	}
	own = cell->summary.median.value;
	other = others(results, entry);
	if (other <= 0)
		return goal;
	goal.ratio = entry->at_most ? own / other : other / own;
	goal.state =
		(entry->at_most ? goal.ratio <= goal.target : goal.ratio >= goal.target)
			? BENCH_GOAL_REACHED
			: BENCH_GOAL_MISSED;
	return goal;
}
