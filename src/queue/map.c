/* SPDX-License-Identifier: MIT */

#include <queue/map.h>

#include <base/log.h>
#include <errno.h>
#include <sys/file.h>
#include <sys/map.h>

enum { RING_OFFSET_MAX = 1 << 20 };

#define RING_POSSIBLE (UINT64_C(1) << 30)

static uint64_t granules_in(const struct stat *stat, uint64_t heap_offset)
{
	uint64_t granules = ((uint64_t)stat->st_size - heap_offset) / NR_GRANULE;

	return granules < NR_HEAP_GRANULES_MAX ? granules : NR_HEAP_GRANULES_MAX;
}

static int check_object(const struct nr_object_shared *object)
{
	if (nr_read_once(&object->magic) != NR_QUEUE_MAGIC)
		return -EBADMSG;
	return nr_read_once(&object->version) == NR_QUEUE_VERSION ? 0 : -EPROTONOSUPPORT;
}

static bool is_ring_size(uint64_t size, uint64_t most)
{
	return size >= nr_page_size() && size <= most && (size & (size - 1)) == 0;
}

static int read_geometry(int fd, const struct stat *stat,
			 struct nr_geometry *ret_geometry)
{
	struct nr_queue_shared shared;
	struct nr_geometry geometry;
	ssize_t n = nr_file_read_at(fd, &shared, sizeof(shared), 0);
	uint64_t page = nr_page_size();
	int r;

	if (n < 0)
		return (int)n;
	if ((size_t)n < sizeof(shared))
		return -EBADMSG;
	r = check_object(&shared.object);
	if (r < 0)
		return r;

	geometry = (struct nr_geometry){
		.ring_offset = shared.ring_offset,
		.ring_size = nr_load_relaxed(&shared.ring_size),
		.heap_offset = shared.heap_offset,
	};
	if (geometry.ring_offset < NR_QUEUE_RING ||
	    geometry.ring_offset > RING_OFFSET_MAX || geometry.ring_offset % page != 0)
		return -EBADMSG;
	if (geometry.heap_offset <= geometry.ring_offset ||
	    geometry.heap_offset - geometry.ring_offset > 2 * RING_POSSIBLE ||
	    !is_ring_size(geometry.ring_size,
			  (geometry.heap_offset - geometry.ring_offset) / 2))
		return -EBADMSG;
	if (geometry.heap_offset % page != 0 ||
	    geometry.heap_offset + 2 * NR_GRANULE > (uint64_t)stat->st_size)
		return -EBADMSG;
	geometry.granules = granules_in(stat, geometry.heap_offset);
	*ret_geometry = geometry;
	return 0;
}

/* With addresses kept free behind a heap, so that it can grow where it is. */
static size_t heap_room(uint64_t granules)
{
	return 4 * granules * NR_GRANULE;
}

/* As the file goes on; but behind the ring, where it may grow to, there is it again. */
static int map_at(struct naru_queue *queue, int fd, const struct nr_geometry *geometry,
		  size_t heap)
{
	size_t length = geometry->heap_offset + heap;
	unsigned char *base;
	void *address;
	int r;

	r = nr_map_file(fd, 0, length, true, NULL, &address);
	if (r < 0)
		return r;
	base = address;
	r = nr_map_file(fd, geometry->ring_offset, geometry->ring_size, true,
			base + geometry->ring_offset + geometry->ring_size, &address);
	if (r < 0) {
		nr_unmap(base, length);
		return r;
	}
	queue->head = (struct nr_queue_map){base, length};
	queue->heap = (struct nr_queue_map){base + geometry->heap_offset, heap};
	return 0;
}

static int map_heap(struct naru_queue *queue, int fd, uint64_t granules)
{
	size_t length = heap_room(granules);
	void *address;
	int r;

	r = nr_map_file(fd, queue->heap_offset, length, true, NULL, &address);
	if (r < 0) {
		length = granules * NR_GRANULE;
		r = nr_map_file(fd, queue->heap_offset, length, true, NULL, &address);
	}
	if (r < 0)
		return r;
	queue->heap = (struct nr_queue_map){address, length};
	queue->grown[queue->grown_count++] = queue->heap;
	return 0;
}

static void set_heap(struct naru_queue *queue, uint64_t granules)
{
	struct nr_store *store = &queue->store;

	store->heap.base = queue->heap.address;
	store->journal.heap = queue->heap.address;
	store->journal.heap_size = granules * NR_GRANULE;
	/* Last: a child that another thread forks right here maps it for itself. */
	nr_write_once(&store->heap.granules, (uint32_t)granules);
}

static void set_head(struct naru_queue *queue, const struct nr_geometry *geometry)
{
	unsigned char *base = queue->head.address;

	queue->shared = (void *)base;
	queue->waiters = (void *)(base + NR_QUEUE_WAITERS);
	queue->ring_offset = geometry->ring_offset;
	queue->heap_offset = geometry->heap_offset;
	queue->ring.base = base + geometry->ring_offset;
	nr_store_relaxed(&queue->ring.size, geometry->ring_size);
	queue->store.side = &queue->shared->receivers;
	queue->store.heap.shared = &queue->shared->heap;
	queue->store.heap.journal = &queue->store.journal;
	queue->store.journal.shared = (void *)(base + NR_QUEUE_JOURNAL);
	queue->store.journal.base = base;
	queue->store.journal.size = NR_QUEUE_WAITERS;
}

