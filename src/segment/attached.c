/* SPDX-License-Identifier: MIT */

#include <segment/attached.h>

#include <base/atomic.h>
#include <base/log.h>
#include <pthread.h>
#include <segment/handover.h>
#include <segment/hold.h>
#include <stddef.h>
#include <sys/map.h>

static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct nr_attachment *attachments; /* the last one made comes first */
static _Thread_local bool is_inside;

/* All that is, or was, attached lies between them. */
static _Atomic uintptr_t lowest = UINTPTR_MAX, highest;

/* In a page that is zero in a child, however that was made; NULL: it could not be had. */
static _Atomic uint32_t *known;

/* The parent's holds are not mapped here, and something else may be. */
static void renew_holds(void)
{
	for (struct nr_attachment *it = attachments; it; it = it->next)
		it->hold = it->child_hold = NULL;
	nr_handover_forget();
	nr_store_relaxed(known, 1);
	for (struct nr_attachment *it = attachments; it; it = it->next)
		if (nr_hold_take(it->file, false, &it->hold) < 0)
			nr_log("segment %s: an attachment of a child does not count",
			       it->file->name);
}

static void enter(void)
{
	/* First: a handler that comes in between must not wait for the lock. */
	is_inside = true;
	pthread_mutex_lock(&guard);
	if (known && nr_load_relaxed(known) == 0)
		renew_holds();
}

void nr_attached_leave(void)
{
	pthread_mutex_unlock(&guard);
	is_inside = false;
}

bool nr_attached_is_inside(void)
{
	return is_inside;
}

bool nr_attached_may_be(const void *address, size_t length)
{
	uintptr_t from = (uintptr_t)address;

	return from < nr_load_relaxed(&highest) &&
	       nr_load_relaxed(&lowest) < from + length;
}

static void before_fork(void)
{
	enter();
	if (attachments)
		nr_handover_begin();
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
	nr_handover_end();
	nr_attached_leave();
}

static void after_fork_in_child(void)
{
	for (struct nr_attachment *it = attachments; it; it = it->next) {
		it->hold = it->child_hold;
		it->child_hold = NULL;
		nr_hold_adopt(it->hold);
	}
	nr_handover_inherit();
	if (known)
		nr_store_relaxed(known, 1);
	nr_attached_leave();
}

static void watch_fork(void)
{
	void *page;

	if (nr_map_private(nr_page_size(), &page) == 0) {
		if (nr_map_wipe_on_fork(page, nr_page_size()) == 0)
			known = page;
		else
			nr_unmap(page, nr_page_size());
	}
	if (known)
		nr_store_relaxed(known, 1);
	pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

void nr_attached_enter(void)
{
	pthread_once(&once, watch_fork);
	enter();
}

void nr_attached_add(struct nr_attachment *attachment)
{
	uintptr_t from = (uintptr_t)attachment->address;
	uintptr_t to = from + attachment->length + nr_page_size();

	if (from < nr_load_relaxed(&lowest))
		nr_store_relaxed(&lowest, from);
	if (to > nr_load_relaxed(&highest))
		nr_store_relaxed(&highest, to);
	attachment->next = attachments;
	attachments = attachment;
	nr_handover_prepare();
}

void nr_attached_remove(struct nr_attachment *attachment)
{
	struct nr_attachment **link = &attachments;

	while (*link != attachment)
		link = &(*link)->next;
	*link = attachment->next;
	if (!attachments) {
		nr_store_relaxed(&highest, 0);
		nr_store_relaxed(&lowest, UINTPTR_MAX);
	}
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
	return it->address == address && it->origin == address;
}

static bool belongs_to(const struct nr_attachment *it, void *address)
{
	return it->origin == address;
}

struct nr_attachment *nr_attached_at(const void *address)
{
	void *at = (void *)(uintptr_t)address;
	struct nr_attachment *first = nr_attached_first(begins_at, at);

	return first ? first : nr_attached_first(belongs_to, at);
}
