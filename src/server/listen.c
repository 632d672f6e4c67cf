/* SPDX-License-Identifier: MIT */

#include <server/listen.h>

#include <errno.h>
#include <sys/epoll.h>

enum { AT_ONCE = 64, AGAIN_MS = 200 };

static void resume(struct nr_timer *timer)
{
	struct nr_listening *listening = nr_of(timer, struct nr_listening, again);

	nr_loop_watch(&listening->server->loop, &listening->source, EPOLLIN);
}

/* There are no more descriptors, or no memory: who comes waits until there are. */
static void pause_for(struct nr_listening *listening, int error)
{
	struct nr_server *server = listening->server;

	if (!server->short_of)
		nr_server_log(server, "%s: who connects has to wait: %s",
			      naru_listener_url(listening->listener),
			      naru_error_text(error));
	server->short_of = true;
	nr_loop_watch(&server->loop, &listening->source, 0);
	nr_timer_set(&server->loop.timers, &listening->again, nr_timers_due(AGAIN_MS));
}

static bool is_shortage(int error)
{
	return error == -EMFILE || error == -ENFILE || error == -ENOMEM ||
	       error == -ENOBUFS;
}

static void is_ready(struct nr_source *source)
{
	struct nr_listening *listening = nr_of(source, struct nr_listening, source);
	struct nr_server *server = listening->server;
	struct naru_stream *stream;
	int r = 0;

	for (int i = 0; i < AT_ONCE && r == 0; i++) {
		r = naru_accept(listening->listener, 0, &stream);
		if (r == 0)
			r = listening->open(listening, stream);
		if (r == 0)
			server->short_of = false;
	}
	if (is_shortage(r))
		pause_for(listening, r);
}

int nr_listening_open(struct nr_server *server, const char *url,
		      const struct naru_stream_options *options,
		      int (*open)(struct nr_listening *listening,
				  struct naru_stream *stream),
		      struct nr_listening *listening)
{
	int r;

	*listening = (struct nr_listening){
		.server = server,
		.source = {.ready = is_ready},
		.again = {.fire = resume},
		.open = open,
	};
	r = naru_listen(server->space, url, options, &listening->listener);
	if (r < 0)
		return r;
	listening->source.fd = naru_listener_fd(listening->listener);
	return nr_loop_watch(&server->loop, &listening->source, EPOLLIN);
}

void nr_listening_close(struct nr_listening *listening)
{
	if (!listening->listener)
		return;
	nr_loop_watch(&listening->server->loop, &listening->source, 0);
	nr_timer_stop(&listening->server->loop.timers, &listening->again);
	listening->listener = naru_listener_close(listening->listener);
}
