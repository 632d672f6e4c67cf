/* SPDX-License-Identifier: MIT */
#ifndef NARU_QUEUE_MAP_H
#define NARU_QUEUE_MAP_H

/*
 * queue/map.h - a queue's file in this process's memory
 */

#include <queue/handle.h>
#include <space/object.h>

/* Longer messages wait in the heap, and only a reference goes through the ring. */
#define NR_INLINE_MAX UINT64_C(8192)

/* Where what is in a queue's file. */
struct nr_geometry {
	uint64_t ring_offset;
	uint64_t ring_size;
	uint64_t heap_offset;
	uint64_t granules; /* that the file has memory for */
};

/* Map a new file, whose header is still to be written. */
int nr_queue_map_new(struct naru_queue *queue, int fd, const struct stat *stat,
		     const struct nr_geometry *geometry);

/*
 * Map the file, check that it is a whole queue of a version that we speak, and
 * fill in the handle from it. The descriptor is not kept.
 *
 * -EBADMSG, -EPROTONOSUPPORT
 */
int nr_queue_map(struct naru_queue *queue, int fd, const struct stat *stat);

/* Only what the removal of a queue needs: header and waiters. */
int nr_queue_map_control(struct naru_queue *queue, int fd, const struct stat *stat);
void nr_queue_unmap(struct naru_queue *queue);

/*
 * Another process may have grown the heap: map what is new. The receivers' lock
 * is held. What was mapped before stays valid for those who use it.
 */
int nr_queue_map_grown(struct naru_queue *queue);

/* The same, from an open descriptor: all that the file has by now. */
int nr_queue_map_file(struct naru_queue *queue, int fd);

#endif /* NARU_QUEUE_MAP_H */
