/* SPDX-License-Identifier: MIT */
#ifndef NARU_SYS_FILE_H
#define NARU_SYS_FILE_H

/*
 * sys/file.h - one thin function per call on files; descriptors are close-on-exec
 *
 * Each returns 0 or what its comment says, or a negative errno. None returns
 * -EINTR: they are begun again.
 */

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

/* A descriptor. @directory: AT_FDCWD or an open directory. Adds O_CLOEXEC. */
int nr_file_open(int directory, const char *name, int flags, mode_t mode);
void nr_file_close(int fd);
/* A new descriptor, or an error, which is passed on: not 0, 1 or 2, or another. */
int nr_file_above_standard(int fd);
/* Another file description of the file @fd. It needs /proc, and permission anew. */
int nr_file_reopen(int fd, int flags);

int nr_file_stat(int fd, struct stat *ret_stat);
int nr_file_stat_at(int directory, const char *name, struct stat *ret_stat);
/* Bytes that nobody uses yet: what is there may become 0. */
int nr_file_allocate(int fd, uint64_t offset, uint64_t length);
/* Would nr_file_allocate() most likely succeed? -ENOSPC, -EFBIG. */
int nr_file_has_room(int fd, uint64_t offset, uint64_t length);
/*
 * As nr_file_allocate(), but the end of the file stays where it is, until
 * nr_file_resize() moves it. -EOPNOTSUPP: not in this file system.
 */
int nr_file_reserve(int fd, uint64_t offset, uint64_t length);
/* ftruncate(2): what is added is a hole, without memory. */
int nr_file_resize(int fd, uint64_t size);
/* fchmod(2), of O_PATH descriptors too. */
int nr_file_mode(int fd, mode_t mode);
int nr_file_owner(int fd, uid_t owner, gid_t group);
int nr_file_unlink(int directory, const char *name);
/* @name takes the place of what has that name. */
int nr_file_rename(int directory, const char *old, const char *name);
/* chmod(2) of a name, which is no symbolic link. */
int nr_file_mode_at(int directory, const char *name, mode_t mode);
/* flock(2), exclusive, of an open directory. -EAGAIN: another has it. */
int nr_file_lock_whole(int fd);

/* A FIFO of exactly that mode and, as far as we may, that owner. -EEXIST. */
int nr_file_fifo(int directory, const char *name, mode_t mode, uid_t owner, gid_t group);
/*
 * Mode, and owner and group, -1 for as they are, of what is there under that name,
 * whoever has put it there: @mode says of which kind it must be, too. -EBADMSG: of
 * another.
 */
int nr_file_access(int directory, const char *name, mode_t mode, uid_t owner,
		   gid_t group);
/* The same; who may not give it away leaves it with those that it has. */
int nr_file_access_try(int directory, const char *name, mode_t mode, uid_t owner,
		       gid_t group);
int nr_file_make_directory(const char *path, mode_t mode);

/*
 * Give the nameless file @fd (O_TMPFILE) a name. -EEXIST if it is taken; -ENOENT if
 * that cannot be done here: it may need /proc.
 */
int nr_file_link(int fd, int directory, const char *name);
/* The absolute path of what is open, if there is /proc. -ENAMETOOLONG. */
int nr_file_path(int fd, char *ret_path, size_t size);
/* A second name in the same directory. -EEXIST if it is taken. */
int nr_file_link_name(int directory, const char *old, const char *name);

/* Bytes, or an error; short only at the end of the file. */
ssize_t nr_file_read_at(int fd, void *buffer, size_t size, uint64_t offset);
/* As of read(2) and write(2): may be short. */
ssize_t nr_file_read(int fd, void *buffer, size_t size);
ssize_t nr_file_write(int fd, const void *data, size_t size);

/* fcntl(2) F_OFD_SETLK of bytes [offset, offset + length). -EAGAIN: another has it. */
int nr_file_lock(int fd, uint64_t offset, uint64_t length);
int nr_file_unlock(int fd, uint64_t offset, uint64_t length);

/* The same for reading: any number of descriptions may have it. */
int nr_file_lock_shared(int fd, uint64_t offset, uint64_t length);

/* Bytes that are locked: a length of 0 reaches to the end of all files. */
struct nr_file_range {
	uint64_t offset;
	uint64_t length;
};

/* Has another description a lock in @range? 1: which of them is first; 0; or an error. */
int nr_file_find_lock(int fd, const struct nr_file_range *range,
		      struct nr_file_range *ret_found);

/* F_OFD_GETLK: would nr_file_lock() of one byte fail? 1, 0 or an error. */
int nr_file_locked(int fd, uint64_t offset);

/* Bytes of the file system, and bytes that this user may still take. */
int nr_file_system(int fd, uint64_t *ret_size, uint64_t *ret_free);

/*
 * Call @visit with each name in the directory, "." and ".." included. A nonzero
 * return of @visit ends the walk and is returned.
 */
int nr_file_list(int directory, int (*visit)(void *data, const char *name), void *data);

#endif /* NARU_SYS_FILE_H */
