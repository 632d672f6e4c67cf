/* SPDX-License-Identifier: MIT */

#include <server/loop.h>

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { EVENTS = 128 };

int nr_loop_open(struct nr_loop *loop)
{
	*loop = (struct nr_loop){.poller = epoll_create1(EPOLL_CLOEXEC)};
	nr_list_init(&loop->tasks);
	return loop->poller < 0 ? -errno : 0;
}

static void clear_away(struct nr_loop *loop)
{
	while (loop->waste) {
		struct nr_waste *waste = loop->waste;

		loop->waste = waste->next;
		waste->free(waste);
	}
}

void nr_loop_close(struct nr_loop *loop)
{
	clear_away(loop);
	nr_timers_free(&loop->timers);
	if (loop->poller >= 0)
		close(loop->poller);
}

int nr_loop_watch(struct nr_loop *loop, struct nr_source *source, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = source};
	int how = EPOLL_CTL_MOD;

	if (events == source->events)
		return 0;
	if (events == 0)
		how = EPOLL_CTL_DEL;
	else if (source->events == 0)
		how = EPOLL_CTL_ADD;
	if (epoll_ctl(loop->poller, how, source->fd, &event) < 0)
		return -errno;
	source->events = events;
	return 0;
}

void nr_loop_later(struct nr_loop *loop, struct nr_task *task)
{
	if (nr_list_empty(&task->link))
		nr_list_append(&loop->tasks, &task->link);
}

void nr_loop_throw_away(struct nr_loop *loop, struct nr_waste *waste)
{
	waste->next = loop->waste;
	loop->waste = waste;
}

/* Those that are put off meanwhile wait for the next turn. */
static void run_tasks(struct nr_loop *loop)
{
	struct nr_link tasks;

	nr_list_move(&loop->tasks, &tasks);
	while (!nr_list_empty(&tasks)) {
		struct nr_task *task = nr_of(tasks.next, struct nr_task, link);

		nr_list_remove(&task->link);
		task->run(task);
	}
}

int nr_loop_turn(struct nr_loop *loop, bool wait)
{
	struct epoll_event events[EVENTS];
	int timeout = 0, count;

	loop->turns++;
	if (wait && nr_list_empty(&loop->tasks))
		timeout = nr_timers_timeout(&loop->timers);
	count = epoll_wait(loop->poller, events, EVENTS, timeout);
	if (count < 0 && errno != EINTR)
		return -errno;
	for (int i = 0; i < count; i++) {
		struct nr_source *source = events[i].data.ptr;

		/* It may have been let go by what came before it. */
		if (source->events)
			source->ready(source);
	}
	nr_timers_fire(&loop->timers);
	run_tasks(loop);
	clear_away(loop);
	return 0;
}
