/* SPDX-License-Identifier: MIT */

#include "role.h"

#include "actor.h"
#include "ticks.h"
#include <errno.h>
#include <time.h>
#include <unistd.h>

/* The type that is asked for; those that are in the way have others. */
enum { WANTED = 1000, OTHERS = 7 };

static uint64_t total(const struct bench_run *run)
{
	return run->warm_up + run->operations;
}

uint64_t bench_role_sum(const struct bench_run *run)
{
	uint64_t each = total(run) / run->plan.senders;

	return run->plan.senders * (each * (each - 1) / 2);
}

static int move(struct bench_actor *actor, uint64_t count,
		ssize_t (*some)(struct bench_actor *, uint64_t))
{
	while (count > 0) {
		ssize_t r = some(actor, count);

		if (r < 0)
			return (int)r;
		count -= (uint64_t)r;
	}
	return 0;
}

static int ask(struct bench_actor *actor)
{
	const struct bench_run *run = actor->run;
	struct bench_stage *stage = run->stage;
	uint64_t last = bench_ticks();

	for (uint64_t i = 0; i < total(run); i++) {
		ssize_t r = bench_actor_send(actor, 1);
		uint64_t now;

		if (r > 0)
			r = bench_actor_receive(actor, 1);
		if (r < 0)
			return (int)r;
		now = bench_ticks();
		if (i == run->warm_up)
			stage->begin = last;
		if (i >= run->warm_up)
			bench_histogram_add(&stage->histogram, now - last);
		/* What the histogram costs shall not count. */
		last = bench_ticks();
	}
	stage->end = last;
	return 0;
}

static int answer(struct bench_actor *actor)
{
	for (uint64_t i = 0; i < total(actor->run); i++) {
		ssize_t r = bench_actor_receive(actor, 1);

		if (r > 0)
			r = bench_actor_send(actor, 1);
		if (r < 0)
			return (int)r;
	}
	return 0;
}

static int deliver(struct bench_actor *actor)
{
	return move(actor, total(actor->run) / actor->run->plan.senders,
		    bench_actor_send);
}

/*
 * Receivers that share a channel divide the messages among them by tickets, a
 * stride at a time: whoever finds none left is done, and none waits in vain.
 */
static int fetch(struct bench_actor *actor)
{
	const struct bench_run *run = actor->run;
	struct bench_stage *stage = run->stage;
	uint64_t stride = bench_workload_stride(run->workload);
	uint64_t last = bench_ticks();

	for (;;) {
		uint64_t ticket = atomic_fetch_add_explicit(&stage->tickets, stride,
							    memory_order_relaxed);
		uint64_t now;
		int r;

		if (ticket >= total(run))
			break;
		if (ticket == run->warm_up)
			stage->begin = bench_ticks();
		r = move(actor, stride, bench_actor_receive);
		if (r < 0)
			return r;
		now = bench_ticks();
		if (actor->index == 0 && ticket >= run->warm_up)
			bench_histogram_add(&stage->histogram, now - last);
		last = now;
	}
	atomic_fetch_add(&stage->sum, actor->sum);
	for (uint64_t end = atomic_load(&stage->end); end < last;)
		if (atomic_compare_exchange_weak(&stage->end, &end, last))
			break;
	return 0;
}

static int pair(struct bench_actor *actor)
{
	size_t length = actor->run->plan.message;
	int r = actor->contender->send(actor->end, WANTED, actor->buffer, length);

	if (r < 0)
		return r;
	return (int)actor->contender->receive(actor->end, WANTED, actor->buffer, length);
}

/* Empty messages, since the kernel's limits let through most of these. */
static int fill(struct bench_actor *actor)
{
	const struct contender *contender = actor->contender;
	uint64_t i;
	int r = 0;

	for (i = 0; i < actor->run->workload->backlog && r == 0; i++)
		r = contender->send(actor->end, 1 + (int64_t)(i % OTHERS), actor->buffer,
				    0);
	if (r == -EAGAIN && i > 1) {
		/* Room for the one that is sent and received. */
		r = (int)contender->receive(actor->end, 1, actor->buffer, 0);
		i -= 2;
	}
	actor->run->stage->backlog = i;
	return r;
}

static int choose(struct bench_actor *actor)
{
	const struct bench_run *run = actor->run;
	struct bench_stage *stage = run->stage;
	uint64_t last;
	int r = fill(actor);

	last = bench_ticks();
	for (uint64_t i = 0; i < total(run) + 1 && r >= 0; i++) {
		uint64_t now;

		r = pair(actor);
		now = bench_ticks();
		if (i == 0)
			stage->first = now - last;
		if (i == run->warm_up + 1)
			stage->begin = last;
		if (i > run->warm_up)
			bench_histogram_add(&stage->histogram, now - last);
		last = bench_ticks();
	}
	stage->end = last;
	return r < 0 ? r : 0;
}

