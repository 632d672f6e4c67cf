/* SPDX-License-Identifier: MIT */

#include <remote/unconfirmed.h>

#include <base/atomic.h>
#include <base/log.h>
#include <errno.h>
#include <remote/exchange.h>
#include <remote/family.h>
#include <sys/clock.h>
#include <sys/futex.h>

/* A look costs a system call, as a send does. */
enum { UNHEARD_MAX = 16 };

/*
 * The lane is one thread's at a time: so messages come in the order in which the calls
 * were made, and nothing but sends stands behind sends that wait for room.
 */
enum { FREE, TAKEN, AWAITED };

/* Who must not wait waits so long for others who do not. */
#define MOMENT_NS (UINT64_C(10) * 1000 * 1000)

static bool try_lock(struct nr_client *client)
{
	uint32_t expected = FREE;

	return atomic_compare_exchange_strong(&client->sending, &expected, TAKEN);
}

static int lock(struct nr_client *client, const struct nr_patience *patience)
{
	uint64_t until;
	int r = 0;

	if (try_lock(client))
		return 0;
	until = patience->at_once ? nr_clock_monotonic() + MOMENT_NS : patience->until;
	while (r == 0 && atomic_exchange(&client->sending, AWAITED) != FREE)
		r = nr_futex_wait(&client->sending, AWAITED, until);
	return r == -ETIMEDOUT && patience->at_once ? -EAGAIN : r;
}

static void unlock(struct nr_client *client)
{
	if (atomic_exchange(&client->sending, FREE) == AWAITED)
		nr_futex_wake(&client->sending, 1);
}

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
	} while (r == 0 && lane->late == 0);
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

static int send_by(struct nr_lane *lane, struct nr_send *send)
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

static int make_lane(struct nr_client *client)
{
	int r;

	pthread_mutex_lock(&client->guard);
	r = nr_client_new_lane(client, &client->outward);
	pthread_mutex_unlock(&client->guard);
	return r;
}

int nr_unconfirmed_send(struct nr_client *client, struct nr_send *send,
			struct nr_patience *patience)
{
	int r;

	nr_family_check(client);
	if (nr_load_relaxed(&client->removed))
		return -EIDRM;
	r = lock(client, patience);
	if (r < 0)
		return r;
	if (!client->outward)
		r = make_lane(client);
	if (r == 0) {
		client->outward->patience = patience;
		r = send_by(client->outward, send);
	}
	unlock(client);
	return r;
}

void nr_unconfirmed_push(struct nr_client *client)
{
	struct nr_patience patience = nr_patience_of(0);
	struct nr_lane *lane;

	if (!try_lock(client))
		return;
	lane = client->outward;
	if (lane && lane->stream) {
		lane->patience = &patience;
		nr_frame_finish(lane);
	}
	unlock(client);
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
