/* SPDX-License-Identifier: MIT */

/* crash-scenarios.c - the calls in which a process dies, and the queues they find */

#include "crash-run.h"

#define STEPS(...) ((const struct step[]){__VA_ARGS__, {.kind = 0}})
#define SEND(t, l)                                                                       \
	{                                                                                \
		.kind = STEP_SEND, .type = (t), .length = (l)                            \
	}
#define RECEIVE(t)                                                                       \
	{                                                                                \
		.kind = STEP_RECEIVE, .type = (t)                                        \
	}
#define EXCEPT(t)                                                                        \
	{                                                                                \
		.kind = STEP_RECEIVE, .type = (t), .flags = NARU_EXCEPT                  \
	}
#define BATCH(t, l, n)                                                                   \
	{                                                                                \
		.kind = STEP_SEND_BATCH, .type = (t), .length = (l), .count = (n)        \
	}
#define GET_BATCH(t, n)                                                                  \
	{                                                                                \
		.kind = STEP_RECEIVE_BATCH, .type = (t), .count = (n)                    \
	}
#define CLAIM(s, t, l)                                                                   \
	{                                                                                \
		.kind = STEP_CLAIM, .slot = (s), .type = (t), .length = (l)              \
	}
#define COMMIT(s)                                                                        \
	{                                                                                \
		.kind = STEP_COMMIT, .slot = (s)                                         \
	}
#define COMMIT_AS(s, t, l)                                                               \
	{                                                                                \
		.kind = STEP_COMMIT, .slot = (s), .type = (t), .length = (l)             \
	}
#define CANCEL(s)                                                                        \
	{                                                                                \
		.kind = STEP_CANCEL, .slot = (s)                                         \
	}
#define TAKE(s, t)                                                                       \
	{                                                                                \
		.kind = STEP_TAKE, .slot = (s), .type = (t)                              \
	}
#define RELEASE(s)                                                                       \
	{                                                                                \
		.kind = STEP_RELEASE, .slot = (s)                                        \
	}
#define GIVE_BACK(s)                                                                     \
	{                                                                                \
		.kind = STEP_GIVE_BACK, .slot = (s)                                      \
	}
#define LOOK(n)                                                                          \
	{                                                                                \
		.kind = STEP_LOOK, .count = (n)                                          \
	}
#define SET(c, m)                                                                        \
	{                                                                                \
		.kind = STEP_SET, .length = (c), .count = (m)                            \
	}
#define STAT()                                                                           \
	{                                                                                \
		.kind = STEP_STAT                                                        \
	}

#define ONCE(n, t, l, c)                                                                 \
	{                                                                                \
		.kind = STEP_SEND_ONCE, .number = (n), .type = (t), .length = (l),       \
		.count = (c)                                                             \
	}
#define RELEASE_ONCE(n, s)                                                               \
	{                                                                                \
		.kind = STEP_RELEASE_ONCE, .number = (n), .slot = (s)                    \
	}

#define LARGE 20480

/* Three types, so that every selection has something to choose from. */
#define FEW SEND(3, 40), SEND(1, 17), SEND(2, 90), SEND(1, 33)
/* The fours come first, and whoever wants something else has to step over them. */
#define AHEAD SEND(4, 20), SEND(4, 30), SEND(4, 150), SEND(2, 44), SEND(1, 10), SEND(2, 8)

/* Some way round the ring. */
#define ROUND SEND(1, 400), RECEIVE(0)

#define SMALL .capacity = 4096, .messages = 32
#define BIG   .capacity = 65536, .messages = 32
#define TIGHT .capacity = 512, .messages = 8

