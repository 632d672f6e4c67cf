/* SPDX-License-Identifier: MIT */
#include <support/serving.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <support/must.h>
#include <unistd.h>

enum { PATIENCE_MS = 60000, ROOM = 1 << 16 };

static void keep_log(void *data, const char *line)
{
	struct serving *serving = data;
	size_t length = strlen(line), room;

	pthread_mutex_lock(&serving->guard);
	room = sizeof(serving->log) - serving->log_length;
	if (length + 2 <= room) {
		memcpy(serving->log + serving->log_length, line, length);
		serving->log_length += length;
		serving->log[serving->log_length++] = '\n';
	}
	pthread_mutex_unlock(&serving->guard);
}

bool serving_said(struct serving *serving, const char *text)
{
	bool said;

	pthread_mutex_lock(&serving->guard);
	said = strstr(serving->log, text) != NULL;
	pthread_mutex_unlock(&serving->guard);
	return said;
}

static void *run(void *data)
{
	struct serving *serving = data;

	must_be(nr_server_run(serving->server), 0);
	return NULL;
}

struct serving *serving_start(struct room *room, const char *url,
			      const struct nr_server_options *options)
{
	const char *urls[] = {url, NULL};
	struct nr_server_options chosen = {0};
	struct serving *serving = calloc(1, sizeof(*serving));

	must(serving);
	if (options)
		chosen = *options;
	chosen.urls = urls;
	chosen.log = keep_log;
	chosen.log_data = serving;
	serving->room = room;
	must_be(pthread_mutex_init(&serving->guard, NULL), 0);
	must_be(nr_server_open(room->space, &chosen, &serving->server), 0);
	strcpy(serving->url, nr_server_url(serving->server, 0));
	must_be(pthread_create(&serving->thread, NULL, run, serving), 0);
	return serving;
}

void serving_stop(struct serving *serving)
{
	nr_server_stop(serving->server);
	must_be(pthread_join(serving->thread, NULL), 0);
	nr_server_close(serving->server);
	pthread_mutex_destroy(&serving->guard);
	free(serving);
}

const char *serving_write_access(struct room *room, const char *lines)
{
	static char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/.access", room->path);
	fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);
	must(fd >= 0);
	must(write(fd, lines, strlen(lines)) == (ssize_t)strlen(lines));
	close(fd);
	return path;
}

struct lane lane_connect(struct serving *serving, uint32_t flags)
{
	struct naru_stream_options options = NARU_INIT(options, .flags = flags);
	struct lane lane = {0};

	must_be(naru_connect(serving->room->space, serving->url, &options, PATIENCE_MS,
			     &lane.stream),
		0);
	return lane;
}

void lane_close(struct lane *lane)
{
	lane->stream = naru_stream_close(lane->stream);
}

struct lane lane_open(struct serving *serving, uint32_t flags, uint64_t session,
		      uint32_t lane)
{
	struct lane opened = lane_connect(serving, flags);
	const struct nr_wire_hello hello = {
		.magic = NR_WIRE_MAGIC,
		.lowest = NR_WIRE_VERSION,
		.highest = NR_WIRE_VERSION,
		.session = {session, 1},
		.lane = lane,
	};

	lane_say(&opened, NR_WIRE_HELLO, 0, 0, &hello, sizeof(hello));
	must_be(lane_hear_value(&opened), 0);
	return opened;
}

struct lane lane_open_queue(struct serving *serving, uint64_t session, uint32_t lane,
			    const char *queue)
{
	struct lane opened = lane_open(serving, 0, session, lane);

	must_be(lane_open_name(&opened, NR_WIRE_CREATE, queue), 0);
	return opened;
}

struct lane lane_open_plain(struct serving *serving, uint64_t session, uint32_t lane,
			    const char *queue)
{
	struct lane opened = lane_open(serving, NARU_STREAM_PLAIN, session, lane);

	must_be(lane_open_name(&opened, NR_WIRE_CREATE, queue), 0);
	return opened;
}

static void write_all(struct lane *lane, const void *data, size_t length)
{
	must_be(naru_stream_write(lane->stream, data, length, PATIENCE_MS),
		(ssize_t)length);
}

uint32_t lane_say(struct lane *lane, unsigned verb, unsigned flags, int value,
		  const void *body, size_t length)
{
	const struct nr_wire_frame frame = {
		.length = (uint32_t)length,
		.verb = (uint16_t)verb,
		.flags = (uint16_t)flags,
		.value = value,
		.serial = ++lane->serial,
	};
	unsigned char *bytes = malloc(sizeof(frame) + length);

	must(bytes);
	memcpy(bytes, &frame, sizeof(frame));
	if (length > 0)
		memcpy(bytes + sizeof(frame), body, length);
	write_all(lane, bytes, sizeof(frame) + length);
	free(bytes);
	return frame.serial;
}

uint32_t lane_say_name(struct lane *lane, unsigned verb, unsigned flags, void *body,
		       size_t length, uint32_t *name_length, const char *name)
{
	unsigned char bytes[1024] = {0};
	size_t named = strlen(name);

	must(length + named + 8 <= sizeof(bytes));
	*name_length = (uint32_t)named;
	memcpy(bytes, body, length);
	memcpy(bytes + length, name, named);
	return lane_say(lane, verb, flags, 0, bytes, length + (named + 7) / 8 * 8);
}

