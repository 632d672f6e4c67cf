/* SPDX-License-Identifier: MIT */

#include <remote/watch.h>

#include <base/atomic.h>
#include <errno.h>
#include <remote/exchange.h>
#include <remote/family.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/poller.h>

struct nr_watch {
	struct nr_lane *lane;
	enum naru_poll which;
	int poller;
	int mark;    /* always readable: in the poller while there is no stream, or while
			there are messages that the server has brought already */
	bool marked; /* it is */
	bool asked;  /* a WATCH is under way, or its answer unread */
	pthread_mutex_t guard; /* one thread at a time */
};

static struct nr_watch **place(struct nr_client *client, enum naru_poll which)
{
	return &client->watch[which == NARU_WRITABLE];
}

void nr_watch_leave(struct nr_watch *watch)
{
	if (!watch)
		return;
	nr_file_close(watch->poller);
	nr_file_close(watch->mark);
	free(watch);
}

void nr_watch_close(struct nr_watch *watch)
{
	if (!watch)
		return;
	/* It waits: a goodbye would not be heard behind that. */
	nr_lane_break(watch->lane);
	pthread_mutex_destroy(&watch->guard);
	nr_watch_leave(watch);
}

/* Without a lane yet. */
static int make(enum naru_poll which, struct nr_watch **ret_watch)
{
	struct nr_watch *watch;
	int saved = errno, r;

	watch = calloc(1, sizeof(*watch));
	errno = saved;
	if (!watch)
		return -ENOMEM;
	watch->which = which;
	watch->poller = nr_poller_open();
	watch->mark = watch->poller < 0 ? watch->poller : nr_poller_mark();
	r = watch->mark;
	if (r < 0) {
		if (watch->poller >= 0)
			nr_file_close(watch->poller);
		free(watch);
		return r;
	}
	pthread_mutex_init(&watch->guard, NULL);
	*ret_watch = watch;
	return 0;
}

/* Another thread may have been faster: then it is that one's. */
static int enter(struct nr_client *client, enum naru_poll which, struct nr_watch *made,
		 struct nr_watch **ret_watch)
{
	struct nr_watch *first;
	int r = 0;

	pthread_mutex_lock(&client->guard);
	first = *place(client, which);
	if (!first)
		r = nr_client_new_lane(client, &made->lane);
	if (!first && r == 0) {
		first = made;
		__atomic_store_n(place(client, which), made, __ATOMIC_RELEASE);
	}
	pthread_mutex_unlock(&client->guard);
	if (first != made) {
		pthread_mutex_destroy(&made->guard);
		nr_watch_leave(made);
	}
	*ret_watch = first;
	return r;
}

/* The one that there is, or a new one. */
static int get(struct nr_client *client, enum naru_poll which,
	       struct nr_watch **ret_watch)
{
	struct nr_watch *made;
	int r;

	nr_family_check(client);
	*ret_watch = __atomic_load_n(place(client, which), __ATOMIC_ACQUIRE);
	if (*ret_watch)
		return 0;
	r = make(which, &made);
	return r < 0 ? r : enter(client, which, made, ret_watch);
}

/* Whatever the stream says: who polls is to call. */
static void mark(struct nr_watch *watch)
{
	if (!watch->marked)
		watch->marked =
			nr_poller_add(watch->poller, watch->mark, EPOLLIN, 0) == 0;
}

static void unmark(struct nr_watch *watch)
{
	if (watch->marked)
		nr_poller_drop(watch->poller, watch->mark);
	watch->marked = false;
}

static int connect_again(struct nr_watch *watch)
{
	struct nr_exchange nothing = {0};
	int r = nr_exchange_run(watch->lane, &nothing);
	int fd;

	if (r < 0)
		return r;
	fd = naru_stream_fd(watch->lane->stream, NARU_READABLE);
	if (fd >= 0)
		r = nr_poller_add(watch->poller, fd, EPOLLIN, 0);
	if (fd < 0 || r < 0) {
		nr_lane_break(watch->lane);
		return fd < 0 ? fd : r;
	}
	return 0;
}

static int ask(struct nr_watch *watch, uint16_t flags)
{
	struct nr_lane *lane = watch->lane;
	const struct nr_wire_watch body = {.which = watch->which};
	const struct nr_wire_frame frame = {
		.length = sizeof(body),
		.verb = NR_WIRE_WATCH,
		.flags = flags,
		.value = -1,
		.serial = ++lane->serial,
	};
	int r = nr_frame_begin(lane, &frame, true);

	if (r == 0)
		r = nr_frame_put(lane, &body, sizeof(body));
	while (r == 0 && (r = nr_frame_send(lane)) == -EINTR)
		r = 0;
	watch->asked = r == 0;
	return r;
}

