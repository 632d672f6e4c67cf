/* SPDX-License-Identifier: MIT */

/* stream/memory.c - how both ends come to have the same memory; see stream/memory.h */

#include <stream/memory.h>

#include <errno.h>
#include <stream/rights.h>
#include <string.h>
#include <sys/file.h>
#include <sys/map.h>
#include <sys/memory-file.h>
#include <sys/sockets.h>

static uint64_t file_size(uint64_t capacity)
{
	return nr_page_size() + 2 * capacity;
}

/*
 * Header, first ring, first ring again, second ring, second ring again. The middle two
 * lie in a row in the file, too.
 */
static int map_file(int file, uint64_t capacity, unsigned char **ret_base,
		    size_t *ret_length)
{
	size_t page = nr_page_size(), length = page + 4 * capacity;
	unsigned char *base;
	void *address;
	int r = nr_map_file(file, 0, length, true, NULL, &address);

	if (r < 0)
		return r;
	base = address;
	r = nr_map_file(file, page, 2 * capacity, true, base + page + capacity, &address);
	if (r == 0)
		r = nr_map_file(file, page + capacity, capacity, true,
				base + page + 3 * capacity, &address);
	if (r == 0)
		r = nr_memory_populate(base, page);
	if (r < 0) {
		nr_unmap(base, length);
		return r;
	}
	*ret_base = base;
	*ret_length = length;
	return 0;
}

static int map(struct nr_memory *memory, int file, uint64_t capacity, int own)
{
	struct nr_stream_end_shared *end;
	unsigned char *base, *rings[2];
	int r = map_file(file, capacity, &base, &memory->mapped);

	if (r < 0)
		return r;
	memory->shared = (void *)base;
	end = memory->shared->end;
	rings[NR_STREAM_CLIENT] = base + nr_page_size();
	rings[NR_STREAM_SERVER] = rings[NR_STREAM_CLIENT] + 2 * capacity;
	memory->own = &end[own];
	memory->other = &end[!own];
	memory->out = (struct nr_writer){
		.base = rings[own],
		.size = capacity,
		.own = memory->own,
		.other = memory->other,
	};
	memory->in = (struct nr_reader){
		.base = rings[!own],
		.size = capacity,
		.own = memory->own,
		.other = memory->other,
	};
	memory->ring_fd = memory->room_fd = -1;
	nr_spin_set_up(&memory->spin_in);
	nr_spin_set_up(&memory->spin_out);
	nr_barrier_register();
	return 0;
}

int nr_memory_create(struct nr_memory *memory, uint64_t capacity)
{
	int file = nr_memory_file(file_size(capacity));
	int r;

	if (file < 0)
		return file;
	r = map(memory, file, capacity, NR_STREAM_CLIENT);
	if (r < 0) {
		nr_file_close(file);
		return r;
	}
	return file;
}

int nr_memory_offer(const struct nr_memory *memory, int file, int fd)
{
	const struct nr_stream_hello hello = {
		.magic = NR_STREAM_MAGIC,
		.version = NR_STREAM_VERSION,
		.capacity = file >= 0 ? memory->out.size : 0,
	};
	ssize_t n = file >= 0 ? nr_rights_send(fd, &hello, sizeof(hello), file)
			      : nr_socket_send(fd, &hello, sizeof(hello), false);

	if (n < 0)
		return (int)n;
	return n == sizeof(hello) ? 0 : -EPIPE;
}

static int check_hello(const struct nr_stream_hello *hello, int file)
{
	if (hello->magic != NR_STREAM_MAGIC)
		return -EBADMSG;
	if (hello->version != NR_STREAM_VERSION)
		return -EPROTONOSUPPORT;
	if (hello->capacity == 0 && file < 0)
		return 0;
	if (file < 0 || hello->capacity < nr_page_size() ||
	    hello->capacity > NR_STREAM_CAPACITY_MAX ||
	    (hello->capacity & (hello->capacity - 1)) != 0)
		return -EBADMSG;
	return nr_memory_file_check(file, file_size(hello->capacity));
}

int nr_memory_accept(struct nr_memory *memory, int fd)
{
	struct nr_stream_hello hello;
	int file, r;
	ssize_t n = nr_rights_receive(fd, &hello, sizeof(hello), &file);

	if (n <= 0)
		return n == 0 ? -EPIPE : (int)n;
	r = n == sizeof(hello) ? check_hello(&hello, file) : -EBADMSG;
	if (r == 0 && hello.capacity > 0)
		r = map(memory, file, hello.capacity, NR_STREAM_SERVER);
	if (file >= 0)
		nr_file_close(file);
	return r;
}

void nr_memory_close(struct nr_memory *memory)
{
	if (memory->ring_fd >= 0)
		nr_file_close(memory->ring_fd);
	if (memory->room_fd >= 0)
		nr_file_close(memory->room_fd);
	/* Only a hint: the socket was closed before, and may still be open in others. */
	nr_fetch_or(&memory->own->bytes, NR_STREAM_CLOSING);
	nr_fetch_or(&memory->own->room, NR_STREAM_CLOSING);
	nr_unmap(memory->shared, memory->mapped);
	memory->shared = NULL;
}
