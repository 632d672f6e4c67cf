/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_ROOM_H
#define SUPPORT_ROOM_H

/*
 * support/room.h - a space of a test's own, cleared away in the end
 *
 * It is removed by room_close(), or when the process that made it exits, even
 * when a test has failed.
 */

#include <naru/queue.h>

struct served;

struct room {
	char path[64];
	struct naru_space *space;
	struct served *served; /* support/away.h */
};

struct room *room_open(void);

/* Remove a space's directory and the files in it; what is no directory stays. */
void remove_space(const char *path);

/* The same, with a directory of this mode, which is for other users too. */
struct room *room_open_for(mode_t mode);
void room_close(struct room *room);

/* A room in the directory @path, which the caller made and removes. */
struct room *room_open_at(const char *path);

/* cmocka's set-up and tear-down: *state is the room. */
int room_set_up(void **state);
int room_tear_down(void **state);

/* A new queue in the room. 0: the defaults. */
struct naru_queue *room_queue(struct room *room, const char *name, uint64_t capacity,
			      uint64_t messages);

/* One more handle of a queue of the room. */
struct naru_queue *room_reopen(struct room *room, const char *name);

/* What naru_queue_stat() says. */
struct naru_queue_stat room_stat(struct naru_queue *queue);

/* Return when so many senders and receivers wait at the queue. */
void room_await_waiting(struct naru_queue *queue, uint32_t senders, uint32_t receivers);

/*
 * The bytes of an object's file, mapped shared and writable; the caller unmaps
 * them. For tests that play a hostile or broken peer.
 */
unsigned char *room_map(struct room *room, const char *name, size_t *ret_size);

#endif /* SUPPORT_ROOM_H */
