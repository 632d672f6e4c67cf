/* SPDX-License-Identifier: MIT */

/*
 * Who changes what somebody sleeps for wakes him. A sleeper that is forgotten finds it in
 * the end, when a nap is over, and so no other test can tell; this one looks at what
 * ended the sleep.
 */

#include "asleep.h"
#include "trace.h"

#include <errno.h>
#include <naru/segment.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sysv/msg.h>
#include <sysv/sem.h>

enum { KEY = 7, LETTER = 8, TRIES = 5, LIMIT_MS = 20000 };

struct wake_case {
	const char *name;
	bool (*prepare)(void); /* in both processes */
	bool (*begin)(void);   /* in the one that wakes, first; may be NULL */
	long (*sleep)(void);
	long (*wake)(void);
	long expected; /* of sleep() */
};

enum { READY = 1, WAKE, OVER };

static volatile int *stage; /* of the one that wakes */
static const struct wake_case *this;
static const char *path;
static struct naru_space *space;
static struct nr_ids ids;
static struct nr_msg msg;
static struct nr_sem sem;
static struct naru_segment *segment;
static int id;
static uint32_t events;

static bool open_ids(void)
{
	return naru_space_open(path, NULL, &space) == 0 && nr_ids_open(space, &ids) == 0;
}

static bool prepare_set(void)
{
	if (!open_ids() || nr_sem_open(&ids, &sem) < 0)
		return false;
	id = nr_sem_get(&sem, KEY, 1, IPC_CREAT | 0600);
	return id >= 0 &&
	       nr_sem_control(&sem, id, 0, GETVAL, (union nr_sem_argument){0}) >= 0;
}

static long add(int number)
{
	const struct sembuf operation = {.sem_op = (short)number};

	return nr_sem_operate(&sem, id, &operation, 1, NULL);
}

static long take(void)
{
	return add(-1);
}

static long give_one(void)
{
	return add(1);
}

static long set_value(void)
{
	return nr_sem_control(&sem, id, 0, SETVAL, (union nr_sem_argument){.value = 1});
}

static bool prepare_queue(void)
{
	struct msqid_ds ds;

	if (!open_ids() || nr_msg_open(&ids, &msg) < 0)
		return false;
	id = nr_msg_get(&msg, KEY, IPC_CREAT | 0600);
	return id >= 0 && nr_msg_control(&msg, id, IPC_STAT, &ds) == 0;
}

static long send_one(void)
{
	const struct {
		long type;
		char text[LETTER];
	} letter = {1, ""};

	return nr_msg_send(&msg, id, &letter, LETTER, 0);
}

static long receive_one(void)
{
	struct {
		long type;
		char text[LETTER];
	} letter;

	return nr_msg_receive(&msg, id, &letter, LETTER, 0, 0);
}

/* It holds one. */
static bool fill_queue(void)
{
	struct msqid_ds ds;

	if (nr_msg_control(&msg, id, IPC_STAT, &ds) < 0)
		return false;
	ds.msg_qbytes = LETTER;
	return nr_msg_control(&msg, id, IPC_SET, &ds) == 0 && send_one() == 0;
}

static long receive_it(void)
{
	return receive_one() == LETTER ? 0 : -EIO;
}

static bool prepare_segment(void)
{
	const struct naru_segment_options options =
		NARU_INIT(options, .flags = NARU_CREATE, .length = 1);

	if (naru_space_open(path, NULL, &space) < 0 ||
	    naru_segment_open(space, "s", &options, &segment) < 0)
		return false;
	events = naru_segment_events(segment);
	return true;
}

static bool lock_first(void)
{
	return naru_segment_lock(segment, 0) == 0;
}

static long lock_segment(void)
{
	return naru_segment_lock(segment, -1);
}

static long unlock_segment(void)
{
	return naru_segment_unlock(segment);
}

static long give_up_segment(void)
{
	return naru_segment_give_up(segment);
}

static long wait_for_bell(void)
{
	return naru_segment_wait(segment, events, -1);
}

