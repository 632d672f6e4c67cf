/* SPDX-License-Identifier: MIT */
#ifndef NARU_SYS_FILE_H
#define NARU_SYS_FILE_H

/*
 * sys/file.h - one thin function per call on files; descriptors are close-on-exec
 *
 * Each returns 0 or what its comment says, or a negative errno. None returns
 * -EINTR: they are begun again.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

/* A descriptor. @directory: AT_FDCWD or an open directory. Adds O_CLOEXEC. */
int nr_file_open(int directory, const char *name, int flags, mode_t mode);
void nr_file_close(int fd);

int nr_file_stat(int fd, struct stat *ret_stat);
int nr_file_stat_at(int directory, const char *name, struct stat *ret_stat);
int nr_file_allocate(int fd, uint64_t offset, uint64_t length);
int nr_file_mode(int fd, mode_t mode);
int nr_file_owner(int fd, uid_t owner, gid_t group);
int nr_file_unlink(int directory, const char *name);

/* Give the nameless file @fd (O_TMPFILE) a name. -EEXIST if it is taken. */
int nr_file_link(int fd, int directory, const char *name);

/* Bytes, or an error; short only at the end of the file. */
ssize_t nr_file_read_at(int fd, void *buffer, size_t size, uint64_t offset);
ssize_t nr_file_read(int fd, void *buffer, size_t size);
ssize_t nr_file_write(int fd, const void *data, size_t size);

/* fcntl(2) F_OFD_SETLK of bytes [offset, offset + length). -EAGAIN: another has it. */
int nr_file_lock(int fd, uint64_t offset, uint64_t length);
int nr_file_unlock(int fd, uint64_t offset, uint64_t length);

/* F_OFD_GETLK: would nr_file_lock() of one byte fail? 1, 0 or an error. */
int nr_file_locked(int fd, uint64_t offset);

#endif /* NARU_SYS_FILE_H */
