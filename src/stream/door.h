/* SPDX-License-Identifier: MIT */
#ifndef NARU_STREAM_DOOR_H
#define NARU_STREAM_DOOR_H

/*
 * stream/door.h - a Unix socket that listens under a name in a directory
 *
 * The socket gets its name only when it listens: it is bound under a temporary one,
 * ".new-<pid>-<time>", and renamed. Whether the socket that has the name already is a
 * living one's is asked by a connect of another type, which the listener does not
 * notice: the kernel says -EPROTOTYPE for a living one, -ECONNREFUSED for one whose
 * process is gone. Two who replace it at once take turns by flock(2) of the directory.
 *
 * Directories are open descriptors, and paths begin with /proc/self/fd: so that neither
 * a long path nor one that others move matters.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

struct nr_door {
	int fd;
	int directory; /* the door's own descriptor */
	char name[256];
	uint64_t device; /* of the name, so that only ours is removed */
	uint64_t inode;
	int32_t pid; /* a child of fork does not remove it */
};

/*
 * -EADDRINUSE	somebody listens there
 * -EEXIST	it is the name of something else
 */
int nr_door_open(int directory, const char *name, uint32_t mode, uint32_t backlog,
		 struct nr_door *ret_door);
void nr_door_close(struct nr_door *door);

/*
 * 1: it is the name of a socket whose process is gone, and is removed if that is wanted.
 * 0: it is not. -EACCES: it may not be removed.
 */
int nr_door_clear(int directory, const char *name, bool remove);

/*
 * A descriptor that is connected. @stat: NULL, or of the name's file.
 *
 * -ENOENT, -ECONNREFUSED, -EACCES, -ETIMEDOUT, -EINTR
 */
int nr_door_connect(int directory, const char *name, uint64_t until_ns,
		    struct stat *ret_stat);

#endif /* NARU_STREAM_DOOR_H */
