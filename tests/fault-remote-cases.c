/* SPDX-License-Identifier: MIT */

/*
 * fault-remote-cases.c - calls on a queue that a server has
 *
 * Each message has a number. After each call, whatever it came to: what was sent, by a
 * call that said so, is there once; what is to be received was, by a call that said so,
 * or still is; and nobody holds anything.
 */

#include "fault.h"
#include "trace.h"

#include <dirent.h>
#include <errno.h>
#include <naru/queue.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <support/served.h>
#include <sys/socket.h>
#include <sys/stat.h>

enum { NUMBERS = 4096, BATCH = 3, SMALL = 64, LARGE = 60000, WAITING = BATCH };

/* What is to be found of a number. */
enum fate {
	NOBODYS, /* it was never used */
	MAYBE,	 /* not more than once */
	ONCE,
};

char fault_path[200];
static struct served served;
static struct naru_space *space;
static struct naru_queue *here, *away;
static enum fate fates[NUMBERS];
static unsigned found[NUMBERS];
static int next_number;
static bool careless; /* of sends that nobody confirms some may be lost */
static char bytes[BATCH][LARGE];

static int number_at(const void *data)
{
	int number;

	memcpy(&number, data, sizeof(number));
	return number;
}

static void find_one(const void *data, ssize_t length)
{
	int number = length >= (ssize_t)sizeof(number) ? number_at(data) : -1;

	if (number < 0 || number >= next_number)
		trace_complain("a message of %zd bytes that nobody sent", length);
	else
		found[number]++;
}

/* @r: what the call that sends it came to. */
static void note_sent(int number, long r)
{
	/* Only the loss of a connection leaves it open. */
	if (r < 0 && r != -ECONNRESET)
		fates[number] = NOBODYS;
	else
		fates[number] = r < 0 || careless ? MAYBE : ONCE;
}

static int new_message(void *data)
{
	memset(data, 'x', SMALL);
	memcpy(data, &next_number, sizeof(next_number));
	return next_number++;
}

static void put_here(void)
{
	int number = new_message(bytes[0]);

	if (naru_queue_send(here, 1, bytes[0], SMALL, 0) != 0)
		trace_complain("the queue is full");
	fates[number] = ONCE;
}

static bool prepare_with(uint32_t flags)
{
	struct naru_queue_options options = NARU_INIT(options, .flags = flags);

	served = (struct served){.grace_ms = 50};
	if (mkdir(fault_path, 0700) < 0 || naru_space_open(fault_path, NULL, &space) < 0)
		return false;
	served_start(&served, fault_path, "tcp://127.0.0.1:0");
	if (naru_queue_create(space, "q", NULL, &here) < 0)
		return false;
	for (int i = 0; i < WAITING; i++)
		put_here();
	return naru_queue_open(NULL, served_queue(&served, "q"), &options, &away) == 0;
}

static bool prepare(void)
{
	return prepare_with(0);
}

static bool prepare_unconfirmed(void)
{
	careless = true;
	return prepare_with(NARU_UNCONFIRMED);
}

static struct naru_queue *handle;

static long open_queue(void)
{
	return naru_queue_open(NULL, served_queue(&served, "q"), NULL, &handle);
}

static void close_handle(void)
{
	handle = naru_queue_close(handle);
}

static long send_length(size_t length)
{
	int number = new_message(bytes[0]);
	long r = naru_queue_send(away, 2, bytes[0], length, 1000);

	note_sent(number, r);
	return r;
}

static long send_small(void)
{
	return send_length(SMALL);
}

static long send_large(void)
{
	return send_length(LARGE);
}

static long send_batch(void)
{
	struct naru_item items[BATCH];
	int numbers[BATCH];
	ssize_t n;

	for (int i = 0; i < BATCH; i++) {
		numbers[i] = new_message(bytes[i]);
		items[i] = (struct naru_item){2, bytes[i], SMALL};
	}
	n = naru_queue_send_batch(away, items, BATCH, 1000);
	for (int i = 0; i < BATCH; i++)
		note_sent(numbers[i], n < 0 ? n : i < n ? 0 : -EAGAIN);
	return n;
}

static long claim_and_commit(void)
{
	struct naru_message message;
	int number;
	long r = naru_queue_claim(away, 2, SMALL, 1000, &message);

	if (r < 0)
		return r;
	number = new_message(message.data);
	r = naru_queue_commit(away, &message);
	note_sent(number, r);
	if (r < 0 && naru_queue_cancel(away, &message) != 0)
		trace_complain("a claim that was not committed cannot be cancelled");
	return r;
}

static long receive_one(void)
{
	ssize_t n = naru_queue_receive(away, 0, 0, bytes[0], LARGE, 1000, NULL);

	if (n >= 0)
		find_one(bytes[0], n);
	/* Who is careless fetches ahead, and all that was on its way may be lost. */
	for (int i = 0; i < next_number && careless && n < 0; i++)
		fates[i] = n == -ETIMEDOUT || n == -EAGAIN ? fates[i] : MAYBE;
	return n;
}

static long receive_batch(void)
{
	struct naru_item items[BATCH];
	ssize_t n;

	for (int i = 0; i < BATCH; i++)
		items[i] = (struct naru_item){0, bytes[i], LARGE};
	n = naru_queue_receive_batch(away, 0, 0, items, BATCH, 1000);
	for (ssize_t i = 0; i < n; i++)
		find_one(items[i].data, (ssize_t)items[i].length);
	return n;
}

