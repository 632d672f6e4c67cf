/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <support/must.h>
#include <support/served-room.h>

enum { GRACE_MS = 50 };

static struct naru_queue *open_with(struct served_room *it, uint32_t flags)
{
	struct naru_queue_options options = NARU_INIT(options, .flags = flags);
	struct naru_queue *queue = NULL;

	must_be(naru_queue_open(NULL, served_queue(&it->served, "q"), &options, &queue),
		0);
	return queue;
}

struct naru_queue *served_room_reopen(struct served_room *it)
{
	return open_with(it, 0);
}

struct served_room *served_room_open(uint64_t capacity, uint32_t flags)
{
	struct served_room *it = calloc(1, sizeof(*it));

	must(it);
	it->room = room_open();
	it->served.grace_ms = GRACE_MS;
	served_start(&it->served, it->room->path, "tcp://127.0.0.1:0");
	it->here = room_queue(it->room, "q", capacity, 0);
	it->away = open_with(it, flags);
	return it;
}

void served_room_close(struct served_room *it)
{
	naru_queue_close(it->away);
	naru_queue_close(it->here);
	served_kill(&it->served);
	room_close(it->room);
	free(it);
}

void served_room_restart(struct served_room *it)
{
	served_kill(&it->served);
	served_again(&it->served);
}
