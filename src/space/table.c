/* SPDX-License-Identifier: MIT */

/*
 * space/table.c - the file of the peer table (layout/peers.h)
 */

#include <errno.h>
#include <fcntl.h>
#include <space/object.h>
#include <space/space.h>
#include <sys/file.h>
#include <sys/map.h>

enum { TABLE_FLAGS = O_NOFOLLOW | O_NONBLOCK | O_NOCTTY };

/* Who may write to the directory may be a peer: also read and write the table. */
static mode_t table_mode(mode_t directory)
{
	return (directory & 0666) | (directory & 0222) << 1;
}

int nr_space_share_file(struct naru_space *space, int fd)
{
	int directory = nr_space_directory(space), r;
	struct stat stat;

	if (directory < 0)
		return directory;
	r = nr_file_stat(directory, &stat);
	if (r < 0)
		return r;
	/*
	 * If root is the first to look into a user's space, the user must not be
	 * shut out. Who may not give it away keeps it; the mode is what counts.
	 */
	if (nr_file_owner(fd, stat.st_uid, stat.st_gid) < 0)
		(void)nr_file_owner(fd, (uid_t)-1, stat.st_gid);
	return nr_file_mode(fd, table_mode(stat.st_mode));
}

static int fill(struct naru_space *space, int fd)
{
	const struct nr_peers_shared head = {
		.magic = NR_PEERS_MAGIC,
		.version = NR_PEERS_VERSION,
		.slots = NR_PEERS,
	};
	const size_t size = offsetof(struct nr_peers_shared, slot);
	int r = nr_space_share_file(space, fd);
	ssize_t n;

	if (r < 0)
		return r;
	n = nr_file_write(fd, &head, size);
	if (n < 0)
		return (int)n;
	return (size_t)n == size ? 0 : -ENOSPC;
}

static int create_once(struct naru_space *space)
{
	struct nr_object_new table;
	int r = nr_object_begin(space, sizeof(struct nr_peers_shared), &table);

	if (r < 0)
		return r;
	r = fill(space, table.fd);
	if (r == 0)
		r = nr_object_publish(space, &table, NR_PEERS_FILE);
	nr_object_abandon(&table);
	return r;
}

static int create(struct naru_space *space)
{
	int r;

	do
		r = create_once(space);
	while (r > 0);
	return r == -EEXIST ? 0 : r;
}

static int check(int fd, const struct stat *stat)
{
	struct nr_peers_shared head;
	const ssize_t size = offsetof(struct nr_peers_shared, slot);
	ssize_t n;

	if (!S_ISREG(stat->st_mode))
		return -EBADMSG;
	n = nr_file_read_at(fd, &head, (size_t)size, 0);
	if (n < 0)
		return (int)n;
	if (n < size || head.magic != NR_PEERS_MAGIC)
		return -EBADMSG;
	if (head.version != NR_PEERS_VERSION)
		return -EPROTONOSUPPORT;
	if (head.slots != NR_PEERS || stat->st_size != sizeof(struct nr_peers_shared))
		return -EBADMSG;
	return 0;
}

static int use(struct naru_space *space, int fd)
{
	struct stat stat;
	void *address;
	int r = nr_file_stat(fd, &stat);

	if (r == 0)
		r = check(fd, &stat);
	if (r == 0)
		r = nr_map_file(fd, 0, sizeof(struct nr_peers_shared), space->writable,
				NULL, &address);
	if (r < 0)
		return r;
	space->peers = address;
	nr_kept_set(&space->table, fd, &stat);
	return 0;
}

int nr_space_open_table(struct naru_space *space)
{
	for (;;) {
		int directory = nr_space_directory(space), fd, r;

		if (directory < 0)
			return directory;
		/* Without O_CREAT: see fs.protected_regular in proc_sys_fs(5). */
		fd = nr_file_open(directory, NR_PEERS_FILE, O_RDWR | TABLE_FLAGS, 0);
		space->writable = fd >= 0;
		if (fd == -EACCES || fd == -EROFS || fd == -EPERM)
			fd = nr_file_open(directory, NR_PEERS_FILE,
					  O_RDONLY | TABLE_FLAGS, 0);
		if (fd == -ENOENT) {
			r = create(space);
			if (r < 0)
				return r;
			continue;
		}
		if (fd == -ELOOP || fd == -EISDIR || fd == -ENXIO)
			return -EBADMSG;
		if (fd < 0)
			return fd;
		r = use(space, fd);
		if (r < 0)
			nr_file_close(fd);
		return r;
	}
}

int nr_space_open_own_table(struct naru_space *space)
{
	int directory = nr_space_directory(space), fd, r;
	struct stat stat;

	if (directory < 0)
		return directory;
	fd = nr_file_open(directory, NR_PEERS_FILE,
			  (space->writable ? O_RDWR : O_RDONLY) | TABLE_FLAGS, 0);
	if (fd < 0)
		return fd;
	r = nr_file_stat(fd, &stat);
	if (r == 0 && !nr_kept_is(&space->table, &stat))
		r = -ESTALE;
	if (r < 0) {
		nr_file_close(fd);
		return r;
	}
	return fd;
}

int nr_space_table(struct naru_space *space)
{
	int fd = nr_kept_get(&space->table);

	if (fd >= 0)
		return fd;
	fd = nr_space_open_own_table(space);
	return fd < 0 ? fd : nr_kept_renew(&space->table, fd);
}
