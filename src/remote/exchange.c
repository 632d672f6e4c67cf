/* SPDX-License-Identifier: MIT */

#include <remote/exchange.h>

#include <base/log.h>
#include <errno.h>
#include <remote/client.h>

/* Between two attempts to connect. */
#define NAP_FIRST_NS (UINT64_C(10) * 1000 * 1000)
#define NAP_LAST_NS  (UINT64_C(1000) * 1000 * 1000)

enum { REASON_MAX = 400, ERROR_MAX = 4095 };

/* Errors that say enough, and happen to those who know what they do. */
static bool is_ordinary(int error)
{
	switch (error) {
	case -EAGAIN:
	case -ETIMEDOUT:
	case -EINTR:
	case -ENOENT:
	case -EEXIST:
	case -ENOMSG:
	case -EMSGSIZE:
	case -EIDRM:
	case -ESTALE:
	case -ESHUTDOWN:
		return true;
	default:
		return false;
	}
}

int nr_exchange_explain(struct nr_lane *lane, int error)
{
	const struct nr_client *client = lane->client;
	char text[REASON_MAX + 1] = "";
	size_t length = lane->left < REASON_MAX ? lane->left : REASON_MAX;
	int r = nr_frame_read(lane, text, length);

	if (r == 0)
		r = nr_frame_skip(lane, lane->left);
	if (r < 0 || !text[0] || is_ordinary(error))
		return r;
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 127)
			*c = '?';
	nr_log("%s%s%s: %s", client->place.url, client->queue[0] ? ", queue " : "",
	       client->queue, text);
	return 0;
}

static int broken(struct nr_lane *lane)
{
	nr_lane_break(lane);
	return -EBADMSG;
}

/* A signal handler ran: the server is to answer now. */
static int cancel(struct nr_lane *lane)
{
	const struct nr_wire_frame frame = {
		.verb = NR_WIRE_CANCEL,
		.serial = lane->serial,
	};
	int r = nr_frame_begin(lane, &frame, true);

	if (r == 0)
		r = nr_frame_send(lane);
	return r == -EINTR ? nr_frame_send(lane) : r;
}

int nr_exchange_read_all(struct nr_lane *lane, const struct nr_wire_frame *answer,
			 void *data)
{
	const struct nr_exchange_bytes *bytes = data;

	(void)answer;
	return nr_frame_read(lane, bytes->to, bytes->length);
}

int nr_exchange_note(struct nr_lane *lane, const struct nr_wire_frame *answer)
{
	if (answer->verb != (NR_WIRE_SEND | NR_WIRE_ANSWER) || answer->value >= 0 ||
	    answer->value < -ERROR_MAX || !lane->unconfirmed)
		return broken(lane);
	if (lane->late == 0)
		lane->late = answer->value;
	return nr_exchange_explain(lane, answer->value);
}

/* Who has always something to say does not keep us for longer than who says nothing. */
static int check_time(struct nr_lane *lane)
{
	if (nr_patience_limit_ms(lane->patience) != 0)
		return 0;
	nr_lane_break(lane);
	return -ETIMEDOUT;
}

static int await(struct nr_lane *lane, const struct nr_exchange *exchange,
		 struct nr_wire_frame *ret_answer)
{
	struct nr_patience *patience = lane->patience;
	bool cancelled = !exchange->waits;
	int r;

	for (;;) {
		if (patience->interrupted && !cancelled) {
			r = cancel(lane);
			if (r < 0)
				return r;
			cancelled = true;
		}
		r = nr_frame_await(lane, nr_patience_limit_ms(patience), ret_answer);
		if (r == -EINTR) {
			nr_patience_interrupt(patience);
			continue;
		}
		if (r == -EAGAIN) {
			nr_lane_break(lane);
			return -ETIMEDOUT;
		}
		if (r < 0 || ret_answer->serial == lane->serial)
			return r;
		r = nr_exchange_note(lane, ret_answer);
		if (r == 0)
			r = check_time(lane);
		if (r < 0)
			return r;
	}
}

/* -EINTR: nothing of it has gone, wherever that was: it is to be built anew. */
static int write_frame(struct nr_lane *lane, const struct nr_exchange *exchange,
		       const struct nr_wire_frame *frame)
{
	int r = nr_frame_begin(lane, frame, false);

	if (r == 0 && exchange->write)
		r = exchange->write(lane, exchange->data);
	return r < 0 ? r : nr_frame_send(lane);
}

static int request(struct nr_lane *lane, struct nr_exchange *exchange)
{
	const struct nr_wire_frame frame = {
		.length = (uint32_t)exchange->length,
		.verb = exchange->verb,
		.flags = exchange->flags,
		.value = exchange->waits ? nr_patience_wait_ms(lane->patience) : 0,
		.serial = ++lane->serial,
	};
	int r;

	if (exchange->length > lane->frame_max)
		return -EMSGSIZE;
	/* What was handed over, and has not gone yet, comes first. */
	r = lane->out_end > 0 ? nr_frame_send(lane) : 0;
	if (r < 0)
		return r;
	/* It ends a call that waits; unless that was sent before: then it waits no more.
	 */
	do
		r = write_frame(lane, exchange, &frame);
	while (r == -EINTR && (exchange->tries > 0 || !exchange->waits));
	if (lane->out_begun || r == 0)
		exchange->tries++;
	if (r < 0 && lane->out_begun)
		nr_lane_break(lane);
	if (r < 0)
		lane->out_start = lane->out_end = 0;
	return r;
}

