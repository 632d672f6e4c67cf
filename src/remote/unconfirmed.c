/* SPDX-License-Identifier: MIT */

#include <remote/unconfirmed.h>

#include <base/log.h>
#include <errno.h>
#include <remote/exchange.h>

/* A look costs a system call, as a send does. */
enum { UNHEARD_MAX = 16 };

/* How an earlier one failed, once. */
static int tell_late(struct nr_lane *lane)
{
	int late = lane->late;

	lane->late = 0;
	return late;
}

/* Read what the server has said meanwhile. */
static int hear(struct nr_lane *lane)
{
	struct nr_wire_frame answer;
	int r;

	lane->unheard = 0;
	do {
		r = nr_frame_await(lane, 0, &answer);
		if (r == 0)
			r = nr_exchange_note(lane, &answer);
	} while (r == 0);
	return r == -EAGAIN || r == -EINTR ? 0 : r;
}

static int hand_over(struct nr_lane *lane, struct nr_send *send)
{
	const struct nr_wire_frame frame = {
		.length = (uint32_t)send->length,
		.verb = NR_WIRE_SEND,
		.flags = NR_WIRE_QUIET,
		.value = -1, /* what is full stops the connection, and that stops us */
		.serial = ++lane->serial,
	};
	int r = nr_frame_begin(lane, &frame, true);

	send->number = lane->sends;
	if (r == 0)
		r = nr_send_write(lane, send);
	if (r == 0)
		r = nr_frame_hand_over(lane);
	if (r < 0) {
		if (lane->stream)
			lane->out_start = lane->out_end = 0;
		return r;
	}
	lane->sends += send->count;
	lane->unconfirmed = true;
	return (int)send->count;
}

int nr_unconfirmed_send(struct nr_lane *lane, struct nr_send *send)
{
	struct nr_exchange nothing = {0};
	int r = 0;

	if (lane->stream && lane->unconfirmed && lane->unheard++ >= UNHEARD_MAX)
		r = hear(lane);
	if (r == 0 && lane->late == 0)
		r = nr_exchange_run(lane, &nothing);
	if (lane->late)
		return tell_late(lane);
	if (r == 0)
		r = nr_frame_finish(lane);
	if (r == 0)
		r = hand_over(lane, send);
	/* A connection that broke has already said so, in lane->late. */
	return lane->late ? tell_late(lane) : r;
}

void nr_unconfirmed_flush(struct nr_lane *lane)
{
	struct nr_patience patience = nr_patience_of(0);
	struct nr_exchange barrier = {.verb = NR_WIRE_STAT};
	struct nr_wire_stat_answer ignored;

	if (lane->stream && lane->unconfirmed) {
		lane->patience = &patience;
		barrier.read = nr_exchange_read_all;
		barrier.data = &(struct nr_exchange_bytes){&ignored, sizeof(ignored)};
		nr_exchange_once(lane, &barrier);
	}
	if (lane->late)
		nr_log("%s, queue %s: unconfirmed messages may be lost: %s",
		       lane->client->place.url, lane->client->queue,
		       naru_error_text(lane->late));
	lane->unconfirmed = false;
}
