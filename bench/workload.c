/* SPDX-License-Identifier: MIT */

#include "workload.h"

#define KIB (UINT64_C(1) << 10)
#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)

/* In place the messages under way are as many at each size, to compare the sizes. */
enum { PLACE_DEPTH = 32 };

#define ROUND_TRIP(...)                                                                  \
	.kind = BENCH_ROUND_TRIP, .figure = "ns a round trip, p50", .message = 64,       \
	.capacity = MIB, .senders = 1, .receivers = 1, .first = 500, __VA_ARGS__
#define ONE_WAY(how, bytes, from, to, must)                                              \
	.kind = (how), .figure = "ns a message", .need = (must), .message = (bytes),     \
	.capacity = (bytes)*4 > MIB ? (bytes)*4 : MIB, .senders = (from),                \
	.receivers = (to), .first = (bytes) > 16 * KIB ? 64 : 4096
#define IN_PLACE(bytes)                                                                  \
	.kind = BENCH_ONE_WAY_PLACE, .figure = "ns a message", .need = BENCH_CAN_PLACE,  \
	.message = (bytes), .capacity = (bytes)*PLACE_DEPTH, .senders = 1,               \
	.receivers = 1, .first = 4096
#define SELECT(others)                                                                   \
	.kind = BENCH_SELECT, .figure = "ns to send one and receive it, p50",            \
	.need = BENCH_CAN_SELECT, .message = 8, .capacity = (others)*64,                 \
	.backlog = (others), .busy = true, .first = 200
#define LIFE(bytes)                                                                      \
	.kind = BENCH_LIFE, .figure = "ns in all, p50", .need = BENCH_CAN_LIFE,          \
	.message = 64, .capacity = (bytes), .senders = 1, .first = 20
#define OPERATE(...)                                                                     \
	.kind = BENCH_OPERATE, .figure = "ns an operation, p50",                         \
	.need = BENCH_CAN_OPERATE, .message = 64, .senders = 1, .first = 4096,           \
	__VA_ARGS__
#define SEGMENT(bytes)                                                                   \
	.kind = BENCH_SEGMENT, .figure = "ns in all, p50", .need = BENCH_CAN_ATTACH,     \
	.message = 64, .capacity = (bytes), .senders = 1, .first = 20

#define CONNECT(...)                                                                     \
	.kind = BENCH_CONNECT, .figure = "ns in all, p50", .need = BENCH_CAN_CONNECT,    \
	.message = 64, .senders = 1, .first = 100, __VA_ARGS__

const struct bench_workload bench_workloads[] = {
	{"round-trip-busy", "round trip of 64 B, both ends busy, two cores",
	 ROUND_TRIP(.busy = true, .need = BENCH_CAN_TRY)},
	{"round-trip-blocking", "round trip of 64 B, both ends blocking, two cores",
	 ROUND_TRIP(.need = BENCH_CAN_BLOCK)},
	{"round-trip-one-core", "round trip of 64 B, both ends blocking, one core",
	 ROUND_TRIP(.need = BENCH_CAN_BLOCK, .one_core = true)},
	{"round-trip-crowded", "the same, while a third process computes there",
	 ROUND_TRIP(.need = BENCH_CAN_BLOCK, .one_core = true, .crowded = true)},
	{"one-way-64", "one way, 64 B, copying", ONE_WAY(BENCH_ONE_WAY, 64, 1, 1, 0)},
	{"one-way-64-batch", "one way, 64 B, batches of 32",
	 ONE_WAY(BENCH_ONE_WAY_BATCH, 64, 1, 1, BENCH_CAN_BATCH)},
	{"remote-64", "to a queue on another machine, TCP loopback, 64 B, batches of 32",
	 ONE_WAY(BENCH_ONE_WAY_BATCH, 64, 1, 1, BENCH_CAN_BATCH | BENCH_CAN_NETWORK)},
	{"one-way-1k", "one way, 1 KiB, copying", ONE_WAY(BENCH_ONE_WAY, KIB, 1, 1, 0)},
	{"one-way-64k", "one way, 64 KiB, copying",
	 ONE_WAY(BENCH_ONE_WAY, 64 * KIB, 1, 1, 0)},
	{"one-way-1m", "one way, 1 MiB, copying", ONE_WAY(BENCH_ONE_WAY, MIB, 1, 1, 0)},
	{"in-place-64", "one way, 64 B, in place", IN_PLACE(64)},
	{"in-place-64k", "one way, 64 KiB, in place", IN_PLACE(64 * KIB)},
	{"in-place-1m", "one way, 1 MiB, in place", IN_PLACE(MIB)},
	{"four-to-one", "4 senders to 1 receiver, 64 B",
	 ONE_WAY(BENCH_ONE_WAY, 64, 4, 1, BENCH_CAN_GATHER | BENCH_CAN_BLOCK)},
	{"four-to-four", "4 senders to 4 receivers, 64 B",
	 ONE_WAY(BENCH_ONE_WAY, 64, 4, 4,
		 BENCH_CAN_GATHER | BENCH_CAN_SHARE | BENCH_CAN_BLOCK)},
	{"type-1e3", "by type, behind 1e3 of other types", SELECT(1000)},
	{"type-1e5", "by type, behind 1e5 of other types", SELECT(100000)},
	{"type-1e6", "by type, behind 1e6 of other types", SELECT(1000000)},
	{"create-16k", "create a queue of 16 KiB, send one, remove it", LIFE(16 * KIB)},
	{"create-default", "create a queue of the default size, send one, remove it",
	 LIFE(0)},
	{"semop", "semop -1, then +1, one process", OPERATE(.undo = false)},
	{"semop-undo", "semop -1, then +1, one process, with SEM_UNDO",
	 OPERATE(.undo = true)},
	{"semop-hand-over", "two processes take turns by semop, one core",
	 .kind = BENCH_HAND_OVER, .figure = "ns a hand-over, p50",
	 .need = BENCH_CAN_OPERATE, .message = 64, .senders = 1, .receivers = 1,
	 .first = 1000, .one_core = true},
	{"semop-hand-over-crowded", "the same, while a third process computes there",
	 .kind = BENCH_HAND_OVER, .figure = "ns a hand-over, mean",
	 .need = BENCH_CAN_OPERATE, .message = 64, .senders = 1, .receivers = 1,
	 .first = 1000, .one_core = true, .crowded = true},
	{"shm-4k", "create, attach, detach, remove a segment of 4 KiB", SEGMENT(4 * KIB)},
	{"shm-1g", "create, attach, detach, remove a segment of 1 GiB", SEGMENT(GIB)},
	{"connect", "connect, accept, close both ends, one process",
	 CONNECT(.talk = false)},
	{"connect-talk", "the same, with 64 B there and back", CONNECT(.talk = true)},
	{"idle", "a blocked receiver that nobody sends to", .kind = BENCH_IDLE,
	 .figure = "ns of processor time in all", .need = BENCH_CAN_BLOCK, .message = 64,
	 .capacity = MIB, .senders = 1, .receivers = 1, .first = 1},
};
const size_t bench_workload_count = sizeof(bench_workloads) / sizeof(bench_workloads[0]);