/* Taken, and not yet through: a call that failed has left it so. */
static struct naru_message taken;

static void finish_taken(void)
{
	int number = taken.data ? number_at(taken.data) : -1;
	int r;

	if (!taken.data)
		return;
	r = naru_queue_release(away, &taken);
	if (r == 0)
		found[number]++;
	else if (r == -ECONNRESET)
		fates[number] = MAYBE;
	else if (r != -ESTALE)
		trace_complain("a message cannot be released: %s", strerror(-r));
}

/* A release that failed: nobody knows, or it has gone back, or it is still taken. */
static long take_and_release(void)
{
	int number;
	long r = naru_queue_take(away, 0, 0, 1000, &taken);

	if (r < 0)
		return r;
	number = number_at(taken.data);
	r = naru_queue_release(away, &taken);
	if (r == 0)
		found[number]++;
	else if (r == -ECONNRESET)
		fates[number] = MAYBE;
	return r;
}

static long take_and_give_back(void)
{
	long r = naru_queue_take(away, 0, 0, 1000, &taken);

	return r < 0 ? r : naru_queue_give_back(away, &taken);
}

/* What it holds goes back. */
static long close_holding(void)
{
	struct naru_message message;
	long r = open_queue();

	if (r < 0)
		return r;
	r = naru_queue_take(handle, 0, 0, 1000, &message);
	close_handle();
	return r;
}

static long stat_queue(void)
{
	struct naru_queue_stat stat = NARU_INIT(stat, .messages = 0);

	return naru_queue_stat(away, &stat);
}

static long look(void)
{
	return naru_queue_look(away, 1, 0, bytes[0], LARGE, NULL);
}

static long set(void)
{
	const struct naru_queue_options options = NARU_INIT(options, .capacity = 300000);

	return naru_queue_set(away, &options);
}

/* Before a call that is to find its connection broken. */
static void break_connections(void)
{
	DIR *files = opendir("/proc/self/fd");
	struct dirent *entry;

	while (files && (entry = readdir(files)))
		shutdown(atoi(entry->d_name), SHUT_RDWR);
	if (files)
		closedir(files);
}

static void nothing(void)
{
}

static const struct fault_case remote_cases[] = {
	{"open", prepare, open_queue, close_handle},
	{"send", prepare, send_small, nothing},
	{"send large", prepare, send_large, nothing},
	{"send batch", prepare, send_batch, nothing},
	{"send again", prepare, send_small, nothing},
	{"claim", prepare, claim_and_commit, nothing},
	{"receive", prepare, receive_one, nothing},
	{"receive batch", prepare, receive_batch, nothing},
	{"receive again", prepare, receive_one, nothing},
	{"take", prepare, take_and_release, nothing},
	{"give back", prepare, take_and_give_back, nothing},
	{"close", prepare, close_holding, nothing},
	{"stat", prepare, stat_queue, nothing},
	{"look", prepare, look, nothing},
	{"set", prepare, set, nothing},
	{"unconfirmed send", prepare_unconfirmed, send_small, nothing},
	{"unconfirmed receive", prepare_unconfirmed, receive_one, nothing},
	{0},
};

const struct fault_case *const fault_lists[] = {remote_cases, NULL};

static void drain(struct naru_queue *queue)
{
	ssize_t n;

	while ((n = naru_queue_receive(queue, 0, 0, bytes[0], LARGE, 0, NULL)) >= 0)
		find_one(bytes[0], n);
	if (n != -EAGAIN)
		trace_complain("what is there cannot be received: %s", strerror((int)-n));
}

/* What was held goes back when the server has noticed that its holder is gone. */
static void await_held(void)
{
	struct naru_queue_stat stat = NARU_INIT(stat, .messages = 0);
	ssize_t n = 0;

	while (n >= 0 && naru_queue_stat(here, &stat) == 0 && stat.held_messages > 0) {
		n = naru_queue_receive(here, 0, 0, bytes[0], LARGE, 5000, NULL);
		if (n >= 0)
			find_one(bytes[0], n);
	}
	if (n < 0)
		trace_complain("a message is held for ever");
}

/* What nobody confirms is there when one that was sent behind it is. */
static int send_behind(void)
{
	while (send_small() < 0)
		;
	return next_number - 1;
}

static void await_number(int number)
{
	ssize_t n = 0;

	while (n >= 0 && found[number] == 0) {
		n = naru_queue_receive(here, 0, 0, bytes[0], LARGE, 5000, NULL);
		if (n >= 0)
			find_one(bytes[0], n);
	}
	if (n < 0)
		trace_complain("the last message has not come");
}

static void check_all(void)
{
	for (int i = 0; i < next_number; i++) {
		if (found[i] > 1 || (fates[i] == NOBODYS && found[i] > 0))
			trace_complain("message %d is there %u times", i, found[i]);
		if (fates[i] == ONCE && found[i] == 0)
			trace_complain("message %d is lost", i);
	}
	memset(found, 0, sizeof(found));
	memset(fates, 0, sizeof(fates));
	next_number = 0;
}

void fault_sweep(const struct fault_case *of)
{
	int last = -1;

	/* The first call after a failure clears up what that has left. */
	stat_queue();
	if (careless)
		last = send_behind();
	finish_taken();
	drain(away);
	drain(here);
	if (careless)
		await_number(last);
	await_held();
	check_all();
	for (int i = 0; i < WAITING; i++)
		put_here();
	if (strstr(of->name, " again"))
		break_connections();
}
