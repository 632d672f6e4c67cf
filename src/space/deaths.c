/* SPDX-License-Identifier: MIT */

#include <space/deaths.h>

#include <base/atomic.h>
#include <errno.h>
#include <fcntl.h>
#include <space/object.h>
#include <sys/file.h>
#include <sys/map.h>

static int make_file(struct naru_space *space)
{
	const struct nr_deaths_shared head = {
		.magic = NR_DEATHS_MAGIC,
		.version = NR_DEATHS_VERSION,
	};
	struct nr_object_new file;
	ssize_t n;
	int r = nr_object_begin(space, NR_DEATHS_PAGE, &file);

	if (r < 0)
		return r;
	r = nr_space_share_file(space, file.fd);
	if (r == 0) {
		n = nr_file_write(file.fd, &head, sizeof(head));
		r = n == sizeof(head) ? 0 : -ENOSPC;
	}
	if (r == 0)
		r = nr_file_resize(file.fd, NR_DEATHS_SIZE);
	if (r == 0)
		r = nr_object_publish(space, &file, NR_DEATHS_FILE);
	nr_object_abandon(&file);
	return r;
}

/* A descriptor of the file, and what it is. */
static int open_file(struct naru_space *space, struct stat *ret_stat)
{
	int directory = nr_space_directory(space), fd, r;

	if (directory < 0)
		return directory;
	fd = nr_file_open(directory, NR_DEATHS_FILE,
			  O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
	if (fd < 0)
		return fd;
	r = nr_file_stat(fd, ret_stat);
	if (r == 0 &&
	    (!S_ISREG(ret_stat->st_mode) || ret_stat->st_size != NR_DEATHS_SIZE))
		r = -EBADMSG;
	if (r < 0) {
		nr_file_close(fd);
		return r;
	}
	return fd;
}

static int use_file(struct naru_space *space, int fd, const struct stat *stat)
{
	const struct nr_deaths_shared *head;
	void *address;
	int r = nr_map_file(fd, 0, NR_DEATHS_SIZE, true, NULL, &address);

	if (r < 0)
		return r;
	head = address;
	if (nr_read_once(&head->magic) != NR_DEATHS_MAGIC ||
	    nr_read_once(&head->version) != NR_DEATHS_VERSION) {
		nr_unmap(address, NR_DEATHS_SIZE);
		return -EBADMSG;
	}
	space->deaths = address;
	space->deaths_device = stat->st_dev;
	space->deaths_inode = stat->st_ino;
	return 0;
}

void nr_deaths_open(struct naru_space *space)
{
	struct stat stat;
	int fd;

	if (!space->writable || nr_page_size() != NR_DEATHS_PAGE)
		return;
	fd = open_file(space, &stat);
	if (fd == -ENOENT) {
		/* -EEXIST: somebody else was faster. */
		make_file(space);
		fd = open_file(space, &stat);
	}
	if (fd < 0)
		return;
	use_file(space, fd, &stat);
	nr_file_close(fd);
}

void nr_deaths_close(struct naru_space *space)
{
	nr_unmap(space->deaths, NR_DEATHS_SIZE);
	space->deaths = NULL;
}

static int reserve_word(struct naru_space *space, int fd, uint32_t slot)
{
	uint64_t bit = UINT64_C(1) << slot % 64;
	uint64_t page = nr_deaths_offset(slot) & ~(uint64_t)(NR_DEATHS_PAGE - 1);
	int r;

	if (nr_load_relaxed(&space->deaths->made[slot / 64]) & bit)
		return 0;
	r = nr_file_allocate(fd, page, NR_DEATHS_PAGE);
	if (r == 0)
		nr_fetch_or(&space->deaths->made[slot / 64], bit);
	return r;
}

void nr_deaths_arm(struct naru_space *space, uint32_t id)
{
	uint32_t slot = id & (NR_PEERS - 1);
	struct nr_robust *robust = &space->self->robust;
	struct stat stat;
	int fd;

	if (nr_deaths_is_armed(space, id))
		return;
	fd = open_file(space, &stat);
	if (fd < 0)
		return;
	if (stat.st_dev == space->deaths_device && stat.st_ino == space->deaths_inode &&
	    reserve_word(space, fd, slot) == 0) {
		/* Its thread has ended, or somebody has written to the word. */
		nr_robust_disarm(robust);
		nr_robust_arm(fd, nr_deaths_offset(slot), robust);
	}
	nr_file_close(fd);
}
