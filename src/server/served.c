/* SPDX-License-Identifier: MIT */

#include <server/served.h>

#include <errno.h>
#include <server/connection.h>
#include <server/request.h>
#include <server/stuck.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

enum { TICK_MS = 1000, VAIN_MAX = 8 };

static void side_ready(struct nr_source *source)
{
	struct nr_side *side = nr_of(source, struct nr_side, source);
	struct nr_loop *loop = &side->served->server->loop;

	side->told++;
	if (nr_list_empty(&side->waiting))
		nr_loop_watch(loop, source, 0);
	else
		nr_loop_later(loop, &side->round);
}

static void side_round(struct nr_task *task);

static void init_side(struct nr_side *side, struct nr_served *served,
		      enum naru_poll which)
{
	*side = (struct nr_side){
		.source = {.fd = -1, .ready = side_ready},
		.round = {.run = side_round},
		.which = which,
		.served = served,
	};
	nr_list_init(&side->round.link);
	nr_list_init(&side->waiting);
}

static struct nr_served *find(struct nr_server *server, const char *name, uint64_t hash)
{
	struct nr_node *node = nr_chains_find(&server->served, hash);

	for (; node; node = nr_chains_next(node)) {
		struct nr_served *served = nr_of(node, struct nr_served, node);

		if (strcmp(served->name, name) == 0)
			return served;
	}
	return NULL;
}

static int add(struct nr_server *server, const char *name, uint64_t hash,
	       struct naru_queue *queue, struct nr_served **ret_served)
{
	struct nr_served *served = calloc(1, sizeof(*served));

	if (!served)
		return -ENOMEM;
	if (nr_chains_add(&server->served, &served->node, hash) < 0) {
		free(served);
		return -ENOMEM;
	}
	nr_list_append(&server->served_list, &served->link);
	served->server = server;
	served->queue = queue;
	served->users = 1;
	strcpy(served->name, name);
	init_side(&served->readable, served, NARU_READABLE);
	init_side(&served->writable, served, NARU_WRITABLE);
	*ret_served = served;
	return 0;
}

/* It was removed; those who wait have been told by its descriptor. */
static void forget(struct nr_served *served)
{
	served->gone = true;
	nr_chains_remove(&served->server->served, &served->node);
}

/* The one of that name that is open; but not if it was removed meanwhile. */
static struct nr_served *find_alive(struct nr_server *server, const char *name,
				    uint64_t hash)
{
	struct naru_queue_stat stat = {.size = sizeof(stat)};
	struct nr_served *served = find(server, name, hash);

	if (served && nr_stuck_stat(served, &stat) == -EIDRM) {
		forget(served);
		served = NULL;
	}
	return served;
}

int nr_served_open(struct nr_server *server, const char *name,
		   const struct naru_queue_options *options, bool exclusive,
		   struct nr_served **ret_served)
{
	uint64_t hash = nr_hash(name, strlen(name));
	struct nr_served *served = find_alive(server, name, hash);
	struct naru_queue *queue;
	int r;

	if (served && exclusive)
		return -EEXIST;
	if (served) {
		served->users++;
		*ret_served = served;
		return 0;
	}
	r = exclusive ? naru_queue_create(server->space, name, options, &queue)
		      : naru_queue_open(server->space, name, options, &queue);
	if (r < 0)
		return r;
	r = add(server, name, hash, queue, ret_served);
	if (r < 0)
		naru_queue_close(queue);
	return r;
}

static void free_served(struct nr_waste *waste)
{
	struct nr_served *served = nr_of(waste, struct nr_served, waste);

	naru_queue_close(served->queue);
	free(served);
}

static void close_side(struct nr_loop *loop, struct nr_side *side)
{
	if (side->source.fd >= 0)
		nr_loop_watch(loop, &side->source, 0);
	nr_list_remove(&side->round.link);
}

void nr_served_close(struct nr_served *served)
{
	struct nr_server *server;

	if (!served || --served->users > 0)
		return;
	server = served->server;
	close_side(&server->loop, &served->readable);
	close_side(&server->loop, &served->writable);
	if (!served->gone)
		nr_chains_remove(&server->served, &served->node);
	nr_list_remove(&served->link);
	/* A round of it may be under way. */
	served->waste.free = free_served;
	nr_loop_throw_away(&server->loop, &served->waste);
}

struct nr_side *nr_served_side(struct nr_served *served, enum naru_poll which)
{
	return which == NARU_READABLE ? &served->readable : &served->writable;
}

/* If the lock cannot be had just now, the next round does it. */
static int watch(struct nr_side *side)
{
	struct nr_served *served = side->served;

	if (side->source.fd < 0)
		side->source.fd = naru_queue_fd(served->queue, side->which);
	if (side->source.fd >= 0)
		return nr_loop_watch(&served->server->loop, &side->source,
				     EPOLLIN | EPOLLET);
	return side->source.fd == -EAGAIN || side->source.fd == -ETIMEDOUT
		       ? 0
		       : side->source.fd;
}

