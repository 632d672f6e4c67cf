/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_SERVING_H
#define SUPPORT_SERVING_H

/*
 * support/serving.h - a server of queues in a thread, and clients that speak in frames
 *
 * A lane says what it is told to say, right or wrong; so it can be used to see what the
 * server makes of it.
 */

#include <layout/wire.h>
#include <pthread.h>
#include <server/server.h>
#include <stdbool.h>
#include <support/room.h>

struct serving {
	struct room *room;
	struct nr_server *server;
	pthread_t thread;
	char url[256];
	pthread_mutex_t guard;
	char log[16384]; /* what it has said; guarded */
	size_t log_length;
};

/* Serve the room's queues at @url. @options: NULL, or what is chosen; its urls are not.
 */
struct serving *serving_start(struct room *room, const char *url,
			      const struct nr_server_options *options);
/* Stop it as a signal does. */
void serving_stop(struct serving *serving);

/* Write a file of access into the room. Its path, until the next call. */
const char *serving_write_access(struct room *room, const char *lines);

/* Has it said so? */
bool serving_said(struct serving *serving, const char *text);

struct lane {
	struct naru_stream *stream;
	uint32_t serial;
};

/* A connection that has said nothing. */
struct lane lane_connect(struct serving *serving, uint32_t flags);
void lane_close(struct lane *lane);

/* HELLO, which must succeed. @flags: of naru_stream_options. */
struct lane lane_open(struct serving *serving, uint32_t flags, uint64_t session,
		      uint32_t lane);
/* The same by shared memory, and OPEN. */
struct lane lane_open_queue(struct serving *serving, uint64_t session, uint32_t lane,
			    const char *queue);
/* The same by an ordinary socket. */
struct lane lane_open_plain(struct serving *serving, uint64_t session, uint32_t lane,
			    const char *queue);

/* A frame. Returns its serial. @length may be anything. */
uint32_t lane_say(struct lane *lane, unsigned verb, unsigned flags, int value,
		  const void *body, size_t length);
/* A body that is one struct, and then a name. */
uint32_t lane_say_name(struct lane *lane, unsigned verb, unsigned flags, void *body,
		       size_t length, uint32_t *name_length, const char *name);

struct heard {
	struct nr_wire_frame frame;
	unsigned char *body; /* valid until the next one is heard */
};

/* The next answer. It must come, and be one. */
struct heard lane_hear(struct lane *lane);
/* Its value. */
int lane_hear_value(struct lane *lane);
/* The server has closed the connection. */
bool lane_is_closed(struct lane *lane);

/* Whole exchanges, as they are mostly used. The value of the answer. */
int lane_open_name(struct lane *lane, unsigned flags, const char *name);
void lane_say_send(struct lane *lane, unsigned flags, int timeout_ms, uint64_t number,
		   int64_t type, const char *text);
int lane_send(struct lane *lane, uint64_t number, int64_t type, const char *text);
void lane_say_take(struct lane *lane, unsigned flags, int timeout_ms, uint64_t delivery,
		   int64_t select);
/* The answer must be one message, which is text. */
void lane_hear_message(struct lane *lane, int64_t type, const char *text);
int lane_release(struct lane *lane, uint64_t number, uint64_t delivery);
int lane_give_back(struct lane *lane, uint64_t delivery);
void lane_say_cancel(struct lane *lane, uint32_t serial);
struct nr_wire_stat_answer lane_stat(struct lane *lane);

/* Return when so many wait at the lane's queue, as the server says. */
void lane_await_waiting(struct lane *lane, uint32_t senders, uint32_t receivers);
/* Return when so many messages are held. */
void lane_await_held(struct lane *lane, uint64_t held);

#endif /* SUPPORT_SERVING_H */
