/* SPDX-License-Identifier: MIT */

/* server/release.c - RELEASE, GIVE_BACK */

#include <errno.h>
#include <server/request.h>
#include <server/session.h>
#include <server/stuck.h>
#include <string.h>

/* Was that number done before, perhaps by a server before this one? */
static int recall(struct nr_connection *connection, uint64_t number)
{
	uint64_t released = 0;
	int r = nr_stuck_note(connection->served,
			      naru_queue_recall(connection->served->queue,
						&connection->release_once, NULL,
						&released));

	if (r < 0)
		return r;
	return released >= number ? 0 : -ESTALE;
}

static int release_one(struct nr_connection *connection, uint64_t number,
		       uint64_t delivery)
{
	struct nr_session *session = connection->session;
	struct nr_holding *holding = nr_session_find(session, delivery);
	int r = nr_stuck(connection->served);

	if (r < 0)
		return r;
	if (!holding)
		return recall(connection, number);
	if (holding->served != connection->served)
		return -EINVAL;
	connection->release_once.number = number;
	r = nr_stuck_note(connection->served,
			  naru_queue_release_once(connection->served->queue,
						  &connection->release_once,
						  &holding->message));
	if (r == 0)
		nr_session_drop(session, holding);
	return r;
}

static int fail(struct nr_connection *connection, int error)
{
	if (error != -ESTALE)
		return nr_queue_error(connection, error, "RELEASE");
	nr_answer_error(connection, error,
			"the message has been given back, for others to receive");
	return NR_ANSWERED;
}

int nr_verb_release(struct nr_connection *connection, const unsigned char *body)
{
	struct nr_wire_release release;
	uint32_t done;

	nr_wire_read(&release, body, sizeof(release));
	if (release.count < 1 || release.count > NR_WIRE_BATCH_MAX ||
	    release.unused != 0 || release.number == 0 ||
	    release.number > UINT64_MAX - NR_WIRE_BATCH_MAX ||
	    connection->request.length - sizeof(release) <
		    release.count * sizeof(uint64_t))
		return nr_queue_error(connection, -EINVAL, "RELEASE");
	for (done = 0; done < release.count; done++) {
		uint64_t delivery;
		int r;

		nr_wire_read(&delivery, body + sizeof(release) + done * sizeof(delivery),
			     sizeof(delivery));
		r = release_one(connection, release.number + done, delivery);
		if (r < 0 && done == 0)
			return fail(connection, r);
		if (r < 0)
			break;
	}
	nr_answer(connection, (int)done, NULL, 0);
	return NR_ANSWERED;
}

int nr_verb_give_back(struct nr_connection *connection, const unsigned char *body)
{
	struct nr_wire_give_back give;
	struct nr_holding *holding;
	int r;

	nr_wire_read(&give, body, sizeof(give));
	holding = nr_session_find(connection->session, give.delivery);
	if (!holding)
		return fail(connection, -ESTALE);
	if (holding->served != connection->served ||
	    (give.length > 0 &&
	     (give.length != holding->message.length ||
	      give.length > connection->request.length - sizeof(give))))
		return nr_queue_error(connection, -EINVAL, "GIVE_BACK");
	if (give.length > 0)
		memcpy(holding->message.data, body + sizeof(give), give.length);
	r = naru_queue_give_back(holding->served->queue, &holding->message);
	if (r < 0 && r != -EIDRM)
		return nr_queue_error(connection, r, "GIVE_BACK");
	nr_session_drop(connection->session, holding);
	nr_answer(connection, 0, NULL, 0);
	return NR_ANSWERED;
}
