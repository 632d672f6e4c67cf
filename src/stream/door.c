/* SPDX-License-Identifier: MIT */

#include <stream/door.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/clock.h>
#include <sys/file.h>
#include <sys/poller.h>
#include <sys/process.h>
#include <sys/sockets.h>
#include <sys/un.h>

enum { LOCK_WAIT_NS = 1000000000, LOCK_NAP_NS = 500000 };

/* There is always room: the name is a temporary one, or none. */
static struct sockaddr_un address_in(int directory, const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d%s%s",
		 directory, name ? "/" : "", name ? name : "");
	return address;
}

/* Connect a socket of @type to the file of that name. */
static int connect_to(int directory, const char *name, int type, uint64_t until_ns,
		      struct stat *ret_stat)
{
	struct sockaddr_un address;
	struct stat stat;
	int file, fd, r;

	file = nr_file_open(directory, name, O_PATH | O_NOFOLLOW, 0);
	if (file < 0)
		return file == -ELOOP ? -ECONNREFUSED : file;
	r = nr_file_stat(file, &stat);
	if (r == 0 && !S_ISSOCK(stat.st_mode))
		r = -ECONNREFUSED;
	fd = r == 0 ? nr_socket_open(AF_UNIX, type) : r;
	if (fd >= 0) {
		address = address_in(file, NULL);
		r = nr_socket_connect(fd, (struct sockaddr *)&address, sizeof(address),
				      until_ns);
		if (r < 0) {
			nr_file_close(fd);
			fd = r;
		} else if (ret_stat) {
			*ret_stat = stat;
		}
	}
	nr_file_close(file);
	return fd;
}

int nr_door_connect(int directory, const char *name, uint64_t until_ns,
		    struct stat *ret_stat)
{
	return connect_to(directory, name, SOCK_STREAM, until_ns, ret_stat);
}

/* 0: the name is free, or a dead one's. */
static int look_who(int directory, const char *name)
{
	struct stat stat;
	int r = nr_file_stat_at(directory, name, &stat);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (!S_ISSOCK(stat.st_mode))
		return -EEXIST;
	r = connect_to(directory, name, SOCK_DGRAM, 0, NULL);
	if (r >= 0)
		nr_file_close(r);
	return r == -ECONNREFUSED || r == -ENOENT ? 0 : -EADDRINUSE;
}

/*
 * A descriptor that holds the lock, or -1: the directory cannot be locked. Somebody may
 * hold it for reasons of his own, so this does not wait for ever.
 */
static int lock(int directory)
{
	uint64_t until = nr_clock_monotonic() + LOCK_WAIT_NS;
	int fd = nr_file_open(directory, ".", O_RDONLY | O_DIRECTORY, 0);

	while (fd >= 0 && nr_file_lock_whole(fd) < 0) {
		uint64_t now = nr_clock_monotonic();

		if (now < until) {
			nr_poll_descriptors(NULL, 0, now + LOCK_NAP_NS);
			continue;
		}
		nr_file_close(fd);
		fd = -1;
	}
	return fd;
}

static void unlock(int fd)
{
	if (fd >= 0)
		nr_file_close(fd);
}

/* The name is looked at again under the lock, or it might be another's by now. */
int nr_door_clear(int directory, const char *name, bool remove)
{
	int locked = lock(directory), r;
	struct stat stat;

	r = nr_file_stat_at(directory, name, &stat);
	if (r == 0)
		r = look_who(directory, name);
	if (r == 0 && remove)
		r = nr_file_unlink(directory, name);
	unlock(locked);
	if (r == -ENOENT || r == -EADDRINUSE || r == -EEXIST)
		return 0;
	return r < 0 ? r : 1;
}

static int take_name(struct nr_door *door, const char *temporary)
{
	int locked = lock(door->directory);
	int r = look_who(door->directory, door->name);

	if (r == 0)
		r = nr_file_rename(door->directory, temporary, door->name);
	unlock(locked);
	return r;
}

static int bind_to(struct nr_door *door, const char *temporary, uint32_t mode,
		   uint32_t backlog)
{
	struct sockaddr_un address = address_in(door->directory, temporary);
	struct stat stat;
	int r = nr_socket_bind(door->fd, (struct sockaddr *)&address, sizeof(address));

	if (r < 0)
		return r == -EADDRINUSE ? -EEXIST : r;
	r = nr_file_mode_at(door->directory, temporary, mode);
	if (r == 0)
		r = nr_socket_listen(door->fd, backlog);
	if (r == 0)
		r = nr_file_stat_at(door->directory, temporary, &stat);
	if (r == 0) {
		door->device = stat.st_dev;
		door->inode = stat.st_ino;
		r = take_name(door, temporary);
	}
	/* dies here: a socket of a dead process under a temporary name */
	if (r < 0)
		nr_file_unlink(door->directory, temporary);
	return r;
}

int nr_door_open(int directory, const char *name, uint32_t mode, uint32_t backlog,
		 struct nr_door *ret_door)
{
	struct nr_door door = {.fd = -1, .pid = nr_process_id()};
	char temporary[48];
	int r;

	if (strlen(name) >= sizeof(door.name))
		return -EINVAL;
	strcpy(door.name, name);
	snprintf(temporary, sizeof(temporary), ".new-%d-%" PRIx64, nr_process_id(),
		 nr_clock_monotonic());
	door.directory = nr_file_open(directory, ".", O_PATH | O_DIRECTORY, 0);
	if (door.directory < 0)
		return door.directory;
	r = door.fd = nr_socket_open(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
	if (r >= 0)
		r = bind_to(&door, temporary, mode, backlog);
	if (r < 0) {
		if (door.fd >= 0)
			nr_file_close(door.fd);
		nr_file_close(door.directory);
		return r;
	}
	*ret_door = door;
	return 0;
}

void nr_door_close(struct nr_door *door)
{
	bool ours = door->pid == nr_process_id();
	int locked = ours ? lock(door->directory) : -1;
	struct stat stat;

	if (ours && nr_file_stat_at(door->directory, door->name, &stat) == 0 &&
	    stat.st_dev == door->device && stat.st_ino == door->inode)
		nr_file_unlink(door->directory, door->name);
	nr_file_close(door->fd);
	unlock(locked);
	nr_file_close(door->directory);
}
