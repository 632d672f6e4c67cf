/* SPDX-License-Identifier: MIT */

#include <server/metrics.h>

#include <server/access.h>
#include <server/connection.h>
#include <server/request.h>
#include <server/stuck.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The figures of a queue. */
struct sample {
	char name[NARU_NAME_MAX + 1];
	struct naru_queue_stat stat;
	uint32_t remote_senders;
	uint32_t remote_receivers;
};

struct samples {
	struct nr_server *server;
	struct sample *list;
	size_t count;
	size_t size;
};

static void head(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP naru_%s %s\n# TYPE naru_%s %s\n", name, help, name, type);
}

/* As the format wants it of labels, though names of queues have no such letters. */
static void print_label(FILE *out, const char *value)
{
	for (; *value; value++) {
		if (*value == '\n')
			fputs("\\n", out);
		else if (*value == '"' || *value == '\\')
			fprintf(out, "\\%c", *value);
		else
			fputc(*value, out);
	}
}

static void print_of_queue(FILE *out, const char *name, const char *queue,
			   const char *more, double value)
{
	fprintf(out, "naru_%s{queue=\"", name);
	print_label(out, queue);
	fprintf(out, "\"%s} %.17g\n", more, value);
}

/* One more, if it can be had. */
static int sample(void *data, const struct naru_entry *entry)
{
	struct samples *samples = data;
	struct sample *list, *one;
	struct nr_served *served;

	if (entry->kind != NARU_KIND_QUEUE ||
	    !nr_access_is_served(samples->server, entry->name) ||
	    strlen(entry->name) > NARU_NAME_MAX)
		return 0;
	if (samples->count == samples->size) {
		samples->size = samples->size ? 2 * samples->size : 16;
		list = realloc(samples->list, samples->size * sizeof(list[0]));
		if (!list)
			return -1;
		samples->list = list;
	}
	if (nr_served_open(samples->server, entry->name, NULL, false, &served) < 0)
		return 0;
	one = &samples->list[samples->count];
	memset(one, 0, sizeof(*one));
	strcpy(one->name, entry->name);
	one->stat.size = sizeof(one->stat);
	one->remote_senders = served->writable.count;
	one->remote_receivers = served->readable.count;
	if (nr_stuck_stat(served, &one->stat) == 0)
		samples->count++;
	nr_served_close(served);
	return 0;
}

/* Since a time in nanoseconds; since the queue was made, if it never was. */
static double since(const struct sample *sample, int64_t then)
{
	struct timespec now;
	double seconds;

	clock_gettime(CLOCK_REALTIME, &now);
	if (then == 0)
		then = sample->stat.changed;
	seconds = (double)now.tv_sec + (double)now.tv_nsec / 1e9 - (double)then / 1e9;
	return seconds > 0 ? seconds : 0;
}

static const struct figure {
	const char *name, *type, *help;
	size_t offset; /* of the field in struct naru_queue_stat, of 64 bits */
	bool is_time;  /* when something was last done: told is how long that is ago */
} figures[] = {
#define FIELD(name) offsetof(struct naru_queue_stat, name)
	{"queue_messages", "gauge", "Messages that wait to be received.", FIELD(messages),
	 false},
	{"queue_bytes", "gauge", "Bytes of the messages that wait.", FIELD(bytes), false},
	{"queue_capacity_messages", "gauge", "Messages that the queue may hold.",
	 FIELD(capacity_messages), false},
	{"queue_capacity_bytes", "gauge", "Bytes that the queue may hold.",
	 FIELD(capacity), false},
	{"queue_held_messages", "gauge", "Messages that are claimed, or taken.",
	 FIELD(held_messages), false},
	{"queue_held_bytes", "gauge", "Bytes that are claimed, or taken.",
	 FIELD(held_bytes), false},
	{"queue_sent_total", "counter", "Messages sent since the queue was made.",
	 FIELD(sent), false},
	{"queue_received_total", "counter", "Messages received since the queue was made.",
	 FIELD(received), false},
	{"queue_seconds_since_send", "gauge",
	 "Seconds since a message was sent, or the queue made.", FIELD(last_send), true},
	{"queue_seconds_since_receive", "gauge",
	 "Seconds since a message was received, or the queue made.", FIELD(last_receive),
	 true},
#undef FIELD
};

