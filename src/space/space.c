/* SPDX-License-Identifier: MIT */

/* space/space.c - open and close a space; the default one */

#include <base/atomic.h>
#include <base/options.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <queue/remote.h>
#include <space/deaths.h>
#include <space/space.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/identity.h>
#include <sys/map.h>
#include <sys/process.h>

/*
 * Set once, by whoever is first, and never given back: threads use it without a
 * reference.
 */
static struct naru_space *_Atomic default_space;

static void destroy(struct naru_space *space)
{
	if (space->remote)
		nr_remote_calls.close(space->remote);
	if (space->self)
		nr_space_deregister(space);
	nr_deaths_close(space);
	nr_unmap(space->self, nr_page_size());
	nr_unmap(space->peers, sizeof(*space->peers));
	nr_kept_close(&space->table);
	nr_kept_close(&space->directory);
	free(space->path);
	free(space);
}

static int make_directory(const char *path, mode_t mode)
{
	int fd, r = nr_file_make_directory(path, mode);

	if (r < 0)
		return r == -EEXIST ? 0 : r;
	/* The umask, and set-group-ID, which mkdir(2) leaves out. */
	fd = nr_file_open(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);
	if (fd < 0)
		return fd;
	r = nr_file_mode(fd, mode);
	nr_file_close(fd);
	return r;
}

static int keep_directory(struct naru_space *space, const char *path, int flags)
{
	int fd = nr_file_open(AT_FDCWD, path, O_PATH | O_DIRECTORY | flags, 0);
	struct stat stat;
	int r;

	if (fd < 0)
		return fd;
	r = nr_file_stat(fd, &stat);
	if (r < 0) {
		nr_file_close(fd);
		return r;
	}
	nr_kept_set(&space->directory, fd, &stat);
	/* Anybody may make things in /dev/shm, under any name. */
	return flags && stat.st_uid != nr_identity_user() ? -EACCES : 0;
}

static int find_path(const struct naru_space *space, const char *path, char *ret_path,
		     size_t size)
{
	size_t length = 0;
	struct stat stat;
	int r;

	r = nr_file_path(nr_load_relaxed(&space->directory.fd), ret_path, size);
	if (r == 0 && nr_file_stat_at(AT_FDCWD, ret_path, &stat) == 0 &&
	    nr_kept_is(&space->directory, &stat))
		return 0;
	/* There is no /proc, or it is told from another root directory. */
	ret_path[0] = '\0';
	if (path[0] != '/') {
		r = nr_process_directory(ret_path, size);
		if (r < 0)
			return r;
		length = strlen(ret_path);
		ret_path[length++] = '/';
	}
	if (length + strlen(path) >= size)
		return -ENAMETOOLONG;
	strcpy(ret_path + length, path);
	return 0;
}

/* Later the path is used from another working directory, perhaps. */
static int keep_path(struct naru_space *space, const char *path)
{
	char absolute[PATH_MAX];
	int r = find_path(space, path, absolute, sizeof(absolute));

	if (r < 0)
		return r;
	space->path = strdup(absolute);
	return space->path ? 0 : -ENOMEM;
}

static int open_directory(struct naru_space *space, const char *path, bool trusted)
{
	int r;

	if (trusted) {
		r = keep_directory(space, path, 0);
		return r < 0 ? r : keep_path(space, path);
	}
	space->path = strdup(path);
	if (!space->path)
		return -ENOMEM;
	r = keep_directory(space, path, O_NOFOLLOW);
	return r == -ENOTDIR || r == -ELOOP ? -EACCES : r;
}

static int join(struct naru_space *space)
{
	uint32_t id;
	void *page;
	int r = nr_space_open_table(space);

	if (r == 0)
		r = nr_map_private(nr_page_size(), &page);
	if (r < 0)
		return r;
	space->self = page;
	r = nr_map_wipe_on_fork(page, nr_page_size());
	if (r < 0)
		return r;
	nr_deaths_open(space);
	r = nr_space_self(space, &id);
	/* Who may not be a peer may still look. */
	return r == -EACCES ? 0 : r;
}

