/* SPDX-License-Identifier: MIT */

#include <remote/family.h>

#include <base/atomic.h>
#include <remote/ahead.h>
#include <remote/watch.h>
#include <stream/handle.h>
#include <string.h>
#include <sys/file.h>
#include <sys/process.h>
#include <sys/random.h>

/* Of all sessions; taken before their own, and around fork. */
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct nr_client *first;

static bool is_idle(const struct nr_client *client, const struct nr_lane *wanted)
{
	for (const struct nr_lane *lane = client->idle; lane; lane = lane->next)
		if (lane == wanted)
			return true;
	return false;
}

/*
 * We are the child. What another thread of the parent was at work on is in whatever
 * state: of that only the descriptor is closed.
 */
static void begin_anew(struct nr_client *client)
{
	for (uint32_t i = 0; i < client->lanes; i++) {
		struct nr_lane *lane = client->lane[i];

		int making = nr_load_relaxed(&lane->socket);

		if (lane->stream && !is_idle(client, lane))
			nr_file_close(lane->stream->fd);
		if (making >= 0)
			nr_file_close(making);
	}
	for (struct nr_lane *lane = client->idle, *next; lane; lane = next) {
		next = lane->next;
		nr_lane_free(lane);
	}
	nr_delivered_free_all(&client->ready);
	nr_ahead_free(&client->ahead);
	nr_tokens_forget(&client->tokens);
	for (int i = 0; i < 2; i++) {
		nr_watch_leave(client->watch[i]);
		client->watch[i] = NULL;
	}
	memset(client->lane, 0, sizeof(client->lane));
	client->lanes = 0;
	client->idle = client->outward = NULL;
	nr_store_relaxed(&client->sending, 0);
	client->name[0] = nr_random() | 1;
	nr_store_relaxed(&client->pid, nr_process_id());
}

static void before_fork(void)
{
	pthread_mutex_lock(&guard);
	for (struct nr_client *it = first; it; it = it->following)
		pthread_mutex_lock(&it->guard);
}

static void leave_all(void)
{
	for (struct nr_client *it = first; it; it = it->following)
		pthread_mutex_unlock(&it->guard);
	pthread_mutex_unlock(&guard);
}

static void in_child(void)
{
	for (struct nr_client *it = first; it; it = it->following)
		begin_anew(it);
	leave_all();
}

static void watch_fork(void)
{
	pthread_atfork(before_fork, leave_all, in_child);
}

void nr_family_add(struct nr_client *client)
{
	pthread_once(&once, watch_fork);
	pthread_mutex_lock(&guard);
	client->following = first;
	if (first)
		first->previous = client;
	first = client;
	pthread_mutex_unlock(&guard);
}

void nr_family_remove(struct nr_client *client)
{
	pthread_mutex_lock(&guard);
	if (client->following)
		client->following->previous = client->previous;
	if (client->previous)
		client->previous->following = client->following;
	else
		first = client->following;
	pthread_mutex_unlock(&guard);
}

void nr_family_check(struct nr_client *client)
{
	if (__builtin_expect(nr_load_relaxed(&client->pid) == nr_process_id(), 1))
		return;
	pthread_mutex_lock(&client->guard);
	if (nr_load_relaxed(&client->pid) != nr_process_id())
		begin_anew(client);
	pthread_mutex_unlock(&client->guard);
}
