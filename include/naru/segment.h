/* SPDX-License-Identifier: MIT */
#ifndef NARU_SEGMENT_H
#define NARU_SEGMENT_H

/*
 * naru/segment.h - memory that processes share
 *
 * A segment is a number of bytes with a name. Whoever attaches it gets a pointer to
 * them: what one process stores there, the others read. All is zero at first. The bytes
 * stay when processes end; the segment stays until it is removed, and even then those
 * who are attached keep it until they detach.
 *
 *	create | open -> attach -> use the pointer -> detach
 *
 * Beside the bytes, and not among them, each segment has, for whoever wants it,
 *
 *	a lock		to take turns. If its owner dies, the next one gets it with
 *			-EOWNERDEAD and the bytes as they were.
 *	a bell		wait for the next notify
 *	a latest value	that one process writes and many read, without a lock; it is
 *			always whole
 *
 * Death: an attachment ends when its process does, in whichever way. It is the kernel
 * that keeps the evidence, so that the count is exact, also after SIGKILL, fork(2) (a
 * child has its parent's attachments) and execve(2) (which ends them). A process that
 * dies in a call here leaves what the call does done or not done, and nobody stuck. What
 * it did to the bytes is the application's own affair: see the lock.
 *
 * Memory is reserved at creation: -ENOSPC then, and no SIGBUS later.
 *
 * Handles: a handle may be used by several threads at once, and by a child after
 * fork(2). Attachments belong to the process; they stay when the handle is closed.
 *
 * A child is counted if it was made by fork(2) of libc, and if the segment could be
 * opened in that moment: not after the process has given up its permission for it.
 *
 * Lengths are bytes. For timeout_ms, -ETIMEDOUT, -EAGAIN and -EINTR see base.h.
 */

#include <naru/base.h>
#include <naru/space.h>

