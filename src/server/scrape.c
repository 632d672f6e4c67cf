/* SPDX-License-Identifier: MIT */

/* server/scrape.c - HTTP, as little as is needed to be asked for the metrics */

#include <errno.h>
#include <server/metrics.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

enum { REQUEST_MAX = 8192, SCRAPES_MAX = 32 };

struct nr_scrape {
	struct nr_server *server;
	struct nr_link link;
	struct nr_waste waste;
	struct naru_stream *stream;
	struct nr_source readable;
	struct nr_source writable;
	struct nr_timer timer; /* it must be done by then */
	size_t used;
	char request[REQUEST_MAX + 1];
	char *answer;
	size_t length;
	size_t written;
};

static void free_scrape(struct nr_waste *waste)
{
	struct nr_scrape *scrape = nr_of(waste, struct nr_scrape, waste);

	free(scrape->answer);
	free(scrape);
}

static void close_scrape(struct nr_scrape *scrape)
{
	struct nr_server *server = scrape->server;

	nr_timer_stop(&server->loop.timers, &scrape->timer);
	nr_loop_watch(&server->loop, &scrape->readable, 0);
	nr_loop_watch(&server->loop, &scrape->writable, 0);
	naru_stream_close(scrape->stream);
	nr_list_remove(&scrape->link);
	server->scrapes_count--;
	scrape->waste.free = free_scrape;
	nr_loop_throw_away(&server->loop, &scrape->waste);
}

static void is_late(struct nr_timer *timer)
{
	close_scrape(nr_of(timer, struct nr_scrape, timer));
}

static void write_answer(struct nr_scrape *scrape)
{
	while (scrape->written < scrape->length) {
		ssize_t n = naru_stream_write(scrape->stream,
					      scrape->answer + scrape->written,
					      scrape->length - scrape->written, 0);

		if (n == -EAGAIN &&
		    nr_loop_watch(&scrape->server->loop, &scrape->writable, EPOLLIN) == 0)
			return;
		if (n < 0)
			break;
		scrape->written += (size_t)n;
	}
	close_scrape(scrape);
}

static int answer(struct nr_scrape *scrape, const char *status, const char *body)
{
	static const char head[] = "HTTP/1.1 %s\r\n"
				   "Content-Type: text/plain; version=0.0.4; "
				   "charset=utf-8\r\n"
				   "Content-Length: %zu\r\n"
				   "Connection: close\r\n"
				   "\r\n";
	size_t room = sizeof(head) + 64, length = strlen(body);

	scrape->answer = malloc(room + length);
	if (!scrape->answer)
		return -ENOMEM;
	scrape->length = (size_t)snprintf(scrape->answer, room, head, status, length);
	memcpy(scrape->answer + scrape->length, body, length);
	scrape->length += length;
	return 0;
}

/* The words of the first line are its method, the path, and a version. */
static int answer_request(struct nr_scrape *scrape)
{
	char *rest = scrape->request, *method = strsep(&rest, " ");
	char *path = rest ? strsep(&rest, " ?\r\n") : NULL, *text;
	int r;

	if (strcmp(method, "GET") != 0)
		return answer(scrape, "405 Method Not Allowed", "GET only\n");
	if (!path || strcmp(path, "/metrics") != 0)
		return answer(scrape, "404 Not Found", "see /metrics\n");
	text = nr_metrics_print(scrape->server);
	if (!text)
		return -ENOMEM;
	r = answer(scrape, "200 OK", text);
	free(text);
	return r;
}

static void is_readable(struct nr_source *source)
{
	struct nr_scrape *scrape = nr_of(source, struct nr_scrape, readable);
	ssize_t n = naru_stream_read(scrape->stream, scrape->request + scrape->used,
				     REQUEST_MAX - scrape->used, 0);

	if (n == -EAGAIN)
		return;
	if (n <= 0) {
		close_scrape(scrape);
		return;
	}
	scrape->used += (size_t)n;
	scrape->request[scrape->used] = '\0';
	/* The end of the head; what is behind it we do not want. */
	if (strstr(scrape->request, "\r\n\r\n") || strstr(scrape->request, "\n\n")) {
		nr_loop_watch(&scrape->server->loop, &scrape->readable, 0);
		if (answer_request(scrape) == 0)
			write_answer(scrape);
		else
			close_scrape(scrape);
	} else if (scrape->used == REQUEST_MAX) {
		close_scrape(scrape);
	}
}

static void is_writable(struct nr_source *source)
{
	write_answer(nr_of(source, struct nr_scrape, writable));
}

static int begin(struct nr_scrape *scrape)
{
	struct nr_server *server = scrape->server;
	int readable = naru_stream_fd(scrape->stream, NARU_READABLE);
	int writable = naru_stream_fd(scrape->stream, NARU_WRITABLE);
	int r;

	if (readable < 0 || writable < 0)
		return readable < 0 ? readable : writable;
	scrape->readable = (struct nr_source){.fd = readable, .ready = is_readable};
	scrape->writable = (struct nr_source){.fd = writable, .ready = is_writable};
	scrape->timer.fire = is_late;
	r = nr_timer_set(&server->loop.timers, &scrape->timer,
			 nr_timers_due(server->options.hello_ms));
	return r < 0 ? r : nr_loop_watch(&server->loop, &scrape->readable, EPOLLIN);
}

int nr_scrape_open(struct nr_listening *listening, struct naru_stream *stream)
{
	struct nr_server *server = listening->server;
	struct nr_scrape *scrape =
		server->scrapes_count < SCRAPES_MAX ? calloc(1, sizeof(*scrape)) : NULL;
	int r;

	if (!scrape) {
		naru_stream_close(stream);
		return -EUSERS;
	}
	scrape->server = server;
	scrape->stream = stream;
	scrape->readable.fd = scrape->writable.fd = -1;
	nr_list_append(&server->scrapes, &scrape->link);
	server->scrapes_count++;
	r = begin(scrape);
	if (r < 0)
		close_scrape(scrape);
	return r;
}

void nr_scrapes_close(struct nr_server *server)
{
	while (!nr_list_empty(&server->scrapes))
		close_scrape(nr_of(server->scrapes.next, struct nr_scrape, link));
}