static int read_answer(struct nr_lane *lane, const struct nr_exchange *exchange,
		       const struct nr_wire_frame *answer)
{
	int r;

	if (answer->verb != (exchange->verb | NR_WIRE_ANSWER) ||
	    answer->value < -ERROR_MAX ||
	    (answer->flags & NR_WIRE_MORE && exchange->verb != NR_WIRE_LIST))
		return broken(lane);
	if (answer->value < 0) {
		r = nr_exchange_explain(lane, answer->value);
		return r < 0 ? r : answer->value;
	}
	r = exchange->read ? exchange->read(lane, answer, exchange->data) : 0;
	/* Our own failure: the next answer comes behind this one. */
	if (r < 0 && lane->stream && lane->left > 0)
		nr_frame_skip(lane, lane->left);
	if (r < 0)
		return r;
	return lane->left > 0 ? broken(lane) : answer->value;
}

int nr_exchange_once(struct nr_lane *lane, struct nr_exchange *exchange)
{
	struct nr_wire_frame answer;
	int r = request(lane, exchange);

	for (;;) {
		if (r >= 0)
			r = await(lane, exchange, &answer);
		if (r < 0)
			return r;
		r = read_answer(lane, exchange, &answer);
		if (!(answer.flags & NR_WIRE_MORE))
			return r;
		if (r >= 0)
			r = check_time(lane);
		/* What follows is not wanted any more. */
		if (r < 0 && lane->stream)
			nr_lane_break(lane);
	}
}

/* The answer of a server that ends is none: another one may follow it. */
static int attempt(struct nr_lane *lane, struct nr_exchange *exchange)
{
	int r = nr_lane_ready(lane);

	if (r < 0 || exchange->verb == 0)
		return r;
	r = nr_exchange_once(lane, exchange);
	if (r != -ESHUTDOWN)
		return r;
	nr_lane_break(lane);
	if (exchange->single)
		exchange->tries = 0;
	return r;
}

/*
 * The answer to a repetition: does it tell what became of the first try? Whoever refuses
 * it (no memory, no right, too long for this server) has not looked at its number.
 */
static bool is_decided(const struct nr_exchange *exchange, int error)
{
	switch (error) {
	case -ESTALE:
	case -EIDRM:
		return true;
	case -EAGAIN:
	case -ETIMEDOUT:
	case -EINTR:
		return exchange->waits;
	default:
		return !exchange->once;
	}
}

static int give_up(const struct nr_lane *lane, const struct nr_exchange *exchange,
		   int error)
{
	if (lane->patience->interrupted && exchange->tries == 0)
		return -EINTR;
	/* Nobody could tell this from what the server says when nothing was done. */
	if (exchange->tries > 0 && error != -EBADMSG &&
	    (nr_lane_may_mend(lane, error) || !is_decided(exchange, error)))
		return -ECONNRESET;
	return error == -EPIPE || error == -ESHUTDOWN ? -ECONNRESET : error;
}

int nr_exchange_run(struct nr_lane *lane, struct nr_exchange *exchange)
{
	struct nr_patience *patience = lane->patience;
	uint64_t nap = NAP_FIRST_NS;
	bool again;
	int r;

	for (;;) {
		again = exchange->tries > 0;
		r = attempt(lane, exchange);
		if (lane->stream)
			break;
		if (!nr_lane_may_mend(lane, r) ||
		    (exchange->single && exchange->tries > 0) ||
		    (patience->interrupted && exchange->tries == 0) ||
		    !nr_patience_nap(patience, nap)) {
			exchange->unresolved = exchange->tries > 0;
			return give_up(lane, exchange, r);
		}
		nap = nap * 2 < NAP_LAST_NS ? nap * 2 : NAP_LAST_NS;
	}
	if (again && r < 0 && !is_decided(exchange, r)) {
		exchange->unresolved = true;
		return -ECONNRESET;
	}
	/* After a repetition the server was not told the whole of the time. */
	if (exchange->waits && (r == -EAGAIN || r == -ETIMEDOUT))
		r = patience->interrupted ? -EINTR
		    : patience->at_once	  ? -EAGAIN
					  : -ETIMEDOUT;
	if (r == -EIDRM)
		nr_client_end(lane->client);
	return r;
}

int nr_exchange_by(struct nr_client *client, struct nr_exchange *exchange,
		   struct nr_patience *patience)
{
	struct nr_lane *lane;
	int r = nr_client_take_lane(client, patience, &lane);

	if (r < 0)
		return r;
	r = nr_exchange_run(lane, exchange);
	nr_client_give_lane(client, lane);
	return r;
}

int nr_exchange_fetch(struct nr_client *client, uint16_t verb, void *answer,
		      size_t length)
{
	struct nr_exchange_bytes bytes = {answer, length};
	struct nr_exchange exchange = {
		.verb = verb,
		.read = nr_exchange_read_all,
		.data = &bytes,
	};
	struct nr_patience patience = nr_patience_of(0);

	return nr_exchange_by(client, &exchange, &patience);
}