bool nr_space_is_url(const char *text)
{
	return strstr(text, "://") != NULL;
}

static int open_url(const char *url, const struct naru_stream_options *options,
		    struct naru_space *space)
{
	space->path = strdup(url);
	return space->path ? nr_remote_calls.space_open(url, options, &space->remote)
			   : -ENOMEM;
}

/* @trusted: somebody chose this path, so take what is there, whosever it is. */
static int open_space(const char *path, bool trusted,
		      const struct naru_space_options *options,
		      struct naru_space **ret_space)
{
	bool remote = nr_space_is_url(path);
	struct naru_space *space;
	int saved = errno, r = 0;

	if (options->create && !remote)
		r = make_directory(path, options->mode ? options->mode : 0700);
	if (r < 0)
		return r;
	space = calloc(1, sizeof(*space));
	if (!space) {
		errno = saved;
		return -ENOMEM;
	}
	nr_store_relaxed(&space->directory.fd, -1);
	nr_store_relaxed(&space->table.fd, -1);
	nr_store_relaxed(&space->references, 1);
	if (remote)
		r = open_url(path, options->stream, space);
	else
		r = open_directory(space, path, trusted);
	if (r == 0 && !remote)
		r = join(space);
	if (r < 0)
		destroy(space);
	else
		*ret_space = space;
	errno = saved;
	return r;
}

static int open_default(struct naru_space **ret_space)
{
	static const struct naru_space_options options = {.create = true};
	const char *chosen = secure_getenv("NARU_SPACE");
	char path[48];

	if (chosen && chosen[0])
		return open_space(chosen, true, &options, ret_space);
	snprintf(path, sizeof(path), "/dev/shm/naru-%u", (unsigned)nr_identity_user());
	return open_space(path, false, &options, ret_space);
}

int nr_space_resolve_any(struct naru_space *space, struct naru_space **ret_space)
{
	struct naru_space *none = NULL;
	int r;

	if (!space)
		space = nr_load_acquire(&default_space); /* [opened] */
	if (space) {
		*ret_space = space;
		return 0;
	}
	r = open_default(&space);
	if (r < 0)
		return r;
	/* [opened] what the first one made of it is visible to the others */
	if (!nr_swap_if(&default_space, &none, space)) {
		destroy(space);
		space = nr_load_acquire(&default_space); /* [opened] */
	}
	*ret_space = space;
	return 0;
}

int nr_space_resolve(struct naru_space *space, struct naru_space **ret_space)
{
	int r = nr_space_resolve_any(space, &space);

	if (r < 0)
		return r;
	if (space->remote)
		return -EOPNOTSUPP;
	*ret_space = space;
	return 0;
}

struct naru_space *nr_space_reference(struct naru_space *space)
{
	atomic_fetch_add(&space->references, 1);
	return space;
}

void nr_space_release(struct naru_space *space)
{
	if (atomic_fetch_sub(&space->references, 1) == 1)
		destroy(space);
}

int nr_space_directory(struct naru_space *space)
{
	int fd = nr_kept_get(&space->directory);

	if (fd >= 0)
		return fd;
	fd = nr_file_open(AT_FDCWD, space->path, O_PATH | O_DIRECTORY, 0);
	return fd < 0 ? fd : nr_kept_renew(&space->directory, fd);
}

NARU_API int naru_space_open(const char *path, const struct naru_space_options *options,
			     struct naru_space **ret_space)
{
	struct naru_space_options chosen;
	struct naru_space *space;
	int r = nr_options_copy(&chosen, sizeof(chosen), options);

	if (r < 0)
		return r;
	if (chosen.mode > 07777)
		return -EINVAL;
	if (path)
		return open_space(path, true, &chosen, ret_space);
	r = nr_space_resolve_any(NULL, &space);
	if (r == 0)
		*ret_space = nr_space_reference(space);
	return r;
}

NARU_API struct naru_space *naru_space_close(struct naru_space *space)
{
	if (space)
		nr_space_release(space);
	return NULL;
}

NARU_API const char *naru_space_path(struct naru_space *space)
{
	return nr_space_resolve_any(space, &space) < 0 ? NULL : space->path;
}