int nr_queue_map_new(struct naru_queue *queue, int fd, const struct stat *stat,
		     const struct nr_geometry *geometry)
{
	int r = map_at(queue, fd, geometry, heap_room(geometry->granules));

	if (r < 0)
		r = map_at(queue, fd, geometry, geometry->granules * NR_GRANULE);
	if (r < 0)
		return r;
	set_head(queue, geometry);
	set_heap(queue, geometry->granules);
	queue->device = stat->st_dev;
	queue->inode = stat->st_ino;
	return 0;
}

int nr_queue_map(struct naru_queue *queue, int fd, const struct stat *stat)
{
	struct nr_geometry geometry;
	int r = read_geometry(fd, stat, &geometry);

	return r < 0 ? r : nr_queue_map_new(queue, fd, stat, &geometry);
}

int nr_queue_map_control(struct naru_queue *queue, int fd, const struct stat *stat)
{
	void *address;
	int r;

	if (stat->st_size < (off_t)NR_QUEUE_RING)
		return -EBADMSG;
	r = nr_map_file(fd, 0, NR_QUEUE_RING, true, NULL, &address);
	if (r < 0)
		return r;
	r = check_object(address);
	if (r < 0) {
		nr_unmap(address, NR_QUEUE_RING);
		return r;
	}
	queue->head = (struct nr_queue_map){address, NR_QUEUE_RING};
	queue->shared = address;
	queue->waiters = (void *)((unsigned char *)address + NR_QUEUE_WAITERS);
	queue->device = stat->st_dev;
	queue->inode = stat->st_ino;
	return 0;
}

void nr_queue_unmap(struct naru_queue *queue)
{
	for (int i = 0; i < queue->grown_count; i++)
		nr_unmap(queue->grown[i].address, queue->grown[i].length);
	nr_unmap(queue->head.address, queue->head.length);
}

int nr_queue_map_file(struct naru_queue *queue, int fd)
{
	struct stat stat;
	uint64_t have;
	int r;

	r = nr_file_stat(fd, &stat);
	if (r < 0)
		return r;
	if (stat.st_dev != queue->device || stat.st_ino != queue->inode)
		return -EIDRM;
	have = granules_in(&stat, queue->heap_offset);
	if (have * NR_GRANULE > queue->heap.length) {
		if (queue->grown_count == NR_QUEUE_GROWN)
			return -ENOMEM;
		r = map_heap(queue, fd, have);
		if (r < 0)
			return r;
	}
	set_heap(queue, have);
	return 0;
}

int nr_queue_map_ring(struct naru_queue *queue, int fd, uint64_t have, uint64_t size)
{
	unsigned char *base = queue->ring.base;
	void *address;
	/* Behind all of what there is; then it is there should the next one fail. */
	int r = nr_map_file(fd, queue->ring_offset, size, true, base + size, &address);

	return r < 0 ? r
		     : nr_map_file(fd, queue->ring_offset + have, size - have, true,
				   base + have, &address);
}

/* Is so much of the heap mapped? Only who holds the receivers' lock may ask for any. */
static bool has_heap(const struct naru_queue *queue, uint32_t granules)
{
	return granules == 0 || granules <= queue->store.heap.granules;
}

/* Of the file open as @fd, which is ours. @granules: 0, or as many of the heap. */
static int map_both(struct naru_queue *queue, int fd, uint64_t ring, uint32_t granules)
{
	uint64_t have = nr_ring_size(&queue->ring);
	int r = 0;

	if (ring > have)
		r = nr_queue_map_ring(queue, fd, have, ring);
	if (r < 0)
		return r;
	nr_store_relaxed(&queue->ring.size, ring);
	if (!has_heap(queue, granules))
		r = nr_queue_map_file(queue, fd);
	return r == 0 && !has_heap(queue, granules) ? -EBADMSG : r;
}

int nr_queue_map_grown(struct naru_queue *queue, bool heap)
{
	uint32_t granules = heap ? nr_read_once(&queue->shared->heap.granules) : 0;
	uint64_t ring = nr_load_relaxed(&queue->shared->ring_size);
	uint64_t have = nr_ring_size(&queue->ring);
	struct stat stat;
	int fd, r;

	if (ring == have && has_heap(queue, granules))
		return 0;
	if (ring < have || !is_ring_size(ring, nr_queue_ring_most(queue)))
		return -EBADMSG;
	r = nr_object_open(queue->space, queue->name, &fd, &stat);
	if (r < 0)
		return r == -ENOENT ? -EIDRM : r;
	r = stat.st_dev == queue->device && stat.st_ino == queue->inode ? 0 : -EIDRM;
	if (r == 0)
		r = map_both(queue, fd, ring, granules);
	nr_file_close(fd);
	return r;
}
