/* SPDX-License-Identifier: MIT */
#ifndef NARU_SEGMENT_ATTACHED_H
#define NARU_SEGMENT_ATTACHED_H

/*
 * segment/attached.h - all attachments of this process, and what fork(2) does to them
 *
 * The child of a fork has the mappings, and so it is attached. Before the fork, each
 * attachment gets a second hold (segment/hold.h), which the child inherits; then the
 * parent drops it (segment/handover.h). So the child counts from the moment that fork
 * returns, and if either of them dies on the way, the kernel drops what it had.
 *
 * A child that is made past libc's fork(2) (clone(2), _Fork(3)) has none of them. It
 * finds that out, and takes some, with its first call that has to do with attachments.
 *
 * If that hold cannot be had (no descriptor is free, or the permission is gone), the
 * child is attached and does not count.
 */

#include <segment/handle.h>

struct nr_attachment {
	struct nr_attachment *next;
	struct nr_segment_file *file;
	unsigned char *origin; /* where it was attached, or would have been: see cut.h */
	unsigned char *address;
	size_t length; /* bytes; what is mapped is that, up to the end of the page */
	bool read_only;
	uint64_t tag;
	void *hold;
	void *child_hold; /* during a fork, for the child */
};

/* The lock of the list, and of whatever must not happen during a fork. */
void nr_attached_enter(void);
void nr_attached_leave(void);

/* Has this thread the lock, or is about to? */
bool nr_attached_is_inside(void);

/* False: nothing is attached there. A quick look, without the lock. */
bool nr_attached_may_be(const void *address, size_t length);

/* With the lock held: */
void nr_attached_add(struct nr_attachment *attachment);
void nr_attached_remove(struct nr_attachment *attachment);
/* One that was attached at @address, the first of its pieces if there are several. */
struct nr_attachment *nr_attached_at(const void *address);
/* The first that @visit says true of; NULL: there is none. */
struct nr_attachment *
nr_attached_first(bool (*visit)(const struct nr_attachment *it, void *data), void *data);

#endif /* NARU_SEGMENT_ATTACHED_H */