int nr_served_wait(struct nr_connection *connection, enum naru_poll which)
{
	struct nr_server *server = connection->server;
	struct nr_side *side = nr_served_side(connection->served, which);
	int r = watch(side);

	if (r == 0 && server->waiting == 0)
		r = nr_timer_set(&server->loop.timers, &server->tick,
				 nr_timers_due(TICK_MS));
	if (r < 0)
		return r;
	server->waiting++;
	side->count += connection->request.verb != NR_WIRE_WATCH;
	connection->waits = which;
	nr_list_append(&side->waiting, &connection->waiting);
	/* What has come since it was tried is seen by this, what comes later by the next.
	 */
	nr_loop_later(&server->loop, &side->round);
	return 0;
}

void nr_served_leave(struct nr_connection *connection)
{
	if (!connection->waits)
		return;
	nr_served_side(connection->served, connection->waits)->count -=
		connection->request.verb != NR_WIRE_WATCH;
	connection->waits = 0;
	nr_list_remove(&connection->waiting);
	if (--connection->server->waiting == 0)
		nr_timer_stop(&connection->server->loop.timers,
			      &connection->server->tick);
}

/* Is there a message that both could take? */
static bool overlap(const struct nr_connection *a, const struct nr_connection *b)
{
	bool all_but_a = a->request.flags & NR_WIRE_EXCEPT;
	bool all_but_b = b->request.flags & NR_WIRE_EXCEPT;

	if (a->wants == 0 || b->wants == 0 || (all_but_a && all_but_b))
		return true;
	if (all_but_a || all_but_b)
		return a->wants != b->wants;
	if (a->wants > 0 && b->wants > 0)
		return a->wants == b->wants;
	/* The lowest type up to so much. */
	return (a->wants < 0 && b->wants < 0) || a->wants + b->wants <= 0;
}

bool nr_served_is_behind(const struct nr_connection *connection, enum naru_poll which)
{
	const struct nr_side *side = nr_served_side(connection->served, which);
	const struct nr_link *link = side->waiting.next;

	if (connection->waits || connection->request.value == 0)
		return false;
	for (; link != &side->waiting; link = link->next) {
		const struct nr_connection *other =
			nr_of(link, struct nr_connection, waiting);

		if (other->request.verb != connection->request.verb)
			continue;
		if (which == NARU_READABLE ? overlap(other, connection)
					   : connection->wants >= other->wants)
			return true;
	}
	return false;
}

/* What has been wanted in vain in this round. */
struct vain {
	int64_t wants[VAIN_MAX];
	uint16_t flags[VAIN_MAX];
	int count;
};

static bool is_in_vain(const struct vain *vain, const struct nr_connection *connection)
{
	for (int i = 0; i < vain->count; i++) {
		if (connection->request.verb == NR_WIRE_TAKE
			    ? vain->wants[i] == connection->wants &&
				      vain->flags[i] == connection->request.flags
			    : connection->request.verb == NR_WIRE_SEND &&
				      connection->wants >= vain->wants[i])
			return true;
	}
	return false;
}

static void note_vain(struct vain *vain, const struct nr_connection *connection)
{
	if (vain->count == VAIN_MAX || connection->request.verb == NR_WIRE_WATCH)
		return;
	vain->wants[vain->count] = connection->wants;
	vain->flags[vain->count++] = connection->request.flags;
}

/* Who is served leaves the list; so may others, if a connection breaks. */
static void side_round(struct nr_task *task)
{
	struct nr_side *side = nr_of(task, struct nr_side, round);
	struct vain vain = {0};
	struct nr_link tried;

	if (nr_list_empty(&side->waiting))
		return;
	if (side->source.fd < 0)
		watch(side);
	if (nr_stuck(side->served) == 0)
		nr_stuck_note(side->served,
			      naru_queue_rearm(side->served->queue, side->which));
	nr_list_move(&side->waiting, &tried);
	while (!nr_list_empty(&tried)) {
		struct nr_connection *connection =
			nr_of(tried.next, struct nr_connection, waiting);

		nr_list_remove(&connection->waiting);
		nr_list_append(&side->waiting, &connection->waiting);
		/* Of the dead nobody would hear, and others are not to wait for them. */
		if (connection->state == NR_CONNECTION_BROKEN ||
		    is_in_vain(&vain, connection))
			continue;
		if (!nr_request_again(connection))
			note_vain(&vain, connection);
	}
}

/*
 * In shared memory a client that has said something, which is not read yet, rings no
 * bell for what it says next.
 */
static void look_at(struct nr_side *side)
{
	struct nr_link *link = side->waiting.next;

	nr_loop_later(&side->served->server->loop, &side->round);
	while (link != &side->waiting) {
		struct nr_connection *connection =
			nr_of(link, struct nr_connection, waiting);

		link = link->next;
		if (connection->readable.events & EPOLLET)
			nr_connection_look_behind(connection);
	}
}

void nr_served_tick(struct nr_timer *timer)
{
	struct nr_server *server = nr_of(timer, struct nr_server, tick);
	struct nr_link *link = server->served_list.next;

	for (; link != &server->served_list; link = link->next) {
		struct nr_served *served = nr_of(link, struct nr_served, link);

		look_at(&served->readable);
		look_at(&served->writable);
	}
	if (server->waiting > 0)
		nr_timer_set(&server->loop.timers, &server->tick, nr_timers_due(TICK_MS));
}
