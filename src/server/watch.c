/* SPDX-License-Identifier: MIT */

/* server/watch.c - WATCH: a descriptor for poll(2), from afar */

#include <errno.h>
#include <server/request.h>
#include <server/stuck.h>

static bool is_ready(const struct naru_queue_stat *stat, enum naru_poll which)
{
	if (which == NARU_READABLE)
		return stat->messages > 0;
	return stat->bytes + stat->held_bytes < stat->capacity &&
	       stat->messages + stat->held_messages < stat->capacity_messages;
}

static uint64_t passed(const struct naru_queue_stat *stat, enum naru_poll which)
{
	return which == NARU_READABLE ? stat->sent : stat->received;
}

static uint64_t there(const struct naru_queue_stat *stat, enum naru_poll which)
{
	return which == NARU_READABLE ? stat->messages
				      : stat->messages + stat->held_messages;
}

/* The first answer to NEXT. From now on whatever happens is seen in the counters. */
static int begin(struct nr_connection *connection, const struct naru_queue_stat *stat,
		 enum naru_poll which)
{
	struct nr_wire_frame frame = nr_answer_frame(connection, 0, 0);

	frame.flags |= NR_WIRE_MORE;
	nr_output_write(connection, &frame, sizeof(frame));
	connection->done = 1;
	connection->passed = passed(stat, which);
	connection->there = there(stat, which);
	return (int)which;
}

/* Something has come (or gone) anew, if only because it was given back. */
static bool has_changed(struct nr_connection *connection,
			const struct naru_queue_stat *stat, enum naru_poll which)
{
	uint64_t now = there(stat, which);
	bool changed = passed(stat, which) != connection->passed ||
		       (which == NARU_READABLE ? now > connection->there
					       : now < connection->there);

	connection->there = now;
	return changed;
}

int nr_verb_watch(struct nr_connection *connection, const unsigned char *body)
{
	struct naru_queue_stat stat = {.size = sizeof(stat)};
	struct nr_wire_watch watch;
	enum naru_poll which;
	int r;

	nr_wire_read(&watch, body, sizeof(watch));
	if (watch.which != NARU_READABLE && watch.which != NARU_WRITABLE)
		return nr_queue_error(connection, -EINVAL, "WATCH");
	which = (enum naru_poll)watch.which;
	r = nr_stuck_stat(connection->served, &stat);
	if (r == -EAGAIN)
		return (int)which;
	if (r < 0)
		return nr_queue_error(connection, r, "WATCH");
	if (!(connection->request.flags & NR_WIRE_NEXT)) {
		if (!is_ready(&stat, which))
			return (int)which;
	} else if (connection->done == 0) {
		return begin(connection, &stat, which);
	} else if (!has_changed(connection, &stat, which)) {
		return (int)which;
	}
	nr_answer(connection, 0, NULL, 0);
	return NR_ANSWERED;
}
