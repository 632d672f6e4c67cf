/* SPDX-License-Identifier: MIT */

/*
 * Let a process die in the calls on System V queues and segments: real kills, before and
 * after each system call and after some instructions. A survivor finds the call done or
 * not done, and can do everything there is to do; who slept meanwhile is not forgotten.
 *
 * NARU_CRASH_STRIDE	after every so-manyth instruction (default: at KILLS places)
 */

#include "asleep.h"
#include "trace.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysv/msg.h>
#include <sysv/shm.h>
#include <unistd.h>

enum { KILLS = 60, LIMIT_MS = 20000, KEY = 7, SIZE = 10000, FAILED = 2 };

struct letter {
	long type;
	char text[64];
};

struct sysv_case {
	const char *name;
	bool (*prepare)(void *data);
	void (*run)(void *data);
	int (*survive)(void *data); /* 0: not done, 1: done */
	bool sleeper;		    /* one waits for a message */
};

static const char *space_path;
static struct naru_space *space;
static struct nr_ids ids;
static struct nr_msg msg;
static int id;
static void *bytes;
static const struct sysv_case *this;

static bool is(const char *what, long value, long expected)
{
	if (value != expected)
		trace_complain("%s: %ld, not %ld", what, value, expected);
	return value == expected;
}

static bool open_all(void *data)
{
	(void)data;
	return is("space", naru_space_open(space_path, NULL, &space), 0) &&
	       is("ids", nr_ids_open(space, &ids), 0) &&
	       is("msg", nr_msg_open(&ids, &msg), 0);
}

static bool prepare_nothing(void *data)
{
	/* The file of identifiers is made, and there is a place in it. */
	return open_all(data) && is("get", nr_msg_get(&msg, 99, IPC_CREAT | 0600), 0) &&
	       is("get", nr_shm_get(&ids, 99, 1, IPC_CREAT | 0600), 0);
}

static int send_letter(const char *text)
{
	struct letter letter = {.type = text[0]};

	strcpy(letter.text, text);
	return nr_msg_send(&msg, id, &letter, strlen(text) + 1, IPC_NOWAIT);
}

static bool prepare_queue(void *data)
{
	(void)data;
	if (!prepare_nothing(data))
		return false;
	id = nr_msg_get(&msg, KEY, IPC_CREAT | 0600);
	return id > 0 && is("send", send_letter("a"), 0);
}

static bool prepare_full(void *data)
{
	if (!prepare_queue(data))
		return false;
	/* As many as it has memory for at first. */
	for (int i = 1; i < 512; i++)
		if (!is("send", send_letter("f"), 0))
			return false;
	return true;
}

static bool prepare_segment(void *data)
{
	(void)data;
	if (!prepare_nothing(data))
		return false;
	id = nr_shm_get(&ids, KEY, SIZE, IPC_CREAT | 0600);
	return id > 0;
}

static bool prepare_attached(void *data)
{
	return prepare_segment(data) &&
	       is("attach", nr_shm_attach(&ids, id, NULL, 0, &bytes), 0);
}

static bool prepare_left(void *data)
{
	return prepare_attached(data) &&
	       is("remove", nr_shm_control(&ids, id, IPC_RMID, NULL), 0);
}

static void make_queue(void *data)
{
	(void)data;
	nr_msg_get(&msg, KEY, IPC_CREAT | 0600);
}

static void send_one(void *data)
{
	(void)data;
	send_letter("b");
}

static void receive_one(void *data)
{
	struct letter letter;

	(void)data;
	nr_msg_receive(&msg, id, &letter, sizeof(letter.text), 0, IPC_NOWAIT);
}

static void set_queue(void *data)
{
	struct msqid_ds ds;

	(void)data;
	nr_msg_control(&msg, id, IPC_STAT, &ds);
	ds.msg_qbytes = 4000;
	ds.msg_perm.mode = 0640;
	nr_msg_control(&msg, id, IPC_SET, &ds);
}

static void remove_queue(void *data)
{
	(void)data;
	nr_msg_control(&msg, id, IPC_RMID, NULL);
}

static void make_segment(void *data)
{
	(void)data;
	nr_shm_get(&ids, KEY, SIZE, IPC_CREAT | 0600);
}

static void attach(void *data)
{
	(void)data;
	nr_shm_attach(&ids, id, NULL, 0, &bytes);
}

static void detach(void *data)
{
	(void)data;
	nr_shm_detach(&ids, bytes);
}

static void remove_segment(void *data)
{
	(void)data;
	nr_shm_control(&ids, id, IPC_RMID, NULL);
}

/* Whatever was left is seen to by now, and a second look finds nothing. */
static bool is_clean(void)
{
	int r = naru_space_check(space, NARU_CHECK_REPAIR, NULL, NULL);

	return is("check", r, 0) &&
	       is("check", naru_space_check(space, 0, NULL, NULL), 0);
}