static void read_all(struct lane *lane, void *buffer, size_t length)
{
	for (size_t done = 0; done < length;) {
		ssize_t n = naru_stream_read(lane->stream, (char *)buffer + done,
					     length - done, PATIENCE_MS);

		must(n > 0);
		done += (size_t)n;
	}
}

struct heard lane_hear(struct lane *lane)
{
	static unsigned char *body;
	struct heard heard;

	read_all(lane, &heard.frame, sizeof(heard.frame));
	must(heard.frame.verb & NR_WIRE_ANSWER);
	must(heard.frame.length % 8 == 0);
	body = realloc(body, heard.frame.length + 1u);
	must(body);
	read_all(lane, body, heard.frame.length);
	body[heard.frame.length] = '\0';
	heard.body = body;
	return heard;
}

int lane_hear_value(struct lane *lane)
{
	return lane_hear(lane).frame.value;
}

bool lane_is_closed(struct lane *lane)
{
	char byte;
	ssize_t n = naru_stream_read(lane->stream, &byte, 1, PATIENCE_MS);

	return n == 0 || n == -ECONNRESET || n == -EPIPE;
}

int lane_open_name(struct lane *lane, unsigned flags, const char *name)
{
	struct nr_wire_open open = {.capacity = 65536, .messages = 100};

	lane_say_name(lane, NR_WIRE_OPEN, flags, &open, sizeof(open), &open.name_length,
		      name);
	return lane_hear_value(lane);
}

void lane_say_send(struct lane *lane, unsigned flags, int timeout_ms, uint64_t number,
		   int64_t type, const char *text)
{
	struct {
		struct nr_wire_send send;
		struct nr_wire_item item;
		char text[1024];
	} body = {
		.send = {.number = number, .count = 1},
		.item = {.type = type, .length = strlen(text)},
	};

	strncpy(body.text, text, sizeof(body.text) - 1);
	lane_say(lane, NR_WIRE_SEND, flags, timeout_ms, &body,
		 sizeof(body.send) + sizeof(body.item) + (strlen(text) + 7) / 8 * 8);
}

int lane_send(struct lane *lane, uint64_t number, int64_t type, const char *text)
{
	lane_say_send(lane, 0, -1, number, type, text);
	return lane_hear_value(lane);
}

void lane_say_take(struct lane *lane, unsigned flags, int timeout_ms, uint64_t delivery,
		   int64_t select)
{
	const struct {
		struct nr_wire_take take;
		uint64_t room;
	} body = {
		.take = {.delivery = delivery, .select = select, .count = 1},
		.room = ROOM,
	};

	lane_say(lane, NR_WIRE_TAKE, flags, timeout_ms, &body, sizeof(body));
}

void lane_hear_message(struct lane *lane, int64_t type, const char *text)
{
	struct heard heard = lane_hear(lane);
	struct nr_wire_item item;

	must_be(heard.frame.value, 1);
	memcpy(&item, heard.body, sizeof(item));
	must_be(item.type, type);
	must_be(item.length, strlen(text));
	must_be(heard.frame.length, sizeof(item) + (item.length + 7) / 8 * 8);
	must(memcmp(heard.body + sizeof(item), text, item.length) == 0);
}

int lane_release(struct lane *lane, uint64_t number, uint64_t delivery)
{
	const struct {
		struct nr_wire_release release;
		uint64_t delivery;
	} body = {.release = {.number = number, .count = 1}, .delivery = delivery};

	lane_say(lane, NR_WIRE_RELEASE, 0, 0, &body, sizeof(body));
	return lane_hear_value(lane);
}

int lane_give_back(struct lane *lane, uint64_t delivery)
{
	const struct nr_wire_give_back body = {.delivery = delivery};

	lane_say(lane, NR_WIRE_GIVE_BACK, 0, 0, &body, sizeof(body));
	return lane_hear_value(lane);
}

void lane_say_cancel(struct lane *lane, uint32_t serial)
{
	const struct nr_wire_frame frame = {.verb = NR_WIRE_CANCEL, .serial = serial};

	write_all(lane, &frame, sizeof(frame));
}

struct nr_wire_stat_answer lane_stat(struct lane *lane)
{
	struct nr_wire_stat_answer stat;
	struct heard heard;

	lane_say(lane, NR_WIRE_STAT, 0, 0, NULL, 0);
	heard = lane_hear(lane);
	must_be(heard.frame.value, 0);
	must_be(heard.frame.length, sizeof(stat));
	memcpy(&stat, heard.body, sizeof(stat));
	return stat;
}

void lane_await_waiting(struct lane *lane, uint32_t senders, uint32_t receivers)
{
	struct nr_wire_stat_answer stat;

	do
		stat = lane_stat(lane);
	while (stat.waiting_senders != senders || stat.waiting_receivers != receivers);
}

void lane_await_held(struct lane *lane, uint64_t held)
{
	while (lane_stat(lane).held_messages != held)
		;
}