/* Time what @some does, a stride of operations. */
static int repeat(struct bench_actor *actor, int (*some)(const struct bench_actor *))
{
	const struct bench_run *run = actor->run;
	struct bench_stage *stage = run->stage;
	uint64_t stride = bench_workload_stride(run->workload);
	uint64_t last = bench_ticks();

	for (uint64_t i = 0; i < total(run); i += stride) {
		int r = some(actor);
		uint64_t now = bench_ticks();

		if (r < 0)
			return r;
		if (i == run->warm_up)
			stage->begin = last;
		if (i >= run->warm_up)
			bench_histogram_add(&stage->histogram, now - last);
		last = bench_ticks();
	}
	stage->end = last;
	return 0;
}

static int live(const struct bench_actor *actor)
{
	return actor->contender->life(actor->end, actor->run->workload->capacity);
}

static int attach(const struct bench_actor *actor)
{
	return actor->contender->segment(actor->end, actor->run->workload->capacity);
}

static int meet(const struct bench_actor *actor)
{
	return actor->contender->connect(actor->end, actor->run->workload->talk);
}

/* Take and give back, half a stride of times. */
static int operate(const struct bench_actor *actor)
{
	const struct contender *contender = actor->contender;
	bool undo = actor->run->workload->undo;
	int r = 0;

	for (uint64_t i = bench_workload_stride(actor->run->workload); i > 0 && r == 0;
	     i -= 2) {
		r = contender->operate(actor->end, 0, -1, undo);
		if (r == 0)
			r = contender->operate(actor->end, 0, +1, undo);
	}
	return r;
}

/* Each waits for its own semaphore, then adds to the other's. */
static int hand_over(const struct bench_actor *actor)
{
	unsigned own = actor->side == BENCH_RECEIVER;
	int r = actor->contender->operate(actor->end, own, -1, false);

	return r < 0 ? r : actor->contender->operate(actor->end, !own, +1, false);
}

static int hand_back(struct bench_actor *actor)
{
	uint64_t stride = bench_workload_stride(actor->run->workload);
	int r = 0;

	for (uint64_t i = 0; i < total(actor->run) && r == 0; i += stride)
		r = hand_over(actor);
	return r;
}

/* The receiver's processor time is read from here: reading it there would be work. */
static int watch(struct bench_actor *actor)
{
	const struct bench_run *run = actor->run;
	struct timespec while_idle = {.tv_sec = (time_t)(run->idle_ns / 1000000000),
				      .tv_nsec = (long)(run->idle_ns % 1000000000)};
	uint64_t before;
	clockid_t clock;
	int r = clock_getcpuclockid(run->stage->receiver, &clock);

	if (r != 0)
		return -r;
	before = bench_nanoseconds(clock);
	clock_nanosleep(CLOCK_MONOTONIC, 0, &while_idle, NULL);
	run->stage->processor = bench_nanoseconds(clock) - before;
	return (int)bench_actor_send(actor, 1);
}

static int doze(struct bench_actor *actor)
{
	return (int)bench_actor_receive(actor, 1);
}

static int play(struct bench_actor *actor)
{
	bool sends = actor->side == BENCH_SENDER;

	switch (actor->run->workload->kind) {
	case BENCH_ROUND_TRIP:
		return sends ? ask(actor) : answer(actor);
	case BENCH_ONE_WAY:
	case BENCH_ONE_WAY_BATCH:
	case BENCH_ONE_WAY_PLACE:
		return sends ? deliver(actor) : fetch(actor);
	case BENCH_SELECT:
		return choose(actor);
	case BENCH_LIFE:
		return repeat(actor, live);
	case BENCH_OPERATE:
		return repeat(actor, operate);
	case BENCH_HAND_OVER:
		return sends ? repeat(actor, hand_over) : hand_back(actor);
	case BENCH_SEGMENT:
		return repeat(actor, attach);
	case BENCH_CONNECT:
		return repeat(actor, meet);
	case BENCH_IDLE:
		return sends ? watch(actor) : doze(actor);
	}
	return -EINVAL;
}

/* Senders start on the first core and receivers on the other, then round-robin. */
static int core_of(const struct bench_run *run, enum bench_side side, unsigned index)
{
	if (run->workload->one_core)
		return run->cores.core[0];
	return run->cores.core[(index + (side == BENCH_RECEIVER)) % 2];
}

int bench_role_play(const struct bench_run *run, enum bench_side side, unsigned index)
{
	unsigned processes = run->plan.senders + run->plan.receivers;
	struct bench_stage *stage = run->stage;
	struct bench_actor actor;
	int r = bench_pin(core_of(run, side, index));

	if (r < 0) {
		bench_stage_fail(stage, "cannot keep to one core", r);
		return r;
	}
	if (side == BENCH_SENDER)
		bench_stage_await(&stage->opened, run->plan.receivers);
	else
		stage->receiver = getpid();
	r = bench_actor_open(&actor, run, side, index);
	if (r < 0) {
		bench_stage_fail(stage, "open", r);
		return r;
	}
	if (side == BENCH_RECEIVER)
		bench_stage_count(&stage->opened);
	bench_stage_meet(stage, processes, 1);
	r = play(&actor);
	if (r < 0)
		bench_stage_fail(stage, side == BENCH_SENDER ? "send" : "receive", r);
	else
		/* Some lose what is under way when the other end closes. */
		bench_stage_meet(stage, processes, 2);
	bench_actor_close(&actor);
	return r < 0 ? r : 0;
}