static long ring(void)
{
	return naru_segment_notify(segment);
}

/* Where a handler restarts calls, nobody watches others in his sleep. */
static void forget_handlers(void)
{
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
}

/* Whoever uses it for the first time wakes all who are there. */
static bool ring_first(void)
{
	return ring() == 0;
}

static bool prepare(void *data)
{
	(void)data;
	forget_handlers();
	return this->prepare();
}

static void run(void *data)
{
	(void)data;
	trace_page->result = this->sleep();
}

/* Step on until it is asleep, and watches others meanwhile; or it is so still. */
static bool fall_asleep(struct trace *trace, bool *asleep)
{
	for (;;) {
		unsigned long steps = trace->steps;

		if (!*asleep) {
			while (!trace_at_call(trace) ||
			       trace_number(trace) != SYS_futex_waitv)
				if (!trace_step(trace))
					return false;
			trace_step_unwatched(trace);
			*asleep = true;
			continue;
		}
		trace_step_done(trace, false);
		if (trace->steps != steps)
			*asleep = false;
		else if (watches(trace->pid))
			return true;
		else
			sched_yield();
	}
}

/* The one that wakes; it lives on for a moment, as a death would wake, too. */
static int be_waker(void *data)
{
	(void)data;
	if (!this->prepare() || (this->begin && !this->begin()))
		return 1;
	*stage = READY;
	while (*stage == READY)
		sched_yield();
	if (this->wake() != 0)
		return 1;
	while (*stage != OVER)
		sched_yield();
	return 0;
}

/*
 * What ended its sleep: 0, a wake; the number of another word that it watched; or an
 * error.
 */
static long try_once(void)
{
	const struct trace_victim victim = {.prepare = prepare, .run = run};
	bool asleep = false, done;
	struct trace trace;
	long ended_by;
	pid_t waker;

	trace_clear(path);
	*stage = 0;
	waker = trace_survive_start(be_waker, NULL, LIMIT_MS);
	while (*stage != READY)
		sched_yield();
	if (!trace_start(&trace, &victim) || !fall_asleep(&trace, &asleep))
		return -ENOTSUP;
	*stage = WAKE;
	trace_step_done(&trace, true);
	ended_by = trace_result(&trace);
	done = trace_finish(&trace) == 0 && trace_page->result == this->expected;
	*stage = OVER;
	return trace_survive_wait(waker) == 0 && done ? ended_by : -ENOTSUP;
}

/* A nap may be over just before it is woken; but not each time. */
static bool run_case(void)
{
	long ended_by = -ETIMEDOUT;

	for (int i = 0; i < TRIES && ended_by != 0 && ended_by != -ENOTSUP; i++)
		ended_by = try_once();
	printf("%s: %ld%s\n", this->name, ended_by, ended_by != 0 ? "; FAILED" : "");
	return ended_by == 0;
}

static const struct wake_case cases[] = {
	{"semop, by semop", prepare_set, NULL, take, give_one, 0},
	{"semop, by SETVAL", prepare_set, NULL, take, set_value, 0},
	{"msgrcv, by msgsnd", prepare_queue, NULL, receive_one, send_one, LETTER},
	{"msgsnd, by msgrcv", prepare_queue, fill_queue, send_one, receive_it, 0},
	{"lock, by unlock", prepare_segment, lock_first, lock_segment, unlock_segment, 0},
	{"lock, by giving up", prepare_segment, lock_first, lock_segment, give_up_segment,
	 -ENOTRECOVERABLE},
	{"wait, by notify", prepare_segment, ring_first, wait_for_bell, ring, 0},
};

int main(int argc, char **argv)
{
	bool good = true;

	trace_begin();
	path = trace_directory();
	stage = mmap(NULL, sizeof(*stage), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		this = &cases[i];
		if (argc > 1 && strncmp(this->name, argv[1], strlen(argv[1])) != 0)
			continue;
		good &= run_case();
	}
	return !good;
}
