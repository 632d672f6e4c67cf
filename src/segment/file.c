/* SPDX-License-Identifier: MIT */

/* segment/file.c - the file of a segment: its descriptor, and its header */

#include <errno.h>
#include <fcntl.h>
#include <segment/handle.h>
#include <space/members.h>
#include <space/object.h>
#include <stdlib.h>
#include <string.h>
#include <sys/clock.h>
#include <sys/file.h>
#include <sys/map.h>
#include <sys/process.h>

struct nr_segment_file *nr_segment_file_new(struct naru_space *space, const char *name,
					    int fd, const struct stat *stat,
					    bool read_only)
{
	struct nr_segment_file *file = calloc(1, sizeof(*file));

	if (!file)
		return NULL;
	nr_store_relaxed(&file->references, 1);
	file->space = nr_space_reference(space);
	file->read_only = read_only;
	strcpy(file->name, name);
	nr_kept_set(&file->kept, fd, stat);
	return file;
}

struct nr_segment_file *nr_segment_file_reference(struct nr_segment_file *file)
{
	atomic_fetch_add(&file->references, 1);
	return file;
}

void nr_segment_file_release(struct nr_segment_file *file)
{
	if (atomic_fetch_sub(&file->references, 1) != 1)
		return;
	nr_kept_close(&file->kept);
	nr_space_release(file->space);
	free(file);
}

void nr_segment_file_forget(struct nr_segment_file *file)
{
	nr_kept_close(&file->kept);
	nr_store_relaxed(&file->kept.fd, -1);
}

/* By its name, if that still means this file. */
static int open_by_name(struct nr_segment_file *file, bool read_only)
{
	struct stat stat;
	int fd, r;

	if (read_only)
		r = nr_object_open_to_read(file->space, file->name, &fd, &stat);
	else
		r = nr_object_open(file->space, file->name, &fd, &stat);
	if (r < 0)
		return r == -ENOENT ? -EIDRM : r;
	if (nr_kept_is(&file->kept, &stat))
		return fd;
	nr_file_close(fd);
	return -EIDRM;
}

int nr_segment_descriptor(struct nr_segment_file *file)
{
	int fd = nr_kept_get(&file->kept);

	if (fd >= 0)
		return fd;
	fd = open_by_name(file, file->read_only);
	return fd < 0 ? fd : nr_kept_renew(&file->kept, fd);
}

int nr_segment_open_own(struct nr_segment_file *file, bool read_only)
{
	int fd = open_by_name(file, read_only), kept;

	if (fd >= 0)
		return fd;
	kept = nr_kept_get(&file->kept);
	return kept < 0 ? fd : nr_file_reopen(kept, read_only ? O_RDONLY : O_RDWR);
}

/* What a header says, read once. */
static int check_header(const struct nr_segment_shared *shared, uint64_t file_size)
{
	if (shared->object.magic != NR_SEGMENT_MAGIC)
		return -EBADMSG;
	if (shared->object.version != NR_SEGMENT_VERSION)
		return -EPROTONOSUPPORT;
	if (shared->data_offset < NR_SEGMENT_HEADER ||
	    shared->data_offset % nr_page_size() != 0 || shared->data_offset >= file_size)
		return -EBADMSG;
	if (shared->latest_size == 0 || shared->latest_size % 8 != 0 ||
	    shared->latest_size > NR_SEGMENT_VALUE_MAX + 8)
		return -EBADMSG;
	if (shared->latest_offset < NR_SEGMENT_LATEST ||
	    shared->latest_offset % 64 != 0 ||
	    shared->latest_offset > shared->data_offset ||
	    nr_latest_end(shared->latest_offset, shared->latest_size) >
		    shared->data_offset)
		return -EBADMSG;
	return shared->form & NR_FORM_HUGE && shared->data_offset % NR_HUGE_PAGE != 0
		       ? -EBADMSG
		       : 0;
}

int nr_segment_look(struct naru_segment *segment, int fd, const struct stat *stat,
		    uint64_t *ret_data_offset, uint32_t *ret_form)
{
	struct nr_segment_shared header;
	ssize_t n = nr_file_read_at(fd, &header, sizeof(header), 0);
	int r;

	if (n < 0)
		return (int)n;
	r = (size_t)n < sizeof(header) ? -EBADMSG
				       : check_header(&header, (uint64_t)stat->st_size);
	if (r < 0)
		return r;
	segment->latest_offset = header.latest_offset;
	segment->latest_size = header.latest_size;
	*ret_data_offset = header.data_offset;
	*ret_form = header.form;
	return 0;
}

int nr_segment_map(struct naru_segment *segment, int fd, bool read_only)
{
	size_t length = nr_latest_end(segment->latest_offset, segment->latest_size);
	void *address;
	int r = nr_map_file(fd, 0, length, !read_only, NULL, &address);

	if (r < 0)
		return r;
	segment->shared = address;
	segment->mapped = length;
	return 0;
}

void nr_segment_note(struct naru_segment *segment, struct nr_segment_use_shared *use)
{
	if (segment->file->read_only)
		return;
	nr_store_relaxed(&use->pid, nr_process_id());
	nr_store_relaxed(&use->time, nr_clock_wall());
}

int nr_segment_enter_slowly(struct naru_segment *segment, uint32_t *ret_id)
{
	struct naru_space *space = segment->file->space;
	uint32_t id;
	int r;

	if (segment->file->read_only)
		return -EACCES;
	r = nr_space_self(space, &id);
	if (r < 0)
		return r;
	/* A child of fork is another process. */
	if (id != nr_load_relaxed(&segment->member)) {
		nr_members_join(space, &segment->shared->members, id);
		nr_store_relaxed(&segment->member, id);
	}
	*ret_id = id;
	return 0;
}