const char *bench_workload_unfit(const struct bench_workload *workload,
				 const struct contender *contender)
{
	unsigned lacks = workload->need & ~contender->can;

	if (contender->only && !(contender->only & workload->need))
		return "it is for other workloads";
	if (lacks & BENCH_CAN_NETWORK)
		return "it has no queues on other machines";
	if (lacks & BENCH_CAN_BLOCK)
		return "it cannot wait";
	if (lacks & BENCH_CAN_TRY)
		return "it always waits";
	if (lacks & BENCH_CAN_SELECT)
		return "it has no types";
	if (lacks & BENCH_CAN_BATCH)
		return "it has no batches";
	if (lacks & BENCH_CAN_PLACE)
		return "it always copies";
	if (lacks & BENCH_CAN_GATHER)
		return "it has one sender";
	if (lacks & BENCH_CAN_SHARE)
		return "its receivers cannot share one queue";
	if (lacks & BENCH_CAN_LIFE)
		return "it has no queue that is created and removed";
	if (lacks & BENCH_CAN_OPERATE)
		return "it has no semaphores";
	if (lacks & BENCH_CAN_ATTACH)
		return "it has no segments";
	if (lacks & BENCH_CAN_CONNECT)
		return "it has no connections";
	return NULL;
}

void bench_workload_plan(const struct bench_workload *workload,
			 const struct contender *contender, struct bench_plan *ret_plan)
{
	*ret_plan = (struct bench_plan){
		.message = workload->message,
		.capacity = workload->capacity,
		.messages = workload->capacity / workload->message,
		.senders = workload->senders,
		.receivers = workload->receivers,
		.two_way = workload->kind == BENCH_ROUND_TRIP,
		.blocking = !workload->busy && (contender->can & BENCH_CAN_BLOCK),
		.connects = workload->kind == BENCH_CONNECT,
		.semaphores = workload->kind == BENCH_OPERATE ||
			      workload->kind == BENCH_HAND_OVER,
	};
	if (workload->kind == BENCH_SEGMENT)
		/* The bytes are not a queue's. */
		ret_plan->capacity = ret_plan->messages = 0;
	if (workload->kind == BENCH_SELECT) {
		/* One process, which is both; and room for the messages it passes. */
		ret_plan->senders = 1;
		ret_plan->messages = workload->backlog + 64;
	}
}

uint64_t bench_workload_stride(const struct bench_workload *workload)
{
	switch (workload->kind) {
	case BENCH_ONE_WAY:
		return workload->message > 16 * KIB ? 1 : 64;
	case BENCH_ONE_WAY_BATCH:
	case BENCH_ONE_WAY_PLACE:
	case BENCH_OPERATE:
		return 64;
	case BENCH_HAND_OVER:
		return 2; /* there and back */
	default:
		return 1;
	}
}

/* A stride's messages are also divided evenly among up to four senders. */
uint64_t bench_workload_operations(const struct bench_workload *workload, uint64_t wanted)
{
	uint64_t unit = bench_workload_stride(workload);

	return (wanted + unit - 1) / unit * unit;
}
