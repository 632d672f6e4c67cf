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
static struct nr_session *first;

static bool is_idle(const struct nr_session *session, const struct nr_lane *wanted)
{
	for (const struct nr_lane *lane = session->idle; lane; lane = lane->next)
		if (lane == wanted)
			return true;
	return false;
}

/*
 * We are the child. What another thread of the parent was at work on is in whatever
 * state: of that only the descriptor is closed.
 */
static void begin_anew(struct nr_session *session)
{
	for (uint32_t i = 0; i < session->lanes; i++) {
		struct nr_lane *lane = session->lane[i];

		if (lane->stream && !is_idle(session, lane))
			nr_file_close(lane->stream->fd);
	}
	for (struct nr_lane *lane = session->idle, *next; lane; lane = next) {
		next = lane->next;
		nr_lane_free(lane);
	}
	nr_delivered_free_all(&session->ready);
	nr_ahead_free(&session->ahead);
	for (int i = 0; i < 2; i++) {
		nr_watch_leave(session->watch[i]);
		session->watch[i] = NULL;
	}
	memset(session->lane, 0, sizeof(session->lane));
	session->lanes = 0;
	session->idle = NULL;
	session->name[0] = nr_random() | 1;
	nr_store_relaxed(&session->pid, nr_process_id());
}

static void before_fork(void)
{
	pthread_mutex_lock(&guard);
	for (struct nr_session *it = first; it; it = it->following)
		pthread_mutex_lock(&it->guard);
}

static void leave_all(void)
{
	for (struct nr_session *it = first; it; it = it->following)
		pthread_mutex_unlock(&it->guard);
	pthread_mutex_unlock(&guard);
}

static void in_child(void)
{
	for (struct nr_session *it = first; it; it = it->following)
		begin_anew(it);
	leave_all();
}

static void watch_fork(void)
{
	pthread_atfork(before_fork, leave_all, in_child);
}

void nr_family_add(struct nr_session *session)
{
	pthread_once(&once, watch_fork);
	pthread_mutex_lock(&guard);
	session->following = first;
	if (first)
		first->previous = session;
	first = session;
	pthread_mutex_unlock(&guard);
}

void nr_family_remove(struct nr_session *session)
{
	pthread_mutex_lock(&guard);
	if (session->following)
		session->following->previous = session->previous;
	if (session->previous)
		session->previous->following = session->following;
	else
		first = session->following;
	pthread_mutex_unlock(&guard);
}

void nr_family_check(struct nr_session *session)
{
	if (__builtin_expect(nr_load_relaxed(&session->pid) == nr_process_id(), 1))
		return;
	pthread_mutex_lock(&session->guard);
	if (nr_load_relaxed(&session->pid) != nr_process_id())
		begin_anew(session);
	pthread_mutex_unlock(&session->guard);
}
