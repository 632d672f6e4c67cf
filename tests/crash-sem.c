/* SPDX-License-Identifier: MIT */

/*
 * Let a process die after each instruction of calls on a set of semaphores, really. The
 * others find the call done or not done, and what it owed undone; who sleeps gets what is
 * his, and nobody is stuck. And let the one who finds that die in turn.
 *
 *	crash-sem [CASE]
 *
 * A death matters where something has changed that the others can see, and around system
 * calls: these are the points. But see for yourself:
 *
 * NARU_CRASH_STRIDE	after every so-manyth instruction instead
 */

#include "crash-sem.h"
#include "trace.h"

#include <sched.h>
#include <signal.h>
#include <space/object.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <sysv/set-handle.h>
#include <unistd.h>

enum { LIMIT_MS = 4000, TIMEOUT_NS = 200 * 1000, FAILURES_SHOWN = 5 };
enum { TWICE_EVERY = 3, TWICE_LONGEST = 97 };
enum { OLD, NEW, EITHER, BAD };

struct stage {
	const struct sem_case *this;
	struct nr_set *set;
	pid_t holder;
	pid_t other[SEM_OTHERS];
	bool raised;
	bool too_late; /* that was after its death: it cannot have got anything */
};

/* Seen by all processes: what the others' calls came to, and whether they came back. */
struct seen {
	_Atomic int held;
	_Atomic int done[SEM_OTHERS];
	_Atomic int result[SEM_OTHERS];
};

static struct naru_space *space;
static struct stage stage;
static struct seen *seen;

static int operate(const struct nr_operation_shared *operation,
		   const struct nr_set_time *time)
{
	return nr_set_operate(stage.set, operation, sem_count(operation), time);
}

static void hold(void)
{
	seen->held = 1 - operate(stage.this->holder, NULL);
	for (;;)
		pause();
}

static void sleep_on(int other)
{
	seen->result[other] = operate(stage.this->other[other], NULL);
	seen->done[other] = 1;
	_exit(0);
}

static int count_asleep(void)
{
	int asleep = 0;

	for (uint32_t i = 0; i < SEM_SEMAPHORES; i++)
		asleep += nr_set_count_sleepers(stage.set, i, false) +
			  nr_set_count_sleepers(stage.set, i, true);
	return asleep;
}

static void start_others(void)
{
	const struct sem_case *this = stage.this;

	if (sem_count(this->holder) > 0) {
		stage.holder = fork();
		if (stage.holder == 0)
			hold();
		while (seen->held == 0)
			sched_yield();
	}
	for (int i = 0; i < this->others; i++) {
		stage.other[i] = fork();
		if (stage.other[i] == 0)
			sleep_on(i);
		while (count_asleep() < i + 1)
			sched_yield();
	}
}

static void kill_holder(void)
{
	if (stage.holder == 0)
		return;
	kill(stage.holder, SIGKILL);
	waitpid(stage.holder, NULL, 0);
	stage.holder = 0;
}

static const struct nr_set_time moment = {.limited = true, .ns = TIMEOUT_NS};

static void sleep_a_moment(const struct nr_operation_shared *operation)
{
	if (operate(operation, &moment) == 0)
		exit(1);
}

static bool set_up(const struct sem_case *this)
{
	uint16_t values[SEM_SEMAPHORES] = {0};

	stage = (struct stage){.this = this};
	memset(seen, 0, sizeof(*seen));
	if (nr_set_create(space, "s", SEM_SEMAPHORES, 0600, getuid(), getgid()) < 0 ||
	    nr_set_open(space, "s", NULL, NULL, &stage.set) < 0)
		return false;
	for (int i = 0; i < SEM_SPARE; i++)
		values[i] = (uint16_t)this->start[i];
	nr_set_set_values(stage.set, values);
	if (this->slept)
		sleep_a_moment(this->victim);
	start_others();
	return true;
}

static void tear_down(void)
{
	kill_holder();
	nr_set_end(stage.set);
	for (int i = 0; i < stage.this->others; i++)
		waitpid(stage.other[i], NULL, 0);
	nr_set_close(stage.set);
	nr_object_remove(space, "s");
}

/* The victim. */
static bool prepare(void *data)
{
	(void)data;
	if (stage.this->cold)
		return true;
	if (sem_count(stage.this->before) > 0)
		return operate(stage.this->before, NULL) == 0;
	return nr_set_value(stage.set, SEM_SPARE) == 0;
}

static void run(void *data)
{
	(void)data;
	if (stage.this->call)
		stage.this->call(stage.set);
	else
		operate(stage.this->victim, stage.this->timed ? &moment : NULL);
}

/* Who comes by after the death. */
static void repair(void *data)
{
	(void)data;
	nr_set_value(stage.set, SEM_SPARE);
}

static bool all_quiet(void)
{
	int done = 0;

	for (int i = 0; i < stage.this->others; i++)
		done += seen->done[i];
	return done + count_asleep() == stage.this->others;
}

static bool is(const struct sem_state *state, const int values[SEM_SPARE], unsigned done)
{
	return memcmp(state->value, values, sizeof(state->value)) == 0 &&
	       state->done == done;
}

static bool is_usable(void)
{
	const struct nr_operation_shared up = {SEM_SPARE, 2, SEM_UNDO};
	const struct nr_operation_shared down = {SEM_SPARE, -2, SEM_UNDO | IPC_NOWAIT};

	return nr_set_operate(stage.set, &up, 1, NULL) == 0 &&
	       nr_set_operate(stage.set, &down, 1, NULL) == 0 &&
	       nr_set_value(stage.set, SEM_SPARE) == 0;
}

