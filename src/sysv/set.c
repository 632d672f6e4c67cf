/* SPDX-License-Identifier: MIT */

/* sysv/set.c - create, open, close, end */

#include <sysv/set-handle.h>

#include <errno.h>
#include <space/object.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/map.h>
#include <sysv/set-pass.h>

/* A file without a name becomes a set of zeros. */
static int set_up(int fd, uint32_t semaphores, mode_t mode, uid_t owner, gid_t group)
{
	const struct nr_set_shared shared = {
		.object = {.magic = NR_SET_MAGIC, .version = NR_SET_VERSION},
		.semaphores = semaphores,
		.reserved_sleepers = NR_SET_STEP,
	};
	int r = nr_file_resize(fd, nr_set_places(semaphores).end);

	if (r == 0)
		r = (int)nr_file_write(fd, &shared, sizeof(shared));
	if (r < 0)
		return r;
	if (r != sizeof(shared))
		return -ENOSPC;
	/* Who may not give it away keeps it: the mode is what counts. */
	if (nr_file_owner(fd, owner, group) < 0)
		(void)nr_file_owner(fd, (uid_t)-1, group);
	return nr_file_mode(fd, mode);
}

int nr_set_create(struct naru_space *space, const char *name, uint32_t semaphores,
		  mode_t mode, uid_t owner, gid_t group)
{
	struct nr_object_new object;
	int r = nr_object_check_name(name);

	if (r < 0)
		return r;
	if (semaphores == 0 || semaphores > NR_SET_MOST)
		return -EINVAL;
	r = nr_object_begin(space, nr_set_places(semaphores).reserved, &object);
	if (r < 0)
		return r;
	r = set_up(object.fd, semaphores, mode, owner, group);
	if (r == 0)
		r = nr_object_publish(space, &object, name);
	nr_object_abandon(&object);
	return r;
}

static int map(struct nr_set *set, int fd, const struct stat *stat)
{
	struct nr_set_shared head;
	ssize_t n = nr_file_read_at(fd, &head, sizeof(head), 0);
	void *address;
	int r;

	if (n < 0)
		return (int)n;
	if ((size_t)n < sizeof(head) || head.object.magic != NR_SET_MAGIC)
		return -EBADMSG;
	if (head.object.version != NR_SET_VERSION)
		return -EPROTONOSUPPORT;
	if (head.semaphores == 0 || head.semaphores > NR_SET_MOST)
		return -EBADMSG;
	set->count = head.semaphores;
	set->places = nr_set_places(set->count);
	if ((uint64_t)stat->st_size != set->places.end)
		return -EBADMSG;
	r = nr_map_file(fd, 0, set->places.end, true, NULL, &address);
	if (r < 0)
		return r;
	set->base = address;
	set->shared = address;
	set->log = (void *)(set->base + NR_SET_LOG);
	set->semaphores = (void *)(set->base + set->places.semaphores);
	set->device = stat->st_dev;
	set->inode = stat->st_ino;
	return 0;
}

static struct nr_set *new_handle(struct naru_space *space, const char *name)
{
	struct nr_set *set = calloc(1, sizeof(*set));

	if (!set)
		return NULL;
	set->space = nr_space_reference(space);
	nr_spin_set_up(&set->spin);
	/* Nobody's id: even 0 is that of a child of fork that has none yet. */
	nr_store_relaxed(&set->member, NR_PEER_ID_MASK);
	strcpy(set->name, name);
	return set;
}

static void free_handle(struct nr_set *set)
{
	nr_space_release(set->space);
	free(set);
}

int nr_set_open(struct naru_space *space, const char *name, bool (*is_gone)(void *data),
		void *data, struct nr_set **ret_set)
{
	struct nr_set *set;
	struct stat stat;
	uint32_t id;
	int fd, r = nr_object_open(space, name, &fd, &stat);

	if (r < 0)
		return r;
	set = new_handle(space, name);
	r = set ? map(set, fd, &stat) : -ENOMEM;
	nr_file_close(fd);
	if (r == 0) {
		set->is_gone = is_gone;
		set->data = data;
		r = nr_set_enter(set, &id);
		if (r < 0)
			nr_unmap(set->base, set->places.end);
	}
	if (r < 0) {
		if (set)
			free_handle(set);
		return r;
	}
	*ret_set = set;
	return 0;
}

struct nr_set *nr_set_close(struct nr_set *set)
{
	if (!set)
		return NULL;
	nr_unmap(set->base, set->places.end);
	free_handle(set);
	return NULL;
}

void nr_set_end(struct nr_set *set)
{
	struct nr_set_wakes wakes = {.count = 0};
	uint32_t id;

	nr_store_relaxed(&set->shared->removed, 1);
	/* dies here: sleepers hear of the death, and see that it is gone */
	if (nr_space_self(set->space, &id) < 0 || nr_set_lock(set, id, NULL) < 0)
		return;
	nr_pass_end(set, EIDRM, &wakes);
	nr_set_unlock(set, &wakes);
}

int nr_set_reserve(struct nr_set *set, uint64_t offset, uint64_t length)
{
	struct stat stat;
	int fd, r = nr_object_open(set->space, set->name, &fd, &stat);

	if (r < 0)
		return r == -ENOENT ? -EIDRM : r;
	if (stat.st_dev != set->device || stat.st_ino != set->inode)
		r = -EIDRM;
	else
		r = nr_file_allocate(fd, offset, length);
	nr_file_close(fd);
	return r;
}

uint32_t nr_set_size(const struct nr_set *set)
{
	return set->count;
}
