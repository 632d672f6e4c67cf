/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <support/must.h>
#include <support/random.h>
#include <support/traffic.h>

static int choose_timeout(struct traffic_worker *worker)
{
	switch (random_below(&worker->seed, 4)) {
	case 0:
		return 0;
	case 1:
		return (int)random_below(&worker->seed, 5);
	default:
		return worker->waits_for_ever ? -1 : 5;
	}
}

static void note_outcome(struct traffic_worker *worker, uint64_t number, bool sent)
{
	if (sent)
		ledger_sent(worker->ledger, number);
	else
		ledger_not_sent(worker->ledger, number);
}

static void check_error(ssize_t error)
{
	if (error != -EAGAIN && error != -ETIMEDOUT)
		must_be(error, -ETIMEDOUT);
}

static void send_one(struct traffic_worker *worker)
{
	uint64_t number = ledger_number(worker->ledger, 1);
	int r;

	shape_fill(number, worker->buffer[0]);
	ledger_intend(worker->ledger, number);
	r = naru_queue_send(worker->queue, shape_type(number), worker->buffer[0],
			    shape_length(number), choose_timeout(worker));
	note_outcome(worker, number, r == 0);
	if (r < 0)
		check_error(r);
}

static void claim_one(struct traffic_worker *worker)
{
	uint64_t number = ledger_number(worker->ledger, 1);
	size_t more = random_below(&worker->seed, 2) * 100;
	struct naru_message message;
	int r = naru_queue_claim(worker->queue, 1, shape_length(number) + more,
				 choose_timeout(worker), &message);

	if (r < 0) {
		check_error(r);
		return;
	}
	shape_fill(number, message.data);
	if (random_below(&worker->seed, 4) == 0) {
		must_be(naru_queue_cancel(worker->queue, &message), 0);
		return;
	}
	message.type = shape_type(number);
	message.length = shape_length(number);
	ledger_intend(worker->ledger, number);
	do
		r = naru_queue_commit(worker->queue, &message);
	while (r == -EAGAIN);
	must_be(r, 0);
	ledger_sent(worker->ledger, number);
}

static void send_batch(struct traffic_worker *worker)
{
	uint64_t count = 1 + random_below(&worker->seed, TRAFFIC_BATCH);
	uint64_t first = ledger_number(worker->ledger, count);
	struct naru_item items[TRAFFIC_BATCH];
	ssize_t n;

	for (uint64_t i = 0; i < count; i++) {
		shape_fill(first + i, worker->buffer[i]);
		items[i] = (struct naru_item){shape_type(first + i), worker->buffer[i],
					      shape_length(first + i)};
		ledger_intend(worker->ledger, first + i);
	}
	atomic_store(&worker->batch_first, first);
	atomic_store(&worker->batch_count, count);
	n = naru_queue_send_batch(worker->queue, items, count, choose_timeout(worker));
	atomic_store(&worker->batch_count, 0);
	for (uint64_t i = 0; i < count; i++)
		note_outcome(worker, first + i, (ssize_t)i < n);
	if (n < 0)
		check_error(n);
}

void traffic_send(struct traffic_worker *worker)
{
	while (!atomic_load(worker->stop)) {
		switch (random_below(&worker->seed, 4)) {
		case 0:
			claim_one(worker);
			break;
		case 1:
			send_batch(worker);
			break;
		default:
			send_one(worker);
		}
	}
}

static int64_t choose_selection(struct traffic_worker *worker, int *ret_flags,
				int *ret_timeout)
{
	int64_t type = (int64_t)random_below(&worker->seed, SHAPE_TYPES) + 1;

	*ret_flags = 0;
	*ret_timeout = choose_timeout(worker);
	switch (random_below(&worker->seed, 8)) {
	case 0:
		*ret_flags = NARU_EXCEPT;
		return type;
	case 1:
		return INT64_MIN;
	case 2:
	case 3:
		/* That type may never come again: do not wait for ever. */
		*ret_timeout = *ret_timeout < 0 ? 3 : *ret_timeout;
		return *ret_timeout % 2 ? type : -type;
	default:
		return 0;
	}
}

/* One message has come. */
static void receive_item(struct traffic_worker *worker, const struct naru_item *item,
			 size_t cut)
{
	if (item->type != TRAFFIC_WAKE)
		ledger_received(worker->ledger,
				shape_number(item->type, item->data, item->length, cut));
}

static void begin_receive(struct traffic_worker *worker, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++)
		memset(worker->buffer[i], 0, sizeof(uint64_t));
	atomic_store(&worker->receiving, count);
}