/* The queue works: what is in it, in order, then as much as it may hold, and out again.
 */
static bool queue_works(const char *expected, int letters)
{
	struct letter letter;
	struct msqid_ds ds;

	id = nr_msg_get(&msg, KEY, IPC_CREAT | 0600);
	if (!is("get", id > 0, true) ||
	    !is("stat", nr_msg_control(&msg, id, IPC_STAT, &ds), 0) ||
	    !is("messages", (long)ds.msg_qnum, letters))
		return false;
	for (int i = 0; i < letters; i++) {
		ssize_t n = nr_msg_receive(&msg, id, &letter, sizeof(letter.text), 0,
					   IPC_NOWAIT);

		if (!is("receive", n, 2))
			return false;
		if (i < 2 && expected[i] && !is("which", letter.text[0], expected[i]))
			return false;
	}
	for (int i = 0; i < 1500; i++)
		if (!is("send", send_letter("c"), 0))
			return false;
	for (int i = 0; i < 1500; i++)
		receive_one(NULL);
	return is("empty", nr_msg_receive(&msg, id, &letter, 64, 0, IPC_NOWAIT),
		  -ENOMSG) &&
	       is("remove", nr_msg_control(&msg, id, IPC_RMID, NULL), 0);
}

static bool segment_works(void)
{
	struct shmid_ds ds;

	id = nr_shm_get(&ids, KEY, SIZE, IPC_CREAT | 0600);
	return is("get", id > 0, true) &&
	       is("stat", nr_shm_control(&ids, id, IPC_STAT, &ds), 0) &&
	       is("attached", (long)ds.shm_nattch, 0) &&
	       is("size", (long)ds.shm_segsz, SIZE) &&
	       is("attach", nr_shm_attach(&ids, id, NULL, 0, &bytes), 0) &&
	       is("write", (memset(bytes, 1, SIZE), 0), 0) &&
	       is("stat", nr_shm_control(&ids, id, IPC_STAT, &ds), 0) &&
	       is("attached", (long)ds.shm_nattch, 1) &&
	       is("detach", nr_shm_detach(&ids, bytes), 0) &&
	       is("remove", nr_shm_control(&ids, id, IPC_RMID, NULL), 0);
}

static bool usage_is_right(enum nr_sysv_kind kind)
{
	struct nr_ids_usage usage;

	return is("usage", nr_ids_usage(&ids, kind, &usage), 0) &&
	       is("last", usage.last, 0) && is("used", usage.used, 1);
}

static int find_queue(void *data)
{
	bool done;

	if (!open_all(data))
		return FAILED;
	done = nr_msg_get(&msg, KEY, 0) >= 0;
	return queue_works("", 0) && usage_is_right(NR_SYSV_MSG) && is_clean() ? done
									       : FAILED;
}

static int messages_in(void)
{
	struct msqid_ds ds;

	id = nr_msg_get(&msg, KEY, 0);
	return nr_msg_control(&msg, id, IPC_STAT, &ds) < 0 ? -1 : (int)ds.msg_qnum;
}

static int find_sent(void *data)
{
	int n = open_all(data) ? messages_in() : -1;

	/* Who slept may have taken the first. */
	return (n == 1 || n == 2) && queue_works("ab", n) && is_clean() ? n - 1 : FAILED;
}

static int find_many(void *data)
{
	int n = open_all(data) ? messages_in() : -1;

	return (n == 512 || n == 513) && queue_works("af", n) && is_clean() ? n - 512
									    : FAILED;
}

static int find_received(void *data)
{
	int n = open_all(data) ? messages_in() : -1;

	return (n == 1 || n == 0) && queue_works("a", n) && is_clean() ? 1 - n : FAILED;
}

static int find_set(void *data)
{
	struct nr_ids_entry entry;
	bool done;

	if (!open_all(data) || messages_in() != 1 ||
	    !is("find", nr_ids_find(&ids, NR_SYSV_MSG, id, &entry), 0))
		return FAILED;
	done = entry.mode == 0640;
	if (!is("mode", (long)entry.mode, done ? 0640 : 0600) ||
	    !is("bytes", (long)entry.size, done ? 4000 : 1 << 20))
		return FAILED;
	set_queue(NULL);
	if (!is("find", nr_ids_find(&ids, NR_SYSV_MSG, id, &entry), 0) ||
	    !is("mode", (long)entry.mode, 0640) ||
	    !is("remove", nr_msg_control(&msg, id, IPC_RMID, NULL), 0))
		return FAILED;
	return is_clean() ? done : FAILED;
}

/* Who sleeps is told within a second. */
static int find_removed(void *data)
{
	bool done;

	if (!open_all(data))
		return FAILED;
	done = nr_msg_get(&msg, KEY, 0) == -ENOENT;
	if (!done) {
		id = nr_msg_get(&msg, KEY, 0);
		if (!is("remove", nr_msg_control(&msg, id, IPC_RMID, NULL), 0))
			return FAILED;
	}
	return usage_is_right(NR_SYSV_MSG) && queue_works("", 0) && is_clean() ? done
									       : FAILED;
}

