/* SPDX-License-Identifier: MIT */

/* server/watch.c - WATCH: a descriptor for poll(2), from afar */

#include <errno.h>
#include <server/request.h>
#include <server/stuck.h>

/* How far one with NEXT has come: connection->done. */
enum { NEXT_NEW, NEXT_ARMS, NEXT_ARMED };

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

/*
 * Before the first answer to NEXT the descriptor has to be armed, by a round; and what it
 * has been ready for until now must have been told: the next turn begins with that.
 */
static int arm(struct nr_connection *connection, struct nr_side *side)
{
	if (connection->done == NEXT_NEW)
		connection->turn = connection->server->loop.turns;
	else
		nr_loop_later(&connection->server->loop, &side->round);
	connection->done = NEXT_ARMS;
	return (int)side->which;
}

/* From now on whatever happens makes the descriptor ready, or is seen in the counters. */
static int begin(struct nr_connection *connection, const struct naru_queue_stat *stat,
		 const struct nr_side *side)
{
	struct nr_wire_frame frame = nr_answer_frame(connection, 0, 0);

	frame.flags |= NR_WIRE_MORE;
	nr_output_write(connection, &frame, sizeof(frame));
	/* It is to be sent. */
	nr_connection_wake(connection);
	connection->done = NEXT_ARMED;
	connection->told = side->told;
	connection->passed = passed(stat, side->which);
	connection->there = there(stat, side->which);
	return (int)side->which;
}

/*
 * Something has come (or gone) anew. The counters tell what the dead have left behind,
 * too; but not that as many were given back as were taken.
 */
static bool has_changed(struct nr_connection *connection,
			const struct naru_queue_stat *stat, const struct nr_side *side)
{
	uint64_t now = there(stat, side->which);
	bool changed = side->told != connection->told ||
		       passed(stat, side->which) != connection->passed ||
		       (side->which == NARU_READABLE ? now > connection->there
						     : now < connection->there);

	connection->there = now;
	return changed;
}

int nr_verb_watch(struct nr_connection *connection, const unsigned char *body)
{
	struct naru_queue_stat stat = {.size = sizeof(stat)};
	struct nr_wire_watch watch;
	enum naru_poll which;
	struct nr_side *side;
	int r;

	nr_wire_read(&watch, body, sizeof(watch));
	if (watch.which != NARU_READABLE && watch.which != NARU_WRITABLE)
		return nr_queue_error(connection, -EINVAL, "WATCH");
	which = (enum naru_poll)watch.which;
	side = nr_served_side(connection->served, which);
	r = nr_stuck_stat(connection->served, &stat);
	if (r == -EAGAIN)
		return (int)which;
	if (r < 0)
		return nr_queue_error(connection, r, "WATCH");
	if (!(connection->request.flags & NR_WIRE_NEXT)) {
		if (!is_ready(&stat, which))
			return (int)which;
	} else if (connection->done != NEXT_ARMED) {
		if (connection->request.value != 0 &&
		    (connection->done == NEXT_NEW ||
		     connection->turn == connection->server->loop.turns))
			return arm(connection, side);
		return begin(connection, &stat, side);
	} else if (!has_changed(connection, &stat, side)) {
		return (int)which;
	}
	nr_answer(connection, 0, NULL, 0);
	return NR_ANSWERED;
}