/* Read an answer. 0: there is none yet; 1; 2: it says that another one follows. */
static int hear(struct nr_watch *watch, int timeout_ms)
{
	struct nr_lane *lane = watch->lane;
	struct nr_wire_frame answer;
	int r;

	do
		r = nr_frame_await(lane, timeout_ms, &answer);
	while (r == -EINTR);
	if (r == -EAGAIN)
		return 0;
	if (r < 0)
		return r;
	if (answer.verb != (NR_WIRE_WATCH | NR_WIRE_ANSWER) ||
	    answer.serial != lane->serial) {
		nr_lane_break(lane);
		return -EBADMSG;
	}
	r = nr_exchange_explain(lane, answer.value);
	if (r < 0)
		return r;
	if (answer.value < 0 && answer.value != -EINTR)
		return answer.value;
	if (answer.flags & NR_WIRE_MORE)
		return 2;
	watch->asked = false;
	return 1;
}

/* Have a WATCH under way whose answer is yet to come. The guard is held. */
static int begin(struct nr_watch *watch)
{
	int r = 0;

	if (watch->lane->stream && watch->asked)
		r = hear(watch, 0);
	if (r >= 0 && watch->lane->stream && watch->asked)
		return 0;
	if (r < 0 && watch->lane->stream)
		return r; /* the server's word */
	r = watch->lane->stream ? 0 : connect_again(watch);
	if (r == 0)
		r = ask(watch, 0);
	return r;
}

/* The same, but an answer that nobody has seen yet stays. */
static int begin_first(struct nr_watch *watch)
{
	return watch->lane->stream && watch->asked ? 0 : begin(watch);
}

/* End the WATCH that is under way, whatever comes of it. */
static int end(struct nr_watch *watch)
{
	const struct nr_wire_frame cancel = {
		.verb = NR_WIRE_CANCEL,
		.serial = watch->lane->serial,
	};
	int r = nr_frame_begin(watch->lane, &cancel, true);
	bool more = false;

	while (r == 0 && (r = nr_frame_send(watch->lane)) == -EINTR)
		r = 0;
	while (r == 0) {
		r = hear(watch, NR_NETWORK_MS);
		if (r == 2 && !more)
			r = 0; /* the last one is what counts */
		else if (r == 2)
			r = -EBADMSG;
		else if (r == 0)
			r = -ETIMEDOUT;
		more = true;
	}
	return r < 0 ? r : 0;
}

/* From now on the next change will be told. The guard is held. */
static int begin_next(struct nr_watch *watch)
{
	int r = 0;

	if (watch->lane->stream && watch->asked)
		r = end(watch);
	if (r < 0)
		nr_lane_break(watch->lane);
	r = watch->lane->stream ? 0 : connect_again(watch);
	if (r == 0)
		r = ask(watch, NR_WIRE_NEXT);
	if (r == 0)
		r = hear(watch, NR_NETWORK_MS);
	return r == 0 ? -ETIMEDOUT : r < 0 ? r : 0;
}

static int update(struct nr_client *client, struct nr_watch *watch,
		  int (*how)(struct nr_watch *watch))
{
	struct nr_patience patience = nr_patience_of(0);
	int r;

	pthread_mutex_lock(&watch->guard);
	watch->lane->patience = &patience;
	r = how(watch);
	if (r < 0) {
		nr_lane_break(watch->lane);
		watch->asked = false;
	}
	if (r < 0 || (watch->which == NARU_READABLE && nr_client_has_messages(client)))
		mark(watch);
	else
		unmark(watch);
	pthread_mutex_unlock(&watch->guard);
	return r;
}

int nr_watch_fd(struct nr_client *client, enum naru_poll which)
{
	struct nr_watch *watch;
	int r;

	if (which != NARU_READABLE && which != NARU_WRITABLE)
		return -EINVAL;
	if (nr_load_relaxed(&client->removed))
		return -EIDRM;
	r = get(client, which, &watch);
	if (r < 0)
		return r;
	r = update(client, watch, begin_first);
	return r < 0 ? r : watch->poller;
}

int nr_watch_rearm(struct nr_client *client, enum naru_poll which)
{
	struct nr_watch *watch;
	int r;

	if (which != NARU_READABLE && which != NARU_WRITABLE)
		return -EINVAL;
	if (nr_load_relaxed(&client->removed))
		return -EIDRM;
	r = get(client, which, &watch);
	return r < 0 ? r : update(client, watch, begin_next);
}

void nr_watch_found_some(struct nr_client *client)
{
	struct nr_watch *watch =
		__atomic_load_n(place(client, NARU_READABLE), __ATOMIC_ACQUIRE);

	if (!watch)
		return;
	pthread_mutex_lock(&watch->guard);
	if (nr_client_has_messages(client))
		mark(watch);
	pthread_mutex_unlock(&watch->guard);
}

void nr_watch_found_none(struct nr_client *client, enum naru_poll which)
{
	struct nr_watch *watch = __atomic_load_n(place(client, which), __ATOMIC_ACQUIRE);

	if (watch)
		update(client, watch, begin);
}
