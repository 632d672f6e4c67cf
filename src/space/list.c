/* SPDX-License-Identifier: MIT */

/* space/list.c - what is in a space */

#include <base/options.h>
#include <fcntl.h>
#include <queue/remote.h>
#include <space/object.h>
#include <space/space.h>
#include <sys/file.h>

struct walk {
	int directory;
	int (*visit)(void *data, const struct naru_entry *entry);
	void *data;
};

int nr_object_kind_at(int directory, const char *name)
{
	uint64_t magic = 0;
	int fd = nr_file_open(directory, name,
			      O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = nr_file_read_at(fd, &magic, sizeof(magic), 0);
	nr_file_close(fd);
	return n < 0 ? (int)n : (int)nr_object_kind(&magic);
}

static int list_one(void *data, const char *name)
{
	struct walk *walk = data;
	struct naru_entry entry = {.name = name};
	struct stat stat;
	int kind;

	if (name[0] == '.')
		return 0;
	/* Gone meanwhile, or never an object. */
	if (nr_file_stat_at(walk->directory, name, &stat) < 0 || !S_ISREG(stat.st_mode))
		return 0;
	kind = nr_object_kind_at(walk->directory, name);
	entry.kind = kind < 0 ? NARU_KIND_UNKNOWN : (enum naru_kind)kind;
	entry.uid = stat.st_uid;
	entry.gid = stat.st_gid;
	entry.mode = stat.st_mode & 07777;
	entry.memory = (uint64_t)stat.st_blocks * 512;
	return walk->visit(walk->data, &entry);
}

NARU_API int naru_space_list(struct naru_space *space,
			     int (*visit)(void *data, const struct naru_entry *entry),
			     void *data)
{
	struct walk walk = {.visit = visit, .data = data};
	int r = nr_space_resolve_any(space, &space);

	if (r < 0)
		return r;
	if (space->remote)
		return nr_remote_calls.space_list(space->remote, visit, data);
	walk.directory = nr_space_directory(space);
	if (walk.directory < 0)
		return walk.directory;
	return nr_file_list(walk.directory, list_one, &walk);
}

static int add_up(void *data, const struct naru_entry *entry)
{
	struct naru_space_stat *stat = data;

	if (entry->kind != NARU_KIND_UNKNOWN)
		stat->objects++;
	stat->memory += entry->memory;
	return 0;
}

NARU_API int naru_space_stat(struct naru_space *space, struct naru_space_stat *ret_stat)
{
	struct naru_space_stat stat = {.peers_max = NR_PEERS - 1};
	int directory, r = nr_space_resolve_any(space, &space);

	if (r < 0)
		return r;
	if (space->remote) {
		r = nr_remote_calls.space_stat(space->remote, &stat);
		return r < 0 ? r : nr_options_return(ret_stat, sizeof(stat), &stat);
	}
	r = nr_space_count_peers(space, &stat.peers, &stat.peers_stale);
	if (r == 0)
		r = naru_space_list(space, add_up, &stat);
	if (r < 0)
		return r;
	directory = nr_space_directory(space);
	if (directory < 0)
		return directory;
	r = nr_file_system(directory, &stat.filesystem_size, &stat.filesystem_free);
	if (r < 0)
		return r;
	return nr_options_return(ret_stat, sizeof(stat), &stat);
}
