/* SPDX-License-Identifier: MIT */

/* crash-yardstick-kernel.c - the kernel's System V queue under the same harness */

#include "crash-yardstick.h"

#include <stdio.h>
#include <sys/ipc.h>
#include <sys/msg.h>

struct message {
	long type;
	unsigned char text[YARDSTICK_LENGTH];
};

static struct message one;
static int queue = -1;

static bool send_one(unsigned serial, int flags)
{
	one.type = 1 + serial % 2;
	yardstick_fill(one.text, serial);
	return msgsnd(queue, &one, sizeof(one.text), flags) == 0;
}

static bool prepare(void *data)
{
	struct msqid_ds control;

	(void)data;
	while (msgrcv(queue, &one, sizeof(one.text), 0, IPC_NOWAIT) >= 0)
		;
	for (unsigned i = 0; i < YARDSTICK_MESSAGES; i++)
		if (!send_one(i, IPC_NOWAIT))
			return false;
	return msgctl(queue, IPC_STAT, &control) == 0;
}

static void run_send(void *data)
{
	(void)data;
	msgsnd(queue, &one, sizeof(one.text), IPC_NOWAIT);
}

static void run_receive(void *data)
{
	(void)data;
	msgrcv(queue, &one, sizeof(one.text), 0, IPC_NOWAIT);
}

static void run_receive_type(void *data)
{
	(void)data;
	msgrcv(queue, &one, sizeof(one.text), 2, IPC_NOWAIT);
}

/* Drain. @expected: serials in order, ended by ~0u; what the victim sent is 2 again. */
static bool drain_is(const struct message *got, unsigned count, const unsigned *expected)
{
	unsigned i;

	for (i = 0; i < count && expected[i] != ~0u; i++)
		if (!yardstick_is(got[i].text, expected[i]))
			return false;
	return i == count && expected[i] == ~0u;
}

static int survive(const unsigned *old, const unsigned *new)
{
	struct message got[16];
	unsigned count = 0;
	int outcome;

	while (count < 16 &&
	       msgrcv(queue, &got[count], YARDSTICK_LENGTH, 0, IPC_NOWAIT) >= 0)
		count++;
	if (drain_is(got, count, old))
		outcome = YARDSTICK_OLD;
	else if (drain_is(got, count, new))
		outcome = YARDSTICK_NEW;
	else
		return YARDSTICK_DAMAGED;
	/* All the room is back. */
	for (count = 0; count < 100; count++)
		if (!send_one(count, IPC_NOWAIT) ||
		    msgrcv(queue, &one, sizeof(one.text), 0, IPC_NOWAIT) < 0)
			return YARDSTICK_DAMAGED;
	return outcome;
}

static int survive_send(void *data)
{
	(void)data;
	return survive((const unsigned[]){0, 1, 2, ~0u},
		       (const unsigned[]){0, 1, 2, 2, ~0u});
}

static int survive_receive(void *data)
{
	(void)data;
	return survive((const unsigned[]){0, 1, 2, ~0u}, (const unsigned[]){1, 2, ~0u});
}

static int survive_receive_type(void *data)
{
	(void)data;
	return survive((const unsigned[]){0, 1, 2, ~0u}, (const unsigned[]){0, 2, ~0u});
}

static void clean(void *data)
{
	(void)data;
}

int main(void)
{
	static const struct yardstick yardsticks[] = {
		{"kernel msgsnd", prepare, run_send, survive_send, clean, true},
		{"kernel msgrcv any", prepare, run_receive, survive_receive, clean, true},
		{"kernel msgrcv type", prepare, run_receive_type, survive_receive_type,
		 clean, true},
	};
	int failed = 0;

	queue = msgget(IPC_PRIVATE, 0600);
	if (queue < 0) {
		printf("no System V queues here: skipped\n");
		return 77;
	}
	trace_begin();
	for (unsigned i = 0; i < sizeof(yardsticks) / sizeof(yardsticks[0]); i++)
		failed |= yardstick_measure(&yardsticks[i]);
	msgctl(queue, IPC_RMID, NULL);
	return failed;
}
