/* SPDX-License-Identifier: MIT */
#ifndef NARU_SYS_MEMORY_FILE_H
#define NARU_SYS_MEMORY_FILE_H

/*
 * sys/memory-file.h - a file of memory, without a name in any directory;
 * memfd_create(2)
 *
 * To hand to another process it is sealed: nobody can make it shorter, so that touching
 * it never raises SIGBUS for want of a file.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A descriptor of @size bytes, sealed. It has no memory yet. */
int nr_memory_file(uint64_t size);

/*
 * Is a descriptor that somebody else has made such a file, of @size bytes? -EBADMSG: it
 * is something else, and must not be mapped.
 */
int nr_memory_file_check(int fd, uint64_t size);

/* An empty one, not sealed; /proc calls it @name. The lowest descriptor that is free. */
int nr_memory_file_open(const char *name, bool cloexec);
/* Go on at its beginning. */
int nr_memory_file_rewind(int fd);

/*
 * Get the memory for a part of its mapping, for writing. Without this it comes at the
 * first touch, which ends in SIGBUS if there is none.
 *
 * -ENOMEM	there is none
 */
int nr_memory_populate(void *address, size_t length);

#endif /* NARU_SYS_MEMORY_FILE_H */
