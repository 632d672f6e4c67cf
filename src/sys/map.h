/* SPDX-License-Identifier: MIT */
#ifndef NARU_SYS_MAP_H
#define NARU_SYS_MAP_H

/* sys/map.h - mmap(2) and madvise(2) */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Map @length bytes of the file, shared, from @offset (a multiple of the page
 * size). @at: NULL for anywhere, else exactly there, in the place of what is
 * mapped there now.
 */
int nr_map_file(int fd, uint64_t offset, size_t length, bool writable, void *at,
		void **ret_address);

/* Where, and what for. */
struct nr_map_how {
	void *at; /* as of nr_map_file() */
	bool writable;
	bool executable;
	size_t alignment; /* of the address; 0: a page's */
};

/* As nr_map_file(), but for these. */
int nr_map_file_as(int fd, uint64_t offset, size_t length, const struct nr_map_how *how,
		   void **ret_address);

/*
 * Keep these addresses free, until something is mapped in their place. -EEXIST: there is
 * something.
 */
int nr_map_reserve(void *at, size_t length);

/* Make a mapping longer where it is. -ENOMEM: something is behind it. */
int nr_map_grow(void *address, size_t length, size_t wanted);
int nr_map_private(size_t length, void **ret_address);
/* The child of a fork has the same memory. */
int nr_map_shared(size_t length, void **ret_address);
void nr_unmap(void *address, size_t length);

/* The child of a fork does not have this mapping. */
int nr_map_dont_fork(void *address, size_t length);
/* The child of a fork finds zeros here. */
int nr_map_wipe_on_fork(void *address, size_t length);

/*
 * Put what is mapped there into huge pages, now. -EINVAL, -EOPNOTSUPP: they are not to
 * be had here; -ENOMEM, -EAGAIN: none is free.
 */
int nr_map_collapse(void *address, size_t length);

size_t nr_page_size(void);

#endif /* NARU_SYS_MAP_H */