static int find_segment(void *data)
{
	bool done;

	if (!open_all(data))
		return FAILED;
	done = nr_shm_get(&ids, KEY, 0, 0) >= 0;
	return segment_works() && usage_is_right(NR_SYSV_SHM) && is_clean() ? done
									    : FAILED;
}

static const struct sysv_case cases[] = {
	{"msgget", prepare_nothing, make_queue, find_queue, false},
	{"msgsnd", prepare_queue, send_one, find_sent, false},
	{"msgsnd, growing", prepare_full, send_one, find_many, false},
	{"msgrcv", prepare_queue, receive_one, find_received, false},
	{"msgctl IPC_SET", prepare_queue, set_queue, find_set, false},
	{"msgctl IPC_RMID", prepare_queue, remove_queue, find_removed, true},
	{"shmget", prepare_nothing, make_segment, find_segment, false},
	{"shmat", prepare_segment, attach, find_segment, false},
	{"shmdt", prepare_attached, detach, find_segment, false},
	{"shmctl IPC_RMID", prepare_segment, remove_segment, find_segment, false},
	{"shmctl IPC_RMID, attached", prepare_attached, remove_segment, find_segment,
	 false},
	{"shmdt, removed", prepare_left, detach, find_segment, false},
};

/* Waits for what never comes, until the queue is removed. */
static int sleep_for(void *data)
{
	struct letter letter;

	if (!open_all(data))
		return 1;
	id = nr_msg_get(&msg, KEY, 0);
	return is("sleeper", nr_msg_receive(&msg, id, &letter, 64, 1, 0), -EIDRM) ? 0 : 1;
}

static pid_t start(struct trace *trace)
{
	const struct trace_victim victim = {.prepare = this->prepare, .run = this->run};
	pid_t sleeper;

	trace_clear(space_path);
	if (!trace_start(trace, &victim)) {
		printf("  %s: %s\n", this->name, trace_page->text);
		exit(1);
	}
	if (!this->sleeper)
		return 0;
	sleeper = trace_survive_start(sleep_for, NULL, LIMIT_MS);
	while (!asleep(sleeper))
		sched_yield();
	return sleeper;
}

struct count {
	unsigned long kills, found[2], failures;
};

static void finish(struct trace *trace, pid_t sleeper, struct count *count)
{
	unsigned long steps = trace->steps, place = trace_place(trace);
	int found;

	trace_page->text[0] = 0;
	trace_kill(trace);
	count->kills++;
	found = trace_survive(this->survive, NULL, LIMIT_MS);
	if (sleeper && trace_survive_wait(sleeper) != 0)
		found = FAILED;
	if (found == 0 || found == 1) {
		count->found[found]++;
		return;
	}
	if (count->failures++ < 5)
		printf("  %s, killed at point %lu at %#lx: %s\n", this->name, steps,
		       place, trace_page->text);
}

static void kill_at_calls(struct count *count)
{
	bool more = true;

	for (unsigned n = 1; more; n++)
		for (unsigned after = 0; more && after < 2; after++) {
			struct trace trace;
			pid_t sleeper = start(&trace);

			for (unsigned i = 0; more && i < n; i++)
				more = trace_call(&trace) >= 0;
			if (more && after && !trace_return(&trace))
				more = false;
			finish(&trace, sleeper, count);
		}
}

static void kill_at_steps(unsigned long stride, struct count *count)
{
	bool more = true;

	for (unsigned long n = 0; more; n += stride) {
		struct trace trace;
		pid_t sleeper = start(&trace);

		while (more && trace.steps < n)
			more = trace_step(&trace);
		finish(&trace, sleeper, count);
	}
}

static unsigned long length_of(void)
{
	struct count ignored = {0};
	struct trace trace;
	pid_t sleeper = start(&trace);
	unsigned long steps;

	while (trace_step(&trace))
		continue;
	steps = trace.steps;
	finish(&trace, sleeper, &ignored);
	return steps;
}

int main(int argc, char **argv)
{
	unsigned stride = trace_option("NARU_CRASH_STRIDE", 0);
	unsigned long failures = 0;

	trace_begin();
	space_path = trace_directory();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct count count = {0};
		unsigned long length;

		this = &cases[i];
		if (argc > 1 && strncmp(this->name, argv[1], strlen(argv[1])) != 0)
			continue;
		length = length_of();
		kill_at_calls(&count);
		kill_at_steps(stride ? stride : 1 + length / KILLS, &count);
		printf("%s: %lu points, %lu killed, old %lu, new %lu%s\n", this->name,
		       length, count.kills, count.found[0], count.found[1],
		       count.failures ? "; FAILED" : "");
		failures += count.failures;
	}
	if (failures)
		printf("%lu deaths were not survived\n", failures);
	return failures > 0;
}
