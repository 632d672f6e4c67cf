/* SPDX-License-Identifier: MIT */
#ifndef NARU_SPACE_H
#define NARU_SPACE_H

/*
 * naru/space.h - a directory that holds objects
 *
 * Processes, and containers, that see the same directory share the objects in
 * it. Nothing else is needed: no daemon, no registration. Most programs never
 * call anything here: a NULL space means the process's default space, which is
 * the directory $NARU_SPACE, else /dev/shm/naru-<euid> (made with mode 0700 on
 * first use).
 *
 * A process that uses a space is a *peer*. It holds a slot in the space's peer
 * table for as long as it lives; when it dies, in whichever way and namespace,
 * the kernel gives the slot up for it, and the others repair what it left
 * half done. After fork(2) the child becomes a peer of its own by itself.
 *
 * A space may also be that of a server (naru serve), on this machine or another: then its
 * path is a URL of naru/stream.h, such as tcp://HOST:PORT. Queues, and the list of them,
 * are as with a directory (naru/queue.h tells the difference); there are no segments, and
 * no checks: -EOPNOTSUPP. It connects when it is needed first. For tls:// the options say
 * what to show and whom to trust, or the environment does: $NARU_TLS_CERTIFICATE,
 * $NARU_TLS_KEY and $NARU_TLS_AUTHORITY, files as of naru_connect().
 *
 * A space may be shared by users: make the directory with the mode wanted
 * (group-writable and set-group-ID, say, or 1777) and give queues a mode.
 * Whoever may write to a queue may also damage its contents, as with any shared
 * memory; the library then says -EBADMSG and does not crash. One thing it cannot
 * prevent: whoever may write to the file may truncate it, which ends the others
 * with SIGBUS. Share a queue's write permission with those you trust so far.
 */

#include <naru/base.h>
#include <stdbool.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct naru_space;
struct naru_stream_options; /* naru/stream.h */

struct naru_space_options {
	size_t size;   /* sizeof(struct naru_space_options) */
	bool create;   /* make the directory if it is not there */
	uint32_t mode; /* of a directory that is made; default 0700 */
	/* Of a server: how to connect to it. NULL: what the environment says */
	const struct naru_stream_options *stream;
};

/*
 * Open the space at @path.
 *
 * @path	a directory, or a server's URL; NULL: the default space, which is made if
 *		need be
 * @options	NULL for all defaults
 *
 * -ENOENT	no such directory
 * -ENOTDIR	@path is something else
 * -EACCES	no permission; or the default space's directory belongs to
 *		another user, who could have put it there as a trap
 * -EUSERS	4095 processes use the space already
 * -ENOSPC	the file system is full
 *
 * The caller closes it with naru_space_close(), after everything opened in it.
 */
NARU_API int naru_space_open(const char *path, const struct naru_space_options *options,
			     struct naru_space **ret_space);

/* Accepts NULL. Always returns NULL: space = naru_space_close(space). */
NARU_API struct naru_space *naru_space_close(struct naru_space *space);

/* The directory, or the URL, until the space is closed. NULL: of the default space. */
NARU_API const char *naru_space_path(struct naru_space *space);

enum naru_kind {
	NARU_KIND_UNKNOWN = 0, /* a file that is not, or no longer, naru's */
	NARU_KIND_QUEUE = 1,
	NARU_KIND_SEGMENT = 2,
	NARU_KIND_SET = 3, /* System V semaphores: naru-sysv(7) */
};

/* One object of a space, as naru_space_list() tells it. */
struct naru_entry {
	const char *name; /* valid during the call */
	enum naru_kind kind;
	uint32_t uid;
	uint32_t gid;
	uint32_t mode;	 /* permission bits */
	uint64_t memory; /* bytes of the file that are in use */
};

/*
 * Call @visit for each object of the space, in no particular order. A nonzero
 * return of @visit ends the walk and is returned.
 */
NARU_API int naru_space_list(struct naru_space *space,
			     int (*visit)(void *data, const struct naru_entry *entry),
			     void *data);

struct naru_space_stat {
	size_t size;	      /* sizeof(struct naru_space_stat), set by the caller */
	uint32_t peers;	      /* processes that use the space now */
	uint32_t peers_stale; /* slots of dead processes, not yet given up */
	uint32_t peers_max;
	uint32_t objects;
	uint64_t memory;	  /* bytes of all objects */
	uint64_t filesystem_size; /* bytes */
	uint64_t filesystem_free; /* bytes that this user may still take */
};

NARU_API int naru_space_stat(struct naru_space *space, struct naru_space_stat *ret_stat);

enum naru_severity {
	NARU_SEVERITY_OK = 0,
	NARU_SEVERITY_NOTICE = 1,  /* repairs itself, or is a matter of taste */
	NARU_SEVERITY_WARNING = 2, /* will hurt; nothing is lost yet */
	NARU_SEVERITY_ERROR = 3,   /* an object cannot be used */
};

struct naru_finding {
	enum naru_severity severity;
	const char *object; /* a name, or NULL for the space as a whole */
	const char *text;   /* what is the matter, and what to do; one line */
	bool repaired;	    /* naru_space_check() has put it right */
};

enum naru_check_flags {
	NARU_CHECK_REPAIR = 1 << 0, /* put right what can be, without losing messages */
};

/*
 * Look for what is wrong in a space: slots and locks of dead processes, broken
 * or foreign files, left-over temporary ones, a file system that is nearly
 * full. @visit is called with each finding. Returns how many findings of
 * severity WARNING or worse are left, or an error.
 *
 * A damaged object is never deleted: the finding says how to.
 */
NARU_API int naru_space_check(struct naru_space *space, int flags,
			      void (*visit)(void *data,
					    const struct naru_finding *finding),
			      void *data);

#ifdef __cplusplus
}
#endif

#endif /* NARU_SPACE_H */