static double value_of(const struct figure *figure, const struct sample *sample)
{
	uint64_t field;

	memcpy(&field, (const char *)&sample->stat + figure->offset, sizeof(field));
	return figure->is_time ? since(sample, (int64_t)field) : (double)field;
}

static void print_waiting(FILE *out, const struct samples *samples)
{
	head(out, "queue_waiting", "gauge", "Calls that wait at the queue.");
	for (size_t i = 0; i < samples->count; i++) {
		const struct sample *one = &samples->list[i];

		print_of_queue(out, "queue_waiting", one->name,
			       ",what=\"send\",from=\"local\"",
			       one->stat.waiting_senders);
		print_of_queue(out, "queue_waiting", one->name,
			       ",what=\"send\",from=\"remote\"", one->remote_senders);
		print_of_queue(out, "queue_waiting", one->name,
			       ",what=\"receive\",from=\"local\"",
			       one->stat.waiting_receivers);
		print_of_queue(out, "queue_waiting", one->name,
			       ",what=\"receive\",from=\"remote\"",
			       one->remote_receivers);
	}
}

static void print_queues(FILE *out, struct nr_server *server)
{
	struct samples samples = {.server = server};

	naru_space_list(server->space, sample, &samples);
	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
		const struct figure *figure = &figures[i];

		head(out, figure->name, figure->type, figure->help);
		for (size_t j = 0; j < samples.count; j++)
			print_of_queue(out, figure->name, samples.list[j].name, "",
				       value_of(figure, &samples.list[j]));
	}
	print_waiting(out, &samples);
	free(samples.list);
}

static void print_requests(FILE *out, const struct nr_server *server)
{
	head(out, "requests_total", "counter", "Requests, by verb and result.");
	for (unsigned verb = 0; verb < NR_SERVER_VERBS; verb++) {
		const char *name = nr_request_name(verb);
		uint64_t failed = server->counts.failed[verb];
		uint64_t all = server->counts.requests[verb];

		if (!name)
			continue;
		fprintf(out,
			"naru_requests_total{verb=\"%s\",result=\"done\"} %llu\n"
			"naru_requests_total{verb=\"%s\",result=\"failed\"} %llu\n",
			name, (unsigned long long)(all > failed ? all - failed : 0), name,
			(unsigned long long)failed);
	}
}

static void print_one(FILE *out, const char *name, const char *type, const char *help,
		      uint64_t value)
{
	head(out, name, type, help);
	fprintf(out, "naru_%s %llu\n", name, (unsigned long long)value);
}

static void print_server(FILE *out, struct nr_server *server)
{
	uint64_t in = server->counts.bytes_in, written = server->counts.bytes_out;
	struct nr_link *link = server->connections.next;

	for (; link != &server->connections; link = link->next) {
		struct nr_connection *connection =
			nr_of(link, struct nr_connection, link);
		struct naru_stream_stat stat = {.size = sizeof(stat)};

		if (naru_stream_stat(connection->stream, &stat) == 0) {
			in += stat.read;
			written += stat.written;
		}
	}
	print_one(out, "connections", "gauge", "Clients that are connected.",
		  server->connections_count);
	print_one(out, "connections_total", "counter", "Clients that have connected.",
		  server->counts.connections);
	print_one(out, "sessions", "gauge", "Handles of clients, connected or not.",
		  server->sessions.count);
	print_one(out, "requests_waiting", "gauge", "Requests that wait.",
		  server->waiting);
	print_one(out, "received_bytes_total", "counter", "Bytes from clients.", in);
	print_one(out, "sent_bytes_total", "counter", "Bytes to clients.", written);
	print_requests(out, server);
}

char *nr_metrics_print(struct nr_server *server)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		return NULL;
	print_server(out, server);
	print_queues(out, server);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
