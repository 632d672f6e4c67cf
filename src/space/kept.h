/* SPDX-License-Identifier: MIT */
#ifndef NARU_SPACE_KEPT_H
#define NARU_SPACE_KEPT_H

/*
 * space/kept.h - a descriptor that is kept open for later
 *
 * Programs close descriptors that they do not know (closefrom(3), daemons that
 * start up), and the number may then be another file's. So before each use it is
 * looked at, and after all that it is closed only if it is still ours.
 */

#include <stdbool.h>
#include <sys/stat.h>

struct nr_kept {
	_Atomic int fd;
	dev_t device;
	ino_t inode;
};

/* Keep @fd, which is the file that @stat tells of. */
void nr_kept_set(struct nr_kept *kept, int fd, const struct stat *stat);

bool nr_kept_is(const struct nr_kept *kept, const struct stat *stat);

/* The descriptor, if it is open and still that file, else -EBADF. */
int nr_kept_get(struct nr_kept *kept);

/*
 * Put @fd in the place of the lost one, and return what is kept now: another
 * thread may have done the same (@fd is closed then). -ESTALE: @fd is not that
 * file (it is closed).
 */
int nr_kept_renew(struct nr_kept *kept, int fd);

void nr_kept_close(struct nr_kept *kept);

#endif /* NARU_SPACE_KEPT_H */
