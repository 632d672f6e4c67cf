/* SPDX-License-Identifier: MIT */

#include <remote/session.h>

#include <base/atomic.h>
#include <errno.h>
#include <remote/ahead.h>
#include <remote/exchange.h>
#include <remote/family.h>
#include <remote/unconfirmed.h>
#include <remote/watch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/process.h>
#include <sys/random.h>

/* So many connections that nobody uses are kept. */
enum { IDLE_MAX = 4 };

void nr_delivered_free(struct nr_delivered *delivered)
{
	if (!delivered)
		return;
	for (uint32_t i = 0; delivered->items && i < delivered->count; i++)
		free(delivered->items[i].data);
	free(delivered->items);
	free(delivered->deliveries);
	free(delivered);
}

void nr_delivered_free_all(struct nr_delivered **list)
{
	while (*list) {
		struct nr_delivered *delivered = *list;

		*list = delivered->next;
		nr_delivered_free(delivered);
	}
}

static void choose_name(struct nr_session *session)
{
	session->name[0] = nr_random();
	/* The lane is added to the second: it must not overflow to another session's. */
	session->name[1] = nr_random() & ~(uint64_t)(NR_WIRE_LANES - 1);
	if (session->name[0] == 0)
		session->name[0] = 1;
}

int nr_session_open(const struct nr_server *server, const char *queue,
		    struct nr_session **ret_session)
{
	struct nr_session *session;
	int saved = errno, r;

	session = calloc(1, sizeof(*session));
	errno = saved;
	if (!session)
		return -ENOMEM;
	r = nr_server_copy(&session->server, server);
	if (r < 0) {
		free(session);
		return r;
	}
	strcpy(session->queue, queue);
	pthread_mutex_init(&session->guard, NULL);
	choose_name(session);
	nr_store_relaxed(&session->pid, nr_process_id());
	nr_family_add(session);
	*ret_session = session;
	return 0;
}

/* A frame without an answer; best effort. */
static void say_goodbye(struct nr_lane *lane)
{
	const struct nr_wire_frame frame = {
		.verb = NR_WIRE_BYE,
		.serial = ++lane->serial,
	};
	struct nr_patience patience = nr_patience_of(0);

	lane->patience = &patience;
	if (nr_frame_begin(lane, &frame, true) == 0)
		nr_frame_send(lane);
}

static void close_lanes(struct nr_session *session)
{
	struct nr_lane *last = NULL;

	for (uint32_t i = 0; i < session->lanes; i++) {
		struct nr_lane *lane = session->lane[i];

		nr_unconfirmed_flush(lane);
		if (lane->stream && !last)
			last = lane;
		else
			nr_lane_free(lane);
	}
	if (!last)
		return;
	say_goodbye(last);
	nr_lane_free(last);
}

void nr_session_close(struct nr_session *session)
{
	int saved = errno;

	nr_family_check(session);
	nr_family_remove(session);
	for (int i = 0; i < 2; i++)
		nr_watch_close(session->watch[i]);
	close_lanes(session);
	nr_delivered_free_all(&session->ready);
	nr_ahead_free(&session->ahead);
	pthread_mutex_destroy(&session->guard);
	nr_server_clear(&session->server);
	free(session);
	errno = saved;
}

uint64_t nr_session_name(struct nr_session *session)
{
	nr_family_check(session);
	return session->name[0];
}

void nr_session_end(struct nr_session *session)
{
	nr_store_relaxed(&session->removed, true);
}

/* The guard is held. */
static int new_lane(struct nr_session *session, struct nr_lane **ret_lane)
{
	struct nr_lane *lane;
	int saved = errno;

	if (session->lanes == NR_WIRE_LANES)
		return -EUSERS;
	lane = calloc(1, sizeof(*lane));
	errno = saved;
	if (!lane)
		return -ENOMEM;
	lane->session = session;
	lane->number = session->lanes;
	lane->sends = lane->releases = lane->deliveries = 1;
	session->lane[session->lanes++] = lane;
	*ret_lane = lane;
	return 0;
}

int nr_session_take_lane(struct nr_session *session, struct nr_patience *patience,
			 struct nr_lane **ret_lane)
{
	struct nr_lane *lane;
	int r = 0;

	nr_family_check(session);
	if (nr_load_relaxed(&session->removed))
		return -EIDRM;
	pthread_mutex_lock(&session->guard);
	lane = session->idle;
	if (lane)
		session->idle = lane->next;
	else
		r = new_lane(session, &lane);
	pthread_mutex_unlock(&session->guard);
	if (r < 0)
		return r;
	lane->patience = patience;
	*ret_lane = lane;
	return 0;
}

int nr_session_own_lane(struct nr_session *session, struct nr_lane **ret_lane)
{
	int r;

	pthread_mutex_lock(&session->guard);
	r = new_lane(session, ret_lane);
	pthread_mutex_unlock(&session->guard);
	return r;
}

/* The connection that was idle for longest, if there are too many. The guard is held. */
static struct naru_stream *surplus(struct nr_session *session)
{
	struct naru_stream *stream;
	struct nr_lane *oldest = NULL;
	int connected = 0;

	for (struct nr_lane *lane = session->idle; lane; lane = lane->next) {
		if (!lane->stream || lane->unconfirmed)
			continue;
		oldest = lane;
		connected++;
	}
	if (connected <= IDLE_MAX)
		return NULL;
	stream = oldest->stream;
	oldest->stream = NULL;
	return stream;
}

void nr_session_give_lane(struct nr_session *session, struct nr_lane *lane)
{
	struct naru_stream *stream;

	lane->patience = NULL;
	pthread_mutex_lock(&session->guard);
	lane->next = session->idle;
	session->idle = lane;
	stream = surplus(session);
	pthread_mutex_unlock(&session->guard);
	naru_stream_close(stream);
}
