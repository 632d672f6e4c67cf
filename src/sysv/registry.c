/* SPDX-License-Identifier: MIT */

/* sysv/registry.c - the file of the identifiers, made and mapped */

#include <sysv/registry.h>

#include <errno.h>
#include <fcntl.h>
#include <space/object.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/map.h>

/* Set once, and never closed: threads use it without a reference. */
static struct nr_ids *_Atomic opened;

static int fill(int fd)
{
	struct nr_sysv_shared head = {
		.object.magic = NR_SYSV_MAGIC,
		.object.version = NR_SYSV_VERSION,
	};
	ssize_t n;

	for (int i = 0; i < NR_SYSV_LIMITS; i++)
		nr_store_relaxed(&head.limit[i],
				 nr_ids_limit_default((enum nr_sysv_limit)i));
	n = nr_file_write(fd, &head, sizeof(head));
	return n < 0 ? (int)n : n == sizeof(head) ? 0 : -ENOSPC;
}

static int create(struct naru_space *space)
{
	struct nr_object_new file;
	int r = nr_object_begin(space, NR_SYSV_KEYS, &file);

	if (r < 0)
		return r;
	r = nr_space_share_file(space, file.fd);
	if (r == 0)
		r = fill(file.fd);
	if (r == 0)
		r = nr_file_resize(file.fd, NR_SYSV_SIZE);
	if (r == 0)
		r = nr_object_publish(space, &file, NR_SYSV_FILE);
	nr_object_abandon(&file);
	return r == -EEXIST ? 0 : r;
}

int nr_registry_open_file(struct naru_space *space)
{
	int directory = nr_space_directory(space), fd;
	struct stat stat;

	if (directory < 0)
		return directory;
	fd = nr_file_open(directory, NR_SYSV_FILE,
			  O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
	if (fd < 0)
		return fd == -ELOOP || fd == -EISDIR || fd == -ENXIO ? -EBADMSG : fd;
	if (nr_file_stat(fd, &stat) < 0 || !S_ISREG(stat.st_mode) ||
	    stat.st_size != NR_SYSV_SIZE) {
		nr_file_close(fd);
		return -EBADMSG;
	}
	return fd;
}

static int use(int fd, struct nr_sysv_shared **ret_shared)
{
	struct nr_sysv_shared *shared;
	void *address;
	int r = nr_map_file(fd, 0, NR_SYSV_SIZE, true, NULL, &address);

	if (r < 0)
		return r;
	shared = address;
	r = nr_read_once(&shared->object.magic) != NR_SYSV_MAGIC       ? -EBADMSG
	    : nr_read_once(&shared->object.version) != NR_SYSV_VERSION ? -EPROTONOSUPPORT
								       : 0;
	if (r < 0)
		nr_unmap(address, NR_SYSV_SIZE);
	else
		*ret_shared = shared;
	return r;
}

int nr_ids_open(struct naru_space *space, struct nr_ids *ret_ids)
{
	struct nr_ids ids;
	int fd, r;

	r = nr_space_resolve(space, &space);
	if (r < 0)
		return r;
	fd = nr_registry_open_file(space);
	if (fd == -ENOENT) {
		r = create(space);
		if (r < 0)
			return r;
		fd = nr_registry_open_file(space);
	}
	if (fd < 0)
		return fd;
	r = use(fd, &ids.shared);
	nr_file_close(fd);
	if (r < 0)
		return r;
	ids.space = nr_space_reference(space);
	*ret_ids = ids;
	return 0;
}

void nr_ids_close(struct nr_ids *ids)
{
	nr_unmap(ids->shared, NR_SYSV_SIZE);
	nr_space_release(ids->space);
}

int nr_ids_default(struct nr_ids **ret_ids)
{
	struct nr_ids *ids = nr_load_acquire(&opened), *none = NULL; /* [opened] */
	int saved = errno, r;

	if (ids) {
		*ret_ids = ids;
		return 0;
	}
	ids = malloc(sizeof(*ids));
	errno = saved;
	if (!ids)
		return -ENOMEM;
	r = nr_ids_open(NULL, ids);
	if (r < 0) {
		free(ids);
		return r;
	}
	/* [opened] what the first one made of it is visible to the others */
	if (!nr_swap_if(&opened, &none, ids)) {
		nr_ids_close(ids);
		free(ids);
		ids = nr_load_acquire(&opened); /* [opened] */
	}
	*ret_ids = ids;
	return 0;
}

static uint64_t rounded(uint64_t value, uint64_t unit)
{
	return (value + unit - 1) / unit * unit;
}

/* Reserve [from, to) of a table of elements of @size at @offset. */
static int reserve(int fd, uint64_t offset, uint64_t size, uint32_t from, uint32_t to)
{
	uint64_t begin = rounded(from * size, NR_SYSV_KEYS);
	uint64_t end = rounded(to * size, NR_SYSV_KEYS);

	return begin == end ? 0 : nr_file_allocate(fd, offset + begin, end - begin);
}

int nr_registry_grow(struct nr_ids *ids, enum nr_sysv_kind kind)
{
	struct nr_sysv_table_shared *table = &ids->shared->table[kind];
	uint32_t ready = nr_load_relaxed(&table->ready);
	uint32_t wanted = ready < NR_REGISTRY_STEP ? NR_REGISTRY_STEP : 2 * ready;
	int fd, r;

	if (wanted > NR_SYSV_ENTRIES)
		wanted = NR_SYSV_ENTRIES;
	fd = nr_registry_open_file(ids->space);
	if (fd < 0)
		return fd;
	r = reserve(fd, NR_SYSV_KEYS + kind * NR_SYSV_KEYS_SIZE, sizeof(uint32_t), ready,
		    wanted);
	if (r == 0)
		r = reserve(fd, NR_SYSV_TABLES + kind * NR_SYSV_TABLE_SIZE,
			    sizeof(struct nr_sysv_entry_shared), ready, wanted);
	nr_file_close(fd);
	/* dies here: memory that is reserved once more, which changes nothing */
	if (r == 0)
		nr_store_release(&table->ready, wanted);
	return r;
}