#ifdef __cplusplus
extern "C" {
#endif

struct naru_segment;

enum naru_segment_flags {
	NARU_READ_ONLY = 1 << 3,  /* open (without NARU_CREATE) and attach */
	NARU_HUGE_PAGES = 1 << 4, /* create: of huge pages, all of it, or fail */
};

/* A field left zero takes its default. Declare with NARU_INIT. */
struct naru_segment_options {
	size_t size;	 /* sizeof(struct naru_segment_options) */
	uint32_t flags;	 /* of enum naru_segment_flags, enum naru_open_flags */
	uint32_t mode;	 /* permission bits, umask not applied; default 0600 */
	uint64_t length; /* bytes; no default; at most 2^46 */
	uint64_t latest; /* bytes of the latest value; default 504, at most 2^30 */
	uint32_t owner;	 /* only with NARU_SET_OWNER */
	uint32_t group;	 /* only with NARU_SET_GROUP */
};

/*
 * Create the segment @name, and open it. All its memory is reserved now: the length,
 * a page, and, if more than the default of it is wanted, 4 times the latest value. With
 * NARU_HUGE_PAGES the length is rounded up to 2 MiB.
 *
 * @space	NULL for the default space
 * @name	1 to NARU_NAME_MAX bytes of [A-Za-z0-9._-], no leading dot
 *
 * -EEXIST	there is an object of that name
 * -EINVAL	@name or an option is out of range
 * -ENOSPC	the file system has no room for that length
 * -EACCES	no permission to write to the space
 * -EOPNOTSUPP	NARU_HUGE_PAGES: not with this kernel, or not in this file system
 * -ENOMEM	NARU_HUGE_PAGES: there are not enough of them just now
 */
NARU_API int naru_segment_create(struct naru_space *space, const char *name,
				 const struct naru_segment_options *options,
				 struct naru_segment **ret_segment);

/*
 * Open the segment @name; with NARU_CREATE in the options, create it with them if it is
 * not there (if it is, the options are not compared with it). With NARU_READ_ONLY read
 * permission is enough.
 *
 * -ENOENT		there is none
 * -EACCES		no permission
 * -EBADMSG		the file is not a segment, or is damaged
 * -EPROTONOSUPPORT	it was made by another version of naru
 */
NARU_API int naru_segment_open(struct naru_space *space, const char *name,
			       const struct naru_segment_options *options,
			       struct naru_segment **ret_segment);

/*
 * Close this handle. The segment stays, and so does what is attached. A lock that is held
 * stays held until the process ends: unlock it first. No other thread may be in a call
 * with this handle. Accepts NULL. Always returns NULL.
 */
NARU_API struct naru_segment *naru_segment_close(struct naru_segment *segment);

/*
 * Remove the name. Those who have opened or attached the segment go on as before; the
 * memory goes with the last of them. Needs write permission on the space.
 *
 * -ENOENT	there is none
 * -EBADMSG	it is a queue
 */
NARU_API int naru_segment_remove(struct naru_space *space, const char *name);

/*
 * Attach the segment: map its bytes. Each call makes another attachment, at another
 * address.
 *
 * @address	NULL for anywhere; else there, a multiple of the page size (of 2 MiB, if
 *		the segment is of huge pages)
 * @flags	NARU_READ_ONLY, or 0. A handle opened with NARU_READ_ONLY attaches so.
 * @ret_length	may be NULL
 *
 * -EEXIST	something else is at @address
 * -EINVAL	it is not such a multiple
 * -EACCES	no permission any more
 */
NARU_API int naru_segment_attach(struct naru_segment *segment, void *address, int flags,
				 void **ret_address, size_t *ret_length);

/* -EINVAL: no segment is attached at @address. */
NARU_API int naru_segment_detach(void *address);

/*
 * See, at the same address, what the segment has grown by since it was attached.
 *
 * -EINVAL	no segment is attached at @address
 * -ENOMEM	something else is behind it; attach the segment once more
 */
NARU_API int naru_segment_extend(void *address, size_t *ret_length);

/*
 * Change what is nonzero in @options: the length, only upwards, and the mode; the owner
 * and the group by their flags. Memory for what is added is reserved, and zero. What is
 * attached stays as it is: see naru_segment_extend().
 *
 * -EINVAL	the length is less than it is, or more than 2^46
 * -ENOSPC	no room to grow
 * -EPERM	not the owner (mode, owner and group)
 * -EACCES	the handle was opened with NARU_READ_ONLY
 */
NARU_API int naru_segment_set(struct naru_segment *segment,
			      const struct naru_segment_options *options);

struct naru_segment_stat {
	size_t size;	      /* sizeof(struct naru_segment_stat), set by the caller */
	uint64_t length;      /* bytes */
	uint64_t attachments; /* now, of all processes */
	uint64_t latest;      /* bytes that the latest value may have */
	uint64_t sequence;    /* how often it was written */
	int32_t creator;      /* pids are of their own namespaces; 0: none yet */
	int32_t last_attacher;
	int32_t last_detacher;
	int32_t lock_owner;  /* who has the lock; 0: nobody */
	int64_t created;     /* nanoseconds since the epoch */
	int64_t changed;     /* creation or last set */
	int64_t last_attach; /* by somebody who may write; 0: never */
	int64_t last_detach; /* the same, by a call */
	uint32_t uid;
	uint32_t gid;
	uint32_t mode;	  /* permission bits */
	uint32_t removed; /* 1: it has no name any more */
	uint32_t huge;	  /* 1: of huge pages */
	uint32_t damaged; /* 1: a lock's owner died; 2: given up */
	uint64_t memory;  /* bytes of the file that are in use */
};

NARU_API int naru_segment_stat(struct naru_segment *segment,
			       struct naru_segment_stat *ret_stat);

/*
 * Take the segment's lock. It is the process's; its threads exclude each other as well.
 * With timeout_ms 0 it does not wait at all. Needs a handle that is not NARU_READ_ONLY.
 *
 * -EOWNERDEAD		the lock is yours; an owner before you died with it, and nobody
 *			has repaired the bytes since. Look at them, then call
 *			naru_segment_repaired() or naru_segment_give_up(). If you do
 *			neither before you unlock, the next one is told again.
 * -ENOTRECOVERABLE	somebody has given it up; the lock is not yours, nor will be
 */
NARU_API int naru_segment_lock(struct naru_segment *segment, int timeout_ms);

/* -EPERM: this process does not have it. */
NARU_API int naru_segment_unlock(struct naru_segment *segment);

/* The bytes are in order again. The lock stays yours. -EPERM as above. */
NARU_API int naru_segment_repaired(struct naru_segment *segment);

/*
 * The bytes cannot be repaired: unlocks, and all others get -ENOTRECOVERABLE from now on.
 * -EPERM as above.
 */
NARU_API int naru_segment_give_up(struct naru_segment *segment);

/*
 * The bell: a number that each notify raises. Take it, look at the bytes, and if there is
 * nothing for you there, wait for it to become another one:
 *
 *	for (;;) {
 *		uint32_t events = naru_segment_events(segment);
 *		if (there_is_something(bytes))
 *			break;
 *		r = naru_segment_wait(segment, events, timeout_ms);
 *		...
 */
NARU_API uint32_t naru_segment_events(struct naru_segment *segment);

/*
 * Wait while the number is @events. A handle with NARU_READ_ONLY hears of it up to 80 ms
 * late. 0: it is another one.
 */
NARU_API int naru_segment_wait(struct naru_segment *segment, uint32_t events,
			       int timeout_ms);

/* Raise the number, and wake all who wait. -EACCES: the handle is NARU_READ_ONLY. */
NARU_API int naru_segment_notify(struct naru_segment *segment);

/*
 * Make a copy of @data the latest value. Only one process and thread at a time: if there
 * may be several, they take turns by the lock. Never waits for readers.
 *
 * -EMSGSIZE	@length is more than stat.latest
 * -EACCES	the handle is NARU_READ_ONLY
 */
NARU_API int naru_segment_write_latest(struct naru_segment *segment, const void *data,
				       size_t length);

/*
 * Copy the latest value to @buffer. It is one that was written, whole, whatever the
 * writer does meanwhile.
 *
 * @ret_sequence	how many have been written up to this one; may be NULL
 *
 * Returns its bytes.
 *
 * -ENOMSG	none has been written yet
 * -EMSGSIZE	it is larger than @size
 * -EAGAIN	a writer was faster, very many times
 */
NARU_API ssize_t naru_segment_read_latest(struct naru_segment *segment, void *buffer,
					  size_t size, uint64_t *ret_sequence);

#ifdef __cplusplus
}
#endif

#endif /* NARU_SEGMENT_H */
