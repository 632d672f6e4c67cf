/* SPDX-License-Identifier: MIT */

/* segment/set.c - make a segment longer, or somebody else's */

#include <base/options.h>
#include <errno.h>
#include <segment/attached.h>
#include <segment/resize.h>
#include <space/object.h>
#include <sys/clock.h>
#include <sys/file.h>
#include <sys/futex.h>

/* For at most a second. */
enum { LOCK_TRIES = 1000, LOCK_NAP_NS = 1000 * 1000 };

/* One at a time; whoever dies gives the lock up. */
static int lock_resize(int fd)
{
	_Atomic uint32_t nobody = 0;
	int r = nr_file_lock(fd, NR_RESIZE_BYTE, 1);

	for (int tries = 0; r == -EAGAIN && tries < LOCK_TRIES; tries++) {
		nr_futex_wait(&nobody, 0, nr_clock_monotonic() + LOCK_NAP_NS);
		r = nr_file_lock(fd, NR_RESIZE_BYTE, 1);
	}
	return r;
}

int nr_segment_begin_resize(struct naru_segment *segment)
{
	int fd, r;

	if (segment->file->read_only)
		return -EACCES;
	/* A child of fork that had the descriptor would keep the lock. */
	nr_attached_enter();
	fd = nr_segment_open_own(segment->file, false);
	if (fd >= 0) {
		r = lock_resize(fd);
		if (r == 0)
			return fd;
		nr_file_close(fd);
		fd = r;
	}
	nr_attached_leave();
	return fd;
}

void nr_segment_end_resize(int fd)
{
	nr_file_close(fd);
	nr_attached_leave();
}

/* Memory for bytes [old, size) of the file, which are behind its end. */
static int reserve(int fd, uint64_t old, uint64_t size)
{
	int r = nr_file_reserve(fd, old, size - old);

	/* dies here: memory behind the end, which the doctor gives back */
	if (r == -EOPNOTSUPP)
		return nr_file_allocate(fd, old, size - old);
	if (r < 0)
		(void)nr_file_resize(fd, old);
	return r;
}

static int grow(const struct nr_segment_file *file, int fd, uint64_t length)
{
	uint64_t size = file->data_offset + length;
	struct stat stat;
	int r = nr_file_stat(fd, &stat);

	if (r < 0)
		return r;
	if (size <= (uint64_t)stat.st_size)
		return size < (uint64_t)stat.st_size ? -EINVAL : 0;
	if (file->form & NR_FORM_HUGE)
		return -EOPNOTSUPP;
	if (file->form & NR_FORM_SPARSE)
		r = nr_file_has_room(fd, (uint64_t)stat.st_size,
				     size - (uint64_t)stat.st_size);
	else
		r = reserve(fd, (uint64_t)stat.st_size, size);
	return r < 0 ? r : nr_file_resize(fd, size);
}

static int set_length(struct naru_segment *segment, uint64_t length)
{
	int r, fd = nr_segment_begin_resize(segment);

	if (fd < 0)
		return fd;
	r = grow(segment->file, fd, length);
	nr_segment_end_resize(fd);
	return r;
}

int naru_segment_set(struct naru_segment *segment,
		     const struct naru_segment_options *options)
{
	struct naru_segment_options checked;
	int fd, r = nr_options_copy(&checked, sizeof(checked), options);

	if (r < 0)
		return r;
	if (checked.flags & ~(uint32_t)(NARU_SET_OWNER | NARU_SET_GROUP) ||
	    checked.mode & ~0777u || checked.latest != 0 ||
	    checked.length > NR_SEGMENT_LENGTH_MAX)
		return -EINVAL;
	fd = nr_segment_descriptor(segment->file);
	if (fd < 0)
		return fd;
	r = nr_object_set_access(fd, checked.mode, checked.flags, checked.owner,
				 checked.group);
	if (r == 0 && checked.length)
		r = set_length(segment, checked.length);
	if (r == 0 && !segment->file->read_only)
		nr_store_relaxed(&segment->shared->changed, nr_clock_wall());
	return r;
}