/* Whose turn it was when its waker died goes on by itself; nobody else looks. */
static void await_turns(void)
{
	for (uint32_t i = 0; i < nr_set_sleepers(stage.set); i++)
		while (nr_load_relaxed(&nr_set_sleeper(stage.set, i)->state) ==
		       NR_SLEEPER_TAKEN)
			sched_yield();
}

static int survive(void *data)
{
	const struct sem_case *this = stage.this;
	int values[SEM_SPARE];
	unsigned done = 0;
	bool old, new;

	(void)data;
	await_turns();
	while (!all_quiet() || !all_quiet())
		sched_yield();
	for (uint32_t i = 0; i < SEM_SPARE; i++)
		values[i] = nr_set_value(stage.set, i);
	for (int i = 0; i < this->others; i++) {
		done |= (unsigned)seen->done[i] << i;
		if (seen->result[i] != 0)
			trace_complain("a sleeper got %d", seen->result[i]);
	}
	old = is(&this->old, values, done);
	new = is(&this->new, values, done);
	if (!old && (!new || stage.too_late))
		trace_complain("{%d, %d, %d}, done %u", values[0], values[1], values[2],
			       done);
	if (!is_usable())
		trace_complain("the set cannot be used");
	if (trace_page->text[0])
		return BAD;
	return old && new ? EITHER : old ? OLD : NEW;
}

/* Somebody gives the victim what it sleeps for, before it is killed. */
static void raise_once(void)
{
	const struct nr_operation_shared up = {0, 1, 0};

	if (stage.raised)
		return;
	stage.raised = true;
	nr_set_operate(stage.set, &up, 1, NULL);
}

/* All that a death leaves behind: the set, and the table of peers. */
struct traces {
	unsigned char set[20000], row[256];
	struct nr_peers_shared peers;
};

static struct traces before, now;
static unsigned stride;

static void look(struct traces *traces)
{
	memcpy(traces->set, stage.set->base, stage.set->places.reserved);
	if (nr_load_relaxed(&stage.set->shared->reserved_rows) > 0)
		memcpy(traces->row, nr_set_row_at(stage.set, 0), sizeof(traces->row));
	memcpy(&traces->peers, space->peers, sizeof(traces->peers));
}

/* Has the last step, or will the next one, change what others see? */
static bool is_point(const struct trace *trace, bool *was_call)
{
	bool is_call = trace_at_call(trace), changed;

	if (stride > 0)
		return trace->steps % stride == 0;
	look(&now);
	changed = memcmp(&now, &before, sizeof(now)) != 0;
	if (changed)
		before = now;
	changed |= is_call | *was_call;
	*was_call = is_call;
	return changed;
}

/* Step up to the point @point. False: the call was through before. */
static bool step_to(struct trace *trace, unsigned long point)
{
	bool more = true, was_call = false;

	look(&before);
	while (more && point > 0) {
		/* It stands still, and may hold the lock. */
		if (stage.this->raised && !stage.raised &&
		    nr_load_relaxed(&stage.set->shared->lock) == 0 && count_asleep() == 1)
			raise_once();
		more = trace_step(trace);
		if (more && is_point(trace, &was_call))
			point--;
	}
	return more;
}

struct count {
	unsigned long points, found[BAD + 1];
};

static void report(const char *what, unsigned long point, uint64_t place,
		   struct count *count)
{
	if (count->found[BAD]++ < FAILURES_SHOWN)
		printf("  %s, killed at point %lu at %#lx: %s\n", what, point,
		       (unsigned long)place, trace_page->text);
}

/* Kill it at @point, and if @second, who comes by next, at that point of repair(). */
static bool kill_at(const struct sem_case *this, unsigned long point,
		    unsigned long second, struct count *count)
{
	const struct trace_victim victim = {.prepare = prepare, .run = run};
	const struct trace_victim next = {.run = repair};
	struct trace trace;
	uint64_t place;
	bool more;
	int found;

	if (!set_up(this) || !trace_start(&trace, &victim)) {
		printf("  %s: cannot begin: %s\n", this->name, trace_page->text);
		exit(1);
	}
	if (this->holder_dies)
		kill_holder();
	more = step_to(&trace, point);
	place = trace_place(&trace);
	trace_kill(&trace);
	kill_holder();
	if (this->raised) {
		stage.too_late = !stage.raised;
		raise_once();
	}
	if (second > 0 && trace_start(&trace, &next)) {
		step_to(&trace, second);
		trace_kill(&trace);
	}
	trace_page->text[0] = 0;
	found = trace_survive(survive, NULL, LIMIT_MS);
	count->points++;
	if (found < 0 || found >= BAD)
		report(this->name, point, place, count);
	else
		count->found[found]++;
	tear_down();
	return more;
}

static bool run_case(const struct sem_case *this)
{
	struct count count = {0};
	unsigned long length = 0, second = 1;

	for (bool more = true; more; length++)
		more = kill_at(this, length, 0, &count);
	for (unsigned long n = 0; n < length; n += TWICE_EVERY) {
		kill_at(this, n, second, &count);
		second = 1 + (second * 7 + 13) % TWICE_LONGEST;
	}
	printf("%s: %lu points, old %lu, new %lu, either %lu, bad %lu\n", this->name,
	       count.points, count.found[OLD], count.found[NEW], count.found[EITHER],
	       count.found[BAD]);
	return count.found[BAD] == 0;
}

int main(int argc, char **argv)
{
	bool good = true;

	stride = trace_option("NARU_CRASH_STRIDE", 0);
	trace_begin();
	if (naru_space_open(trace_directory(), NULL, &space) < 0)
		return 1;
	seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (unsigned i = 0; i < sem_cases_count; i++) {
		if (argc > 1 && strncmp(sem_cases[i].name, argv[1], strlen(argv[1])))
			continue;
		good &= run_case(&sem_cases[i]);
	}
	naru_space_close(space);
	return !good;
}