const struct scenario scenarios[] = {
	{"send small", SMALL, .setup = STEPS(FEW), .victim = STEPS(SEND(7, 40))},
	{"send first", SMALL, .victim = STEPS(SEND(7, 40))},
	{"send empty", SMALL, .setup = STEPS(FEW), .victim = STEPS(SEND(7, 0))},
	{"send 1 KiB", SMALL, .setup = STEPS(FEW), .victim = STEPS(SEND(7, 1024))},
	{"send large", BIG, .setup = STEPS(FEW), .victim = STEPS(SEND(7, LARGE))},
	{"send large, much held", BIG,
	 .setup = STEPS(SEND(1, 9000), SEND(2, 9000), SEND(1, 9000), SEND(2, 9000),
			RECEIVE(2), RECEIVE(2)),
	 .victim = STEPS(SEND(7, 40000))},
	{"send when full", TIGHT, .setup = STEPS(SEND(1, 100), SEND(2, 412)),
	 .victim = STEPS(SEND(7, 1))},
	{"send too many", TIGHT, .setup = STEPS(SEND(1, 1)), .setup_repeat = 8,
	 .victim = STEPS(SEND(7, 1))},
	{"send the last byte", TIGHT, .setup = STEPS(SEND(1, 100), SEND(2, 311)),
	 .victim = STEPS(SEND(7, 101))},
	{"send round the ring", TIGHT, .victim = STEPS(SEND(1, 100), RECEIVE(0)),
	 .victim_repeat = 40, .sparse = true},
	{"send round, some waiting", TIGHT, .setup = STEPS(SEND(5, 33), SEND(6, 34)),
	 .victim = STEPS(SEND(1, 90), RECEIVE(0)), .victim_repeat = 40, .sparse = true},
	{"send, ring full of old", .capacity = 4096, .messages = 300,
	 .victim = STEPS(SEND(1, 1)), .victim_repeat = 290, .sparse = true},
	{
		"send, old ones parked",
		.capacity = 4096,
		.messages = 400,
		.setup = STEPS(SEND(1, 9)),
		.setup_repeat = 12,
		.victim = STEPS(SEND(2, 200), RECEIVE(2)),
		.victim_repeat = 60,
		.sparse = true,
	},
	{"send batch", SMALL, .setup = STEPS(FEW), .victim = STEPS(BATCH(5, 50, 6))},
	{"send batch large", BIG, .setup = STEPS(FEW),
	 .victim = STEPS(BATCH(5, 1500, 8))},
	{"send batch, some fit", TIGHT, .setup = STEPS(SEND(1, 150), SEND(2, 10)),
	 .victim = STEPS(BATCH(5, 100, 6))},
	{"receive any", SMALL, .setup = STEPS(FEW), .victim = STEPS(RECEIVE(0))},
	{"receive last", SMALL, .setup = STEPS(SEND(1, 40)), .victim = STEPS(RECEIVE(0))},
	{"receive none", SMALL, .victim = STEPS(RECEIVE(0))},
	{"receive large", BIG, .setup = STEPS(SEND(1, LARGE), FEW),
	 .victim = STEPS(RECEIVE(0))},
	{"receive truncated", SMALL, .setup = STEPS(FEW),
	 .victim = STEPS({.kind = STEP_RECEIVE, .length = 10, .flags = NARU_TRUNCATE})},
	{"receive too small", SMALL, .setup = STEPS(FEW),
	 .victim = STEPS({.kind = STEP_RECEIVE, .length = 10})},
	{"receive type, parking", SMALL, .setup = STEPS(AHEAD),
	 .victim = STEPS(RECEIVE(2))},
	{"receive type, parking large", BIG, .setup = STEPS(SEND(4, LARGE), AHEAD),
	 .victim = STEPS(RECEIVE(2))},
	{"receive type, parked", SMALL, .setup = STEPS(AHEAD, RECEIVE(1)),
	 .victim = STEPS(RECEIVE(2))},
	{"receive type, none", SMALL, .setup = STEPS(AHEAD), .victim = STEPS(RECEIVE(9))},
	{"receive any, parked", SMALL, .setup = STEPS(AHEAD, RECEIVE(1), SEND(3, 60)),
	 .victim = STEPS(RECEIVE(0))},
	{"receive lowest", SMALL, .setup = STEPS(AHEAD), .victim = STEPS(RECEIVE(-3))},
	{"receive lowest, parked", SMALL, .setup = STEPS(AHEAD, RECEIVE(-9), SEND(1, 70)),
	 .victim = STEPS(RECEIVE(-9))},
	{"receive except", SMALL, .setup = STEPS(AHEAD), .victim = STEPS(EXCEPT(4))},
	{"receive batch", SMALL, .setup = STEPS(FEW, FEW),
	 .victim = STEPS(GET_BATCH(0, 5))},
	{"receive batch of type", SMALL, .setup = STEPS(AHEAD, FEW),
	 .victim = STEPS(GET_BATCH(2, 5))},
	{"receive batch large", BIG, .setup = STEPS(SEND(1, 9000), FEW, SEND(2, 9000)),
	 .victim = STEPS(GET_BATCH(0, 8))},
	{"look", SMALL, .setup = STEPS(FEW), .victim = STEPS(LOOK(0))},
	{"look at the third", SMALL, .setup = STEPS(AHEAD, RECEIVE(2)),
	 .victim = STEPS(LOOK(2))},
	{"claim", SMALL, .setup = STEPS(FEW), .victim = STEPS(CLAIM(0, 7, 100))},
	{"claim large", BIG, .setup = STEPS(FEW), .victim = STEPS(CLAIM(0, 7, LARGE))},
	{"claim when full", TIGHT, .setup = STEPS(SEND(1, 100), SEND(2, 412)),
	 .victim = STEPS(CLAIM(0, 7, 1))},
	{"commit, lower than what waits", SMALL,
	 .setup = STEPS(SEND(4, 20), SEND(5, 30), CLAIM(0, 3, 300)),
	 .victim = STEPS(COMMIT(0))},
	{"commit", SMALL, .setup = STEPS(SEND(1, 10), CLAIM(0, 7, 100), FEW),
	 .victim = STEPS(COMMIT(0))},
	{"commit large", BIG, .setup = STEPS(SEND(1, 10), CLAIM(0, 7, LARGE), FEW),
	 .victim = STEPS(COMMIT(0))},
	{"commit less", BIG, .setup = STEPS(SEND(1, 10), CLAIM(0, 7, LARGE), FEW),
	 .victim = STEPS(COMMIT_AS(0, 8, 5000))},
	{"commit, others claimed", SMALL,
	 .setup = STEPS(CLAIM(0, 7, 100), CLAIM(1, 6, 50), CLAIM(2, 5, 70), FEW),
	 .victim = STEPS(COMMIT(1))},
	{"cancel", SMALL, .setup = STEPS(CLAIM(0, 7, 100), FEW),
	 .victim = STEPS(CANCEL(0))},
	{"cancel large", BIG, .setup = STEPS(CLAIM(0, 7, LARGE), FEW),
	 .victim = STEPS(CANCEL(0))},
	{"take", SMALL, .setup = STEPS(FEW), .victim = STEPS(TAKE(0, 0))},
	{"take large", BIG, .setup = STEPS(SEND(1, LARGE), FEW),
	 .victim = STEPS(TAKE(0, 0))},
	{"take type, parking", SMALL, .setup = STEPS(AHEAD), .victim = STEPS(TAKE(0, 2))},
	{"take lowest, parked", SMALL, .setup = STEPS(AHEAD, RECEIVE(2)),
	 .victim = STEPS(TAKE(0, -2))},
	{"take, others taken", SMALL, .setup = STEPS(AHEAD, TAKE(0, 4), TAKE(1, 2)),
	 .victim = STEPS(TAKE(2, 0))},
	{"release", SMALL, .setup = STEPS(FEW, TAKE(0, 0)), .victim = STEPS(RELEASE(0))},
	{"release large", BIG, .setup = STEPS(SEND(1, LARGE), FEW, TAKE(0, 0)),
	 .victim = STEPS(RELEASE(0))},
	{"release the middle", SMALL,
	 .setup = STEPS(AHEAD, TAKE(0, 4), TAKE(1, 2), TAKE(2, 0)),
	 .victim = STEPS(RELEASE(1))},
	{"give back", SMALL, .setup = STEPS(FEW, TAKE(0, 0)),
	 .victim = STEPS(GIVE_BACK(0))},
	{"give back large", BIG, .setup = STEPS(SEND(1, LARGE), FEW, TAKE(0, 0)),
	 .victim = STEPS(GIVE_BACK(0))},
	{"give back the middle", SMALL,
	 .setup = STEPS(AHEAD, TAKE(0, 4), TAKE(1, 4), TAKE(2, 4)),
	 .victim = STEPS(GIVE_BACK(1))},
	{"set, grow", SMALL, .setup = STEPS(FEW), .victim = STEPS(SET(40000, 64))},
	{"set, grow, round the ring", TIGHT,
	 .setup = STEPS(ROUND, ROUND, ROUND, ROUND, ROUND, ROUND, ROUND, ROUND, ROUND,
			FEW, SEND(2, 90)),
	 .victim = STEPS(SET(40000, 64))},
	{"set, grow again", SMALL, .setup = STEPS(AHEAD, RECEIVE(2), SET(9000, 40)),
	 .victim = STEPS(SET(60000, 100))},
	{"set, shrink", SMALL, .setup = STEPS(FEW), .victim = STEPS(SET(100, 4))},
	{"set, back to what it was", SMALL, .setup = STEPS(FEW, SET(100, 4)),
	 .victim = STEPS(SET(4096, 32))},
	{"once, the first", SMALL, .setup = STEPS(FEW),
	 .victim = STEPS(ONCE(1, 7, 40, 1))},
	{"once", SMALL, .setup = STEPS(ONCE(1, 7, 40, 1), FEW),
	 .victim = STEPS(ONCE(2, 7, 40, 1), SEND(1, 5))},
	{"once, again", SMALL, .setup = STEPS(ONCE(1, 7, 40, 2), FEW),
	 .victim = STEPS(ONCE(1, 7, 40, 2))},
	{"once, half of it again", SMALL, .setup = STEPS(ONCE(1, 7, 40, 2), FEW),
	 .victim = STEPS(ONCE(2, 7, 50, 3))},
	{"once, batch", SMALL, .setup = STEPS(ONCE(1, 7, 40, 1), FEW),
	 .victim = STEPS(ONCE(2, 7, 50, 4))},
	{"once, some fit", TIGHT, .setup = STEPS(SEND(1, 150), ONCE(1, 2, 10, 1)),
	 .victim = STEPS(ONCE(2, 5, 100, 6))},
	{"once, large", BIG, .setup = STEPS(ONCE(1, 7, 40, 1), FEW),
	 .victim = STEPS(ONCE(2, 7, LARGE, 1))},
	{"once, large again", BIG, .setup = STEPS(ONCE(1, 7, LARGE, 1), SEND(1, 45000)),
	 .victim = STEPS(ONCE(1, 7, LARGE, 1))},
	{"release once, the first", SMALL, .setup = STEPS(FEW, TAKE(0, 0)),
	 .victim = STEPS(RELEASE_ONCE(1, 0))},
	{"release once", SMALL,
	 .setup = STEPS(FEW, TAKE(0, 0), TAKE(1, 0), RELEASE_ONCE(1, 1)),
	 .victim = STEPS(RELEASE_ONCE(2, 0), RECEIVE(0))},
	{"release once, large", BIG, .setup = STEPS(SEND(1, LARGE), FEW, TAKE(0, 0)),
	 .victim = STEPS(RELEASE_ONCE(1, 0))},
	{"stat", SMALL, .setup = STEPS(FEW), .victim = STEPS(STAT())},
	{"a working day", .capacity = 3000, .messages = 24, .setup = STEPS(FEW),
	 .victim = STEPS(BATCH(2, 80, 4), TAKE(0, 2), CLAIM(1, 3, 300), RECEIVE(-2),
			 SEND(4, 9), GIVE_BACK(0), COMMIT(1), EXCEPT(2), TAKE(2, 3),
			 SEND(2, 500), GET_BATCH(2, 3), RELEASE(2), RECEIVE(4),
			 CLAIM(3, 1, 20), RECEIVE(0), CANCEL(3), RECEIVE(0), SEND(1, 1)),
	 .victim_repeat = 3, .sparse = true},
};

const unsigned scenarios_count = sizeof(scenarios) / sizeof(scenarios[0]);
