/* SPDX-License-Identifier: MIT */

/* stream/accept.c - connections that come in become streams */

#include <base/log.h>
#include <errno.h>
#include <stream/listener.h>
#include <stream/options.h>
#include <sys/clock.h>
#include <sys/deadline.h>
#include <sys/file.h>
#include <sys/poller.h>
#include <sys/sockets.h>

static void forget(struct naru_listener *listener, struct nr_pending *pending)
{
	nr_poller_drop(listener->poller, pending->fd);
	if (pending->session)
		listener->module->end(pending->session);
	pending->session = NULL;
	pending->fd = -1;
}

/* A free entry; if there is none, that of the one who has been silent for longest. */
static struct nr_pending *find_free(struct naru_listener *listener)
{
	struct nr_pending *oldest = &listener->pending[0];
	int fd;

	for (int i = 0; i < NR_PENDING; i++) {
		if (listener->pending[i].fd < 0)
			return &listener->pending[i];
		if (listener->pending[i].since < oldest->since)
			oldest = &listener->pending[i];
	}
	nr_log("%s: a client that has connected and says nothing is passed over",
	       listener->url);
	fd = oldest->fd;
	forget(listener, oldest);
	nr_file_close(fd);
	return oldest;
}

/* The client has not said all that it must say. */
static int put_off(struct naru_listener *listener, const struct nr_pending *pending)
{
	struct nr_pending *place = find_free(listener);
	int r = nr_poller_add(listener->poller, pending->fd, EPOLLIN | EPOLLRDHUP,
			      NR_SOURCES + (uint64_t)(place - listener->pending));

	if (r < 0)
		return r;
	*place = *pending;
	place->since = nr_clock_monotonic();
	return 0;
}

/* @fd becomes the stream's, also on failure; but not if it is -EAGAIN. */
static int greet(int fd, struct naru_stream **ret_stream)
{
	struct nr_memory memory = {0};
	struct naru_stream *stream;
	int r = nr_memory_accept(&memory, fd);

	if (r < 0) {
		if (r != -EAGAIN)
			nr_file_close(fd);
		return r;
	}
	r = nr_stream_open(
		fd, memory.capacity ? &nr_transport_memory : &nr_transport_unix, &stream);
	if (r < 0)
		return r;
	stream->memory = memory;
	*ret_stream = stream;
	return 0;
}

static int shake(struct naru_listener *listener, struct nr_pending *pending,
		 struct naru_stream **ret_stream)
{
	int r = 0;

	if (!pending->session)
		r = listener->module->begin(listener->context, pending->fd, NULL,
					    &pending->session);
	if (r == 0)
		r = listener->module->shake(pending->session);
	if (r == -EAGAIN)
		return r;
	if (r == 0)
		return nr_tls_stream(listener->module, pending->session, pending->fd,
				     ret_stream);
	if (pending->session)
		listener->module->end(pending->session);
	nr_file_close(pending->fd);
	return r;
}

/* As greet(). */
static int advance(struct naru_listener *listener, struct nr_pending *pending,
		   struct naru_stream **ret_stream)
{
	switch (pending->kind) {
	case NR_SOURCE_MEMORY:
		return greet(pending->fd, ret_stream);
	case NR_SOURCE_TLS:
		return shake(listener, pending, ret_stream);
	case NR_SOURCE_UNIX:
		return nr_stream_open(pending->fd, &nr_transport_unix, ret_stream);
	default:
		return nr_stream_open(pending->fd, &nr_transport_tcp, ret_stream);
	}
}

static bool is_shortage(int error)
{
	return error == -EMFILE || error == -ENFILE || error == -ENOMEM ||
	       error == -ENOBUFS;
}

/* 1: *ret_stream is set. 0: not yet, or it was not to be. */
static int pass_over(struct naru_listener *listener, int error)
{
	if (error == 0)
		return 1;
	/* -EPIPE: it has gone again, as clients do. */
	if (error != -EPIPE && error != -EAGAIN)
		nr_log("%s: a client is passed over: %s", listener->url,
		       naru_error_text(error));
	return is_shortage(error) ? error : 0;
}

static int take_new(struct naru_listener *listener, const struct nr_source *source,
		    struct naru_stream **ret_stream)
{
	struct nr_pending pending = {.kind = source->kind};
	int r;

	pending.fd = nr_socket_accept(source->fd);
	if (pending.fd < 0)
		return is_shortage(pending.fd) ? pending.fd : 0;
	if (source->kind == NR_SOURCE_TCP || source->kind == NR_SOURCE_TLS)
		nr_stream_tune_tcp(pending.fd);
	r = advance(listener, &pending, ret_stream);
	if (r == -EAGAIN) {
		r = put_off(listener, &pending);
		if (r == 0)
			return 0;
		if (pending.session)
			listener->module->end(pending.session);
		nr_file_close(pending.fd);
	}
	return pass_over(listener, r);
}

static int take_pending(struct naru_listener *listener, struct nr_pending *place,
			struct naru_stream **ret_stream)
{
	struct nr_pending pending = *place;
	short wants;
	int r;

	nr_poller_drop(listener->poller, pending.fd);
	place->fd = -1;
	place->session = NULL;
	r = advance(listener, &pending, ret_stream);
	if (r != -EAGAIN)
		return pass_over(listener, r);
	wants = pending.session ? listener->module->wants(pending.session, false)
				: POLLIN;
	*place = pending;
	r = nr_poller_add(listener->poller, pending.fd,
			  (wants & POLLOUT ? EPOLLOUT : EPOLLIN) | EPOLLRDHUP,
			  NR_SOURCES + (uint64_t)(place - listener->pending));
	return r < 0 ? r : 0;
}

/* One event. 1: a stream; 0: none came of it; or an error. */
static int handle(struct naru_listener *listener, uint64_t which,
		  struct naru_stream **ret_stream)
{
	if (which < NR_SOURCES)
		return take_new(listener, &listener->sources[which], ret_stream);
	return take_pending(listener, &listener->pending[which - NR_SOURCES], ret_stream);
}

int naru_accept(struct naru_listener *listener, int timeout_ms,
		struct naru_stream **ret_stream)
{
	struct nr_deadline deadline = nr_deadline_in(timeout_ms);
	struct epoll_event event;
	int r;

	for (;;) {
		uint64_t until = timeout_ms == 0 ? 0 : nr_deadline_until(&deadline);

		r = nr_poller_wait(listener->poller, &event, 1, until);
		if (r > 0)
			r = handle(listener, event.data.u64, ret_stream);
		else if (r == 0 && (until == 0 || nr_clock_monotonic() >= until))
			return nr_deadline_error(&deadline);
		if (r != 0)
			return r < 0 ? r : 0;
	}
}
