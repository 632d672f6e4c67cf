/* SPDX-License-Identifier: MIT */

#include <server/timer.h>

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <time.h>

enum { NS_PER_MS = 1000000, FIRST_SIZE = 64 };

uint64_t nr_timers_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t nr_timers_due(int timeout_ms)
{
	if (timeout_ms < 0)
		return UINT64_MAX;
	return nr_timers_now() + (uint64_t)timeout_ms * NS_PER_MS;
}

static void put(struct nr_timers *timers, size_t place, struct nr_timer *timer)
{
	timers->heap[place - 1] = timer;
	timer->place = place;
}

static void rise(struct nr_timers *timers, struct nr_timer *timer)
{
	size_t place = timer->place;

	while (place > 1 && timers->heap[place / 2 - 1]->due > timer->due) {
		put(timers, place, timers->heap[place / 2 - 1]);
		place /= 2;
	}
	put(timers, place, timer);
}

static void sink(struct nr_timers *timers, struct nr_timer *timer)
{
	size_t place = timer->place;

	for (;;) {
		size_t child = 2 * place;

		if (child > timers->count)
			break;
		if (child < timers->count &&
		    timers->heap[child]->due < timers->heap[child - 1]->due)
			child++;
		if (timers->heap[child - 1]->due >= timer->due)
			break;
		put(timers, place, timers->heap[child - 1]);
		place = child;
	}
	put(timers, place, timer);
}

static int make_room(struct nr_timers *timers)
{
	size_t size = timers->size ? 2 * timers->size : FIRST_SIZE;
	struct nr_timer **heap;

	if (timers->count < timers->size)
		return 0;
	heap = realloc(timers->heap, size * sizeof(heap[0]));
	if (!heap)
		return -ENOMEM;
	timers->heap = heap;
	timers->size = size;
	return 0;
}

int nr_timer_set(struct nr_timers *timers, struct nr_timer *timer, uint64_t due)
{
	int r;

	nr_timer_stop(timers, timer);
	if (due == UINT64_MAX)
		return 0;
	r = make_room(timers);
	if (r < 0)
		return r;
	timer->due = due;
	timers->count++;
	put(timers, timers->count, timer);
	rise(timers, timer);
	return 0;
}

void nr_timer_stop(struct nr_timers *timers, struct nr_timer *timer)
{
	struct nr_timer *last;

	if (timer->place == 0)
		return;
	last = timers->heap[--timers->count];
	if (last != timer) {
		put(timers, timer->place, last);
		rise(timers, last);
		sink(timers, last);
	}
	timer->place = 0;
}

void nr_timers_fire(struct nr_timers *timers)
{
	uint64_t now;

	if (timers->count == 0)
		return;
	now = nr_timers_now();
	while (timers->count > 0 && timers->heap[0]->due <= now) {
		struct nr_timer *timer = timers->heap[0];

		nr_timer_stop(timers, timer);
		timer->fire(timer);
	}
}

int nr_timers_timeout(const struct nr_timers *timers)
{
	uint64_t now, ms;

	if (timers->count == 0)
		return -1;
	now = nr_timers_now();
	if (timers->heap[0]->due <= now)
		return 0;
	ms = (timers->heap[0]->due - now + NS_PER_MS - 1) / NS_PER_MS;
	return ms > INT_MAX ? INT_MAX : (int)ms;
}

void nr_timers_free(struct nr_timers *timers)
{
	free(timers->heap);
	*timers = (struct nr_timers){0};
}
