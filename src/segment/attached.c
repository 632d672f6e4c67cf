/* SPDX-License-Identifier: MIT */

#include <segment/attached.h>

#include <base/log.h>
#include <pthread.h>
#include <segment/hold.h>
#include <stddef.h>

static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct nr_attachment *attachments; /* the last one made comes first */

static void before_fork(void)
{
	pthread_mutex_lock(&guard);
	for (struct nr_attachment *it = attachments; it; it = it->next)
		if (nr_hold_take(it->file, true, &it->child_hold) < 0)
			nr_log("segment %s: a child that is attached will not count",
			       it->file->name);
}

/* Also if there is no child after all. */
static void after_fork_in_parent(void)
{
	for (struct nr_attachment *it = attachments; it; it = it->next) {
		nr_hold_drop(it->child_hold);
		it->child_hold = NULL;
	}
	pthread_mutex_unlock(&guard);
}

static void after_fork_in_child(void)
{
	for (struct nr_attachment *it = attachments; it; it = it->next) {
		it->hold = it->child_hold;
		it->child_hold = NULL;
		nr_hold_adopt(it->hold);
	}
	pthread_mutex_unlock(&guard);
}

static void watch_fork(void)
{
	pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

void nr_attached_enter(void)
{
	pthread_once(&once, watch_fork);
	pthread_mutex_lock(&guard);
}

void nr_attached_leave(void)
{
	pthread_mutex_unlock(&guard);
}

void nr_attached_add(struct nr_attachment *attachment)
{
	attachment->next = attachments;
	attachments = attachment;
}

void nr_attached_remove(struct nr_attachment *attachment)
{
	struct nr_attachment **link = &attachments;

	while (*link != attachment)
		link = &(*link)->next;
	*link = attachment->next;
}

struct nr_attachment *
nr_attached_first(bool (*visit)(const struct nr_attachment *it, void *data), void *data)
{
	struct nr_attachment *it = attachments;

	while (it && !visit(it, data))
		it = it->next;
	return it;
}

static bool begins_at(const struct nr_attachment *it, void *address)
{
	return it->address == address;
}

struct nr_attachment *nr_attached_at(const void *address)
{
	return nr_attached_first(begins_at, (void *)(uintptr_t)address);
}
