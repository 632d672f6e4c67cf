/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_SERVED_ROOM_H
#define SUPPORT_SERVED_ROOM_H

/* support/served-room.h - a room whose queue "q" is opened here, and through a server */

#include <support/room.h>
#include <support/served.h>

struct served_room {
	struct room *room;
	struct served served; /* at TCP: a client is sure to reach it by a socket */
	struct naru_queue *here;
	struct naru_queue *away;
};

/* @flags: of the handle that is away. */
struct served_room *served_room_open(uint64_t capacity, uint32_t flags);
void served_room_close(struct served_room *it);

/* One more handle that is away. */
struct naru_queue *served_room_reopen(struct served_room *it);

/* The server dies at once, and another one takes its place. */
void served_room_restart(struct served_room *it);

#endif /* SUPPORT_SERVED_ROOM_H */
