/* SPDX-License-Identifier: MIT */

/* space/object.c - see space/object.h */

#include <base/atomic.h>
#include <errno.h>
#include <fcntl.h>
#include <layout/object.h>
#include <space/object.h>
#include <stdio.h>
#include <string.h>
#include <sys/clock.h>
#include <sys/file.h>
#include <sys/process.h>

/* Of the same set in every locale, unlike isalnum(3). */
static bool is_name_byte(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9') || byte == '.' || byte == '_' || byte == '-';
}

int nr_object_check_name(const char *name)
{
	size_t length = 0;

	if (!name || !name[0] || name[0] == '.')
		return -EINVAL;
	for (; name[length]; length++)
		if (length == NARU_NAME_MAX || !is_name_byte(name[length]))
			return -EINVAL;
	return 0;
}

static int open_named(int directory, struct nr_object_new *object)
{
	for (;;) {
		int fd;

		snprintf(object->temporary, sizeof(object->temporary), ".new-%d-%llx",
			 (int)nr_process_id(), (unsigned long long)nr_clock_monotonic());
		fd = nr_file_open(directory, object->temporary,
				  O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
		if (fd != -EEXIST)
			return fd;
	}
}

static int open_new(const struct naru_space *space, struct nr_object_new *object)
{
	int fd;

	object->temporary[0] = '\0';
	if (nr_load_relaxed(&space->names_all))
		return open_named(object->directory, object);
	fd = nr_file_open(object->directory, ".", O_TMPFILE | O_RDWR, 0600);
	/* How kernels and file systems say that they have no O_TMPFILE. */
	if (fd == -EOPNOTSUPP || fd == -EISDIR || fd == -ENOENT || fd == -EINVAL)
		return open_named(object->directory, object);
	return fd;
}

int nr_object_begin(struct naru_space *space, uint64_t size,
		    struct nr_object_new *ret_new)
{
	struct nr_object_new object = {.directory = nr_space_directory(space)};
	int r;

	if (object.directory < 0)
		return object.directory;
	object.fd = open_new(space, &object);
	if (object.fd < 0)
		return object.fd;
	r = nr_file_allocate(object.fd, 0, size);
	if (r < 0) {
		nr_object_abandon(&object);
		return r;
	}
	*ret_new = object;
	return 0;
}

int nr_object_publish(struct naru_space *space, struct nr_object_new *object,
		      const char *name)
{
	int r;

	if (!object->temporary[0]) {
		r = nr_file_link(object->fd, object->directory, name);
		if (r != -ENOENT)
			return r;
		nr_store_relaxed(&space->names_all, true);
		return 1;
	}
	r = nr_file_link_name(object->directory, object->temporary, name);
	if (r < 0)
		return r;
	/* Dies here: the file has two names; naru_space_check() finds the first. */
	(void)nr_file_unlink(object->directory, object->temporary);
	object->temporary[0] = '\0';
	return 0;
}

void nr_object_abandon(struct nr_object_new *object)
{
	if (object->temporary[0])
		(void)nr_file_unlink(object->directory, object->temporary);
	nr_file_close(object->fd);
}

static int open_object(struct naru_space *space, const char *name, int access,
		       int *ret_fd, struct stat *ret_stat)
{
	int directory, fd, r = nr_object_check_name(name);
	struct stat stat;

	if (r < 0)
		return r;
	directory = nr_space_directory(space);
	if (directory < 0)
		return directory;
	/* Nonblocking, and no terminal of ours: it may turn out to be anything. */
	fd = nr_file_open(directory, name, access | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
			  0);
	if (fd == -ELOOP || fd == -EISDIR || fd == -ENXIO)
		return -EBADMSG;
	if (fd < 0)
		return fd;
	r = nr_file_stat(fd, &stat);
	if (r == 0 && !S_ISREG(stat.st_mode))
		r = -EBADMSG;
	if (r < 0) {
		nr_file_close(fd);
		return r;
	}
	*ret_fd = fd;
	*ret_stat = stat;
	return 0;
}

int nr_object_open(struct naru_space *space, const char *name, int *ret_fd,
		   struct stat *ret_stat)
{
	return open_object(space, name, O_RDWR, ret_fd, ret_stat);
}

int nr_object_open_to_read(struct naru_space *space, const char *name, int *ret_fd,
			   struct stat *ret_stat)
{
	return open_object(space, name, O_RDONLY, ret_fd, ret_stat);
}

int nr_object_remove(struct naru_space *space, const char *name)
{
	int directory, r = nr_object_check_name(name);

	if (r < 0)
		return r;
	directory = nr_space_directory(space);
	return directory < 0 ? directory : nr_file_unlink(directory, name);
}

int nr_object_set_access(int fd, uint32_t mode, uint32_t flags, uint32_t owner,
			 uint32_t group)
{
	int r = 0;

	if (flags & (NARU_SET_OWNER | NARU_SET_GROUP))
		r = nr_file_owner(fd, flags & NARU_SET_OWNER ? owner : (uid_t)-1,
				  flags & NARU_SET_GROUP ? group : (gid_t)-1);
	if (r == 0 && mode)
		r = nr_file_mode(fd, mode);
	return r;
}

enum naru_kind nr_object_kind(const void *magic)
{
	uint64_t number;

	memcpy(&number, magic, sizeof(number));
	if (number == NR_QUEUE_MAGIC)
		return NARU_KIND_QUEUE;
	if (number == NR_SEGMENT_MAGIC)
		return NARU_KIND_SEGMENT;
	if (number == NR_SET_MAGIC)
		return NARU_KIND_SET;
	return NARU_KIND_UNKNOWN;
}
