/* SPDX-License-Identifier: MIT */

/*
 * Senders and receivers in threads that share one handle, or have one each; run it
 * plain and under ThreadSanitizer.
 *
 *	stress-threads [SECONDS [SEED]]
 */

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <support/must.h>
#include <support/random.h>
#include <support/room.h>
#include <support/traffic.h>
#include <time.h>
#include <unistd.h>

enum { SENDERS = 3, RECEIVERS = 3, WORKERS = SENDERS + RECEIVERS, GRACE_SECONDS = 100 };

static struct traffic_worker worker[WORKERS], self;
static _Atomic bool stop_senders, stop_receivers;
static atomic_int receivers;

static void *be_sender(void *data)
{
	traffic_send(data);
	return NULL;
}

static void *be_receiver(void *data)
{
	traffic_receive(data);
	atomic_fetch_sub(&receivers, 1);
	return NULL;
}

static void await_receivers(struct naru_queue *queue)
{
	while (atomic_load(&receivers) > 0) {
		if (room_stat(queue).messages == 0) {
			int r = naru_queue_send(queue, TRAFFIC_WAKE, NULL, 0, 0);

			must(r == 0 || r == -EAGAIN);
		}
		sched_yield();
	}
}

static void run(struct room *room, uint64_t *seed, bool share, unsigned long ms)
{
	struct naru_queue *queue = room_queue(room, "q", 2 * SHAPE_LONGEST, 200);
	struct timespec time = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
	pthread_t thread[WORKERS];

	atomic_store(&stop_senders, false);
	atomic_store(&stop_receivers, false);
	atomic_store(&receivers, RECEIVERS);
	self.ledger = ledger_open();
	self.queue = queue;
	for (int i = 0; i < WORKERS; i++) {
		worker[i].ledger = self.ledger;
		worker[i].queue = share ? queue : room_reopen(room, "q");
		worker[i].seed = random_next(seed);
		worker[i].waits_for_ever = true;
		worker[i].stop = i < SENDERS ? &stop_senders : &stop_receivers;
		must(pthread_create(&thread[i], NULL,
				    i < SENDERS ? be_sender : be_receiver,
				    &worker[i]) == 0);
	}
	/* This is how long it shall run. */
	nanosleep(&time, NULL);
	atomic_store(&stop_senders, true);
	for (int i = 0; i < SENDERS; i++)
		must(pthread_join(thread[i], NULL) == 0);
	atomic_store(&stop_receivers, true);
	await_receivers(queue);
	for (int i = SENDERS; i < WORKERS; i++)
		must(pthread_join(thread[i], NULL) == 0);
	traffic_drain(&self);
	ledger_settle(self.ledger);
	ledger_close(self.ledger);
	for (int i = 0; i < WORKERS; i++)
		if (!share)
			naru_queue_close(worker[i].queue);
	naru_queue_close(queue);
	must_be(naru_queue_remove(room->space, "q"), 0);
}

int main(int argc, char **argv)
{
	unsigned long seconds = argc > 1 ? strtoul(argv[1], NULL, 0) : 5;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	struct room *room = room_open();

	alarm((unsigned)seconds + GRACE_SECONDS);
	run(room, &seed, true, seconds * 500);
	run(room, &seed, false, seconds * 500);
	room_close(room);
	return 0;
}
