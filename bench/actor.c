/* SPDX-License-Identifier: MIT */

#include "actor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SENDER_SHIFT = 56 };

int bench_actor_open(struct bench_actor *actor, const struct bench_run *run,
		     enum bench_side side, unsigned index)
{
	size_t message = run->plan.message;
	size_t room = BENCH_HEADROOM + (message > 4096 ? message : message * BENCH_BATCH);
	size_t most =
		run->contender->message_max ? run->contender->message_max() : message;

	*actor = (struct bench_actor){
		.run = run,
		.contender = run->contender,
		.side = side,
		.index = index,
		.piece = message < most ? message : most,
	};
	actor->memory = aligned_alloc(4096, (room + 4095) & ~(size_t)4095);
	if (!actor->memory)
		return -ENOMEM;
	memset(actor->memory, 'n', room);
	actor->buffer = (unsigned char *)actor->memory + BENCH_HEADROOM;
	return actor->contender->open(run->channel, side, index, &actor->end);
}

void bench_actor_close(struct bench_actor *actor)
{
	if (actor->end)
		actor->contender->close(actor->end);
	free(actor->memory);
}

/* At once, without a pause: that would add up to a tenth of a microsecond. */
static bool again(const struct bench_actor *actor, ssize_t result)
{
	return result == -EAGAIN && !actor->run->plan.blocking;
}

static void number(struct bench_actor *actor, void *message)
{
	uint64_t word = (uint64_t)actor->index << SENDER_SHIFT | actor->sent++;

	memcpy(message, &word, sizeof(word));
}

/* One of several receivers sees gaps, where others were served; never a step back. */
static int check(struct bench_actor *actor, const void *message)
{
	uint64_t word;
	uint64_t sender;

	memcpy(&word, message, sizeof(word));
	sender = word >> SENDER_SHIFT;
	word &= (UINT64_C(1) << SENDER_SHIFT) - 1;
	if (sender >= BENCH_PROCESSES_MAX || word < actor->next[sender] ||
	    (actor->run->plan.receivers == 1 && word != actor->next[sender]))
		return -EILSEQ;
	actor->next[sender] = word + 1;
	actor->sum += word;
	return 0;
}

static int send_pieces(struct bench_actor *actor)
{
	size_t length = actor->run->plan.message;

	for (size_t at = 0; at < length; at += actor->piece) {
		size_t left = length - at;
		int r;

		do
			r = actor->contender->send(actor->end, 0, actor->buffer + at,
						   left < actor->piece ? left
								       : actor->piece);
		while (again(actor, r));
		if (r < 0)
			return r;
	}
	return 0;
}

static int receive_pieces(struct bench_actor *actor)
{
	size_t length = actor->run->plan.message;

	for (size_t at = 0; at < length; at += actor->piece) {
		size_t left = length - at;
		size_t piece = left < actor->piece ? left : actor->piece;
		ssize_t r;

		do
			r = actor->contender->receive(actor->end, 0, actor->buffer + at,
						      piece);
		while (again(actor, r));
		if (r < 0)
			return (int)r;
		if ((size_t)r != piece)
			return -EBADMSG;
	}
	return 0;
}

static ssize_t send_batch(struct bench_actor *actor, uint64_t count)
{
	size_t length = actor->run->plan.message;
	size_t sent = 0;
	ssize_t r;

	if (count > BENCH_BATCH)
		count = BENCH_BATCH;
	for (size_t i = 0; i < count; i++)
		number(actor, actor->buffer + i * length);
	while (sent < count) {
		do
			r = actor->contender->send_batch(actor->end,
							 actor->buffer + sent * length,
							 length, count - sent);
		while (again(actor, r));
		if (r < 0)
			return r;
		sent += (size_t)r;
	}
	return (ssize_t)sent;
}

static ssize_t receive_batch(struct bench_actor *actor, uint64_t count)
{
	size_t length = actor->run->plan.message;
	ssize_t r;

	do
		r = actor->contender->receive_batch(actor->end, actor->buffer, length,
						    count < BENCH_BATCH ? count
									: BENCH_BATCH);
	while (again(actor, r));
	for (ssize_t i = 0; i < r; i++)
		if (check(actor, actor->buffer + (size_t)i * length) < 0)
			return -EILSEQ;
	return r;
}

static int send_in_place(struct bench_actor *actor)
{
	void *data;
	int r;

	do
		r = actor->contender->claim(actor->end, actor->run->plan.message, &data);
	while (again(actor, r));
	if (r < 0)
		return r;
	number(actor, data);
	return actor->contender->commit(actor->end);
}

static int receive_in_place(struct bench_actor *actor)
{
	void *data;
	int r;

	do
		r = actor->contender->take(actor->end, &data);
	while (again(actor, r));
	if (r < 0)
		return r;
	r = check(actor, data);
	return r < 0 ? r : actor->contender->release(actor->end);
}

ssize_t bench_actor_send(struct bench_actor *actor, uint64_t count)
{
	int r;

	if (actor->run->workload->kind == BENCH_ONE_WAY_BATCH)
		return send_batch(actor, count);
	if (actor->run->workload->kind == BENCH_ONE_WAY_PLACE) {
		r = send_in_place(actor);
	} else {
		number(actor, actor->buffer);
		r = send_pieces(actor);
	}
	return r < 0 ? r : 1;
}

ssize_t bench_actor_receive(struct bench_actor *actor, uint64_t count)
{
	int r;

	if (actor->run->workload->kind == BENCH_ONE_WAY_BATCH)
		return receive_batch(actor, count);
	if (actor->run->workload->kind == BENCH_ONE_WAY_PLACE) {
		r = receive_in_place(actor);
	} else {
		r = receive_pieces(actor);
		if (r == 0)
			r = check(actor, actor->buffer);
	}
	return r < 0 ? r : 1;
}
