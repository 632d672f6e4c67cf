/* SPDX-License-Identifier: MIT */
#ifndef NARU_QUEUE_MAP_H
#define NARU_QUEUE_MAP_H

/*
 * queue/map.h - a queue's file in this process's memory
 */

#include <queue/handle.h>
#include <space/object.h>

/* Where what is in a queue's file. */
struct nr_geometry {
	uint64_t ring_offset;
	uint64_t ring_size;
	uint64_t heap_offset; /* twice the ring's largest size behind ring_offset */
	uint64_t granules;    /* that the file has memory for */
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
 * Another process may have grown the queue: map what is new, of the ring and, if the
 * receivers' lock is held, of the @heap. What was mapped before stays valid for those who
 * use it. For the ring, either lock is held: another thread that holds the other one does
 * the same, at worst, or has done it. -EBADMSG, -EIDRM
 */
int nr_queue_map_grown(struct naru_queue *queue, bool heap);

/* The same, from an open descriptor: all that the file has by now. */
int nr_queue_map_file(struct naru_queue *queue, int fd);

/*
 * Map a ring of @size bytes instead of @have, of which the file has memory. Until the
 * handle's size is set, too, it goes on as it is, but for its second copy, which only
 * who holds a lock uses.
 */
int nr_queue_map_ring(struct naru_queue *queue, int fd, uint64_t have, uint64_t size);

#endif /* NARU_QUEUE_MAP_H */