static void receive_one(struct traffic_worker *worker)
{
	int flags, timeout;
	int64_t select = choose_selection(worker, &flags, &timeout);
	struct naru_item item = {.data = worker->buffer[0]};
	size_t size = random_below(&worker->seed, 8) ? SHAPE_LONGEST : 40;
	ssize_t n;

	if (size < SHAPE_LONGEST && random_below(&worker->seed, 2))
		flags |= NARU_TRUNCATE;
	begin_receive(worker, 1);
	n = naru_queue_receive(worker->queue, select, flags, worker->buffer[0], size,
			       timeout, &item.type);
	if (n >= 0) {
		item.length = (size_t)n;
		receive_item(worker, &item, size);
	} else if (n != -EMSGSIZE || size == SHAPE_LONGEST || flags & NARU_TRUNCATE) {
		check_error(n);
	}
	atomic_store(&worker->receiving, 0);
}

static void receive_batch(struct traffic_worker *worker)
{
	int flags, timeout;
	int64_t select = choose_selection(worker, &flags, &timeout);
	struct naru_item items[TRAFFIC_BATCH];
	ssize_t n;

	for (int i = 0; i < TRAFFIC_BATCH; i++)
		items[i] = (struct naru_item){0, worker->buffer[i], SHAPE_LONGEST};
	begin_receive(worker, TRAFFIC_BATCH);
	n = naru_queue_receive_batch(worker->queue, select, flags, items, TRAFFIC_BATCH,
				     timeout);
	for (ssize_t i = 0; i < n; i++)
		receive_item(worker, &items[i], SHAPE_LONGEST);
	if (n < 0)
		check_error(n);
	atomic_store(&worker->receiving, 0);
}

static void take_one(struct traffic_worker *worker)
{
	int flags, timeout, r;
	int64_t select = choose_selection(worker, &flags, &timeout);
	struct naru_message message;
	uint64_t number;

	r = naru_queue_take(worker->queue, select, flags, timeout, &message);
	if (r < 0) {
		check_error(r);
		return;
	}
	if (message.type == TRAFFIC_WAKE) {
		must_be(naru_queue_release(worker->queue, &message), 0);
		return;
	}
	number = shape_number(message.type, message.data, message.length, SHAPE_LONGEST);
	if (random_below(&worker->seed, 3) == 0) {
		do
			r = naru_queue_give_back(worker->queue, &message);
		while (r == -EAGAIN);
		must_be(r, 0);
		return;
	}
	atomic_store(&worker->releasing, number + 1);
	do
		r = naru_queue_release(worker->queue, &message);
	while (r == -EAGAIN);
	must_be(r, 0);
	ledger_received(worker->ledger, number);
	atomic_store(&worker->releasing, 0);
}

void traffic_receive(struct traffic_worker *worker)
{
	while (!atomic_load(worker->stop)) {
		switch (random_below(&worker->seed, 4)) {
		case 0:
			take_one(worker);
			break;
		case 1:
			receive_batch(worker);
			break;
		default:
			receive_one(worker);
		}
	}
}

void traffic_bury(struct traffic_worker *worker)
{
	uint64_t receiving = atomic_exchange(&worker->receiving, 0);
	uint64_t releasing = atomic_exchange(&worker->releasing, 0);
	uint64_t batch = atomic_exchange(&worker->batch_count, 0);

	for (uint64_t i = 0; i < receiving; i++) {
		uint64_t trace = shape_trace(worker->buffer[i]);

		if (trace)
			ledger_may_be_lost(worker->ledger, trace - 1);
	}
	if (receiving)
		ledger_short_may_be_lost(worker->ledger, receiving);
	if (releasing)
		ledger_may_be_lost(worker->ledger, releasing - 1);
	if (batch)
		ledger_batch(worker->ledger, atomic_load(&worker->batch_first), batch);
}

void traffic_drain(struct traffic_worker *worker)
{
	for (;;) {
		struct naru_item item = {.data = worker->buffer[0]};
		struct naru_queue_stat stat = NARU_INIT(stat, .messages = 0);
		ssize_t n = naru_queue_receive(worker->queue, 0, 0, worker->buffer[0],
					       SHAPE_LONGEST, 20, &item.type);

		if (n >= 0) {
			item.length = (size_t)n;
			receive_item(worker, &item, SHAPE_LONGEST);
			continue;
		}
		must_be(n, -ETIMEDOUT);
		must_be(naru_queue_stat(worker->queue, &stat), 0);
		if (stat.messages + stat.held_messages == 0) {
			must_be(stat.bytes + stat.held_bytes, 0);
			return;
		}
	}
}
