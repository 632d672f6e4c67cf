/* SPDX-License-Identifier: MIT */

/* segment/attach.c - attach, detach, extend */

#include <errno.h>
#include <segment/attached.h>
#include <segment/hold.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/map.h>

/* Where a mapping of that many bytes ends. */
static unsigned char *end_of(const struct nr_attachment *it)
{
	size_t page = nr_page_size();

	return it->address + (it->length + page - 1) / page * page;
}

/* The user's bytes that are in the file open as @fd. */
static int length_of(const struct nr_segment_file *file, int fd, uint64_t *ret_length)
{
	struct stat stat;
	int r = nr_file_stat(fd, &stat);

	if (r < 0)
		return r;
	if ((uint64_t)stat.st_size <= file->data_offset)
		return -EBADMSG;
	*ret_length = (uint64_t)stat.st_size - file->data_offset;
	return 0;
}

/*
 * Map the bytes. For reading only, through a description that is for reading only:
 * mprotect(2) cannot make them writable then. It is not the hold's, for a child would
 * keep that with the bytes.
 */
static int map_data(struct nr_segment_file *file, const struct nr_attach *how,
		    struct nr_attachment *it)
{
	bool own = how->read_only && !file->read_only;
	const struct nr_map_how map = {
		.at = how->address,
		.replace = how->replace,
		.writable = !how->read_only,
		.executable = how->executable,
		.alignment = file->form & NR_FORM_HUGE ? NR_HUGE_PAGE : 0,
	};
	int fd = own ? nr_segment_open_own(file, true) : nr_segment_descriptor(file);
	uint64_t length = 0;
	void *address;
	int r;

	if (fd < 0)
		return fd;
	r = length_of(file, fd, &length);
	if (r == 0)
		r = nr_map_file_as(fd, file->data_offset, length, &map, &address);
	if (own)
		nr_file_close(fd);
	if (r < 0)
		return r;
	it->address = address;
	it->length = length;
	it->read_only = how->read_only;
	return 0;
}

static bool is_covered(const struct nr_attachment *it, void *data)
{
	const struct nr_attachment *by = data;

	return it->address >= by->address && end_of(it) <= end_of(by);
}

static void forget(struct nr_attachment *it)
{
	nr_attached_remove(it);
	nr_hold_drop(it->hold);
	nr_segment_file_release(it->file);
	free(it);
}

static int attach_locked(struct nr_segment_file *file, const struct nr_attach *how,
			 struct nr_attachment *it)
{
	struct nr_attachment *covered;
	int r = nr_hold_take(file, false, &it->hold);

	if (r < 0)
		return r;
	r = map_data(file, how, it);
	if (r < 0) {
		nr_hold_drop(it->hold);
		return r;
	}
	/* What it was mapped over is attached no more. */
	while (how->replace && (covered = nr_attached_first(is_covered, it)) != NULL)
		forget(covered);
	it->file = nr_segment_file_reference(file);
	it->tag = how->tag;
	nr_attached_add(it);
	return 0;
}

int nr_segment_attach(struct naru_segment *segment, const struct nr_attach *how,
		      void **ret_address, size_t *ret_length)
{
	struct nr_segment_file *file = segment->file;
	struct nr_attachment *it;
	int r;

	if (file->read_only && !how->read_only)
		return -EACCES;
	it = calloc(1, sizeof(*it));
	if (!it)
		return -ENOMEM;
	nr_attached_enter();
	r = attach_locked(file, how, it);
	if (r == 0) {
		*ret_address = it->address;
		if (ret_length)
			*ret_length = it->length;
	}
	nr_attached_leave();
	if (r < 0)
		free(it);
	else if (!how->stealthy)
		nr_segment_note(segment, &segment->shared->attached);
	return r;
}

static void tell(const struct nr_attachment *it, struct nr_attached *ret_attached)
{
	*ret_attached = (struct nr_attached){
		.address = it->address,
		.length = it->length,
		.read_only = it->read_only,
		.tag = it->tag,
		.device = it->file->kept.device,
		.inode = it->file->kept.inode,
	};
}

bool nr_segment_find(const void *address, struct nr_attached *ret_attached)
{
	const struct nr_attachment *it;

	nr_attached_enter();
	it = nr_attached_at(address);
	if (it)
		tell(it, ret_attached);
	nr_attached_leave();
	return it != NULL;
}

/* The first attachment made after @above that lies on its bytes. */
struct overlap {
	const struct nr_attachment *below;
	unsigned char *from;
	const struct nr_attachment *nearest;
};

static bool look_for_nearest(const struct nr_attachment *it, void *data)
{
	struct overlap *overlap = data;

	if (it == overlap->below)
		return true; /* the others were there before it */
	if (it->address < end_of(overlap->below) && end_of(it) > overlap->from &&
	    (!overlap->nearest || it->address < overlap->nearest->address))
		overlap->nearest = it;
	return false;
}

/* Unmap the bytes, but not those that later attachments were mapped over. */
static void unmap_data(const struct nr_attachment *it)
{
	struct overlap overlap = {.below = it, .from = it->address};

	while (overlap.from < end_of(it)) {
		unsigned char *to = end_of(it);

		overlap.nearest = NULL;
		nr_attached_first(look_for_nearest, &overlap);
		if (overlap.nearest)
			to = overlap.nearest->address;
		if (to > overlap.from)
			nr_unmap(overlap.from, (size_t)(to - overlap.from));
		overlap.from = overlap.nearest ? end_of(overlap.nearest) : to;
	}
}

/* When and by whom it was detached, in the header, if we may write there. */
static void note_detach(struct nr_segment_file *file)
{
	struct naru_segment segment = {.file = file};
	uint64_t data_offset;
	struct stat stat;
	uint32_t form;
	int fd = file->read_only ? -EACCES : nr_segment_descriptor(file);

	if (fd < 0 || nr_file_stat(fd, &stat) < 0 ||
	    nr_segment_map(&segment, fd, &stat, false, &data_offset, &form) < 0)
		return;
	nr_segment_note(&segment, &segment.shared->detached);
	nr_unmap(segment.shared, segment.mapped);
}

int nr_segment_detach(const void *address, bool stealthy,
		      struct nr_attached *ret_detached)
{
	struct nr_attachment *it;

	nr_attached_enter();
	it = nr_attached_at(address);
	if (it) {
		if (ret_detached)
			tell(it, ret_detached);
		if (!stealthy)
			note_detach(it->file);
		unmap_data(it);
		/* dies here: the kernel drops the hold, too */
		forget(it);
	}
	nr_attached_leave();
	return it ? 0 : -EINVAL;
}

static int extend(struct nr_attachment *it)
{
	uint64_t length;
	int r, fd = nr_segment_open_own(it->file, true);

	if (fd < 0)
		return fd;
	r = length_of(it->file, fd, &length);
	nr_file_close(fd);
	if (r < 0 || length <= it->length)
		return r;
	r = nr_map_grow(it->address, it->length, length);
	if (r == 0)
		it->length = length;
	return r;
}

int naru_segment_attach(struct naru_segment *segment, void *address, int flags,
			void **ret_address, size_t *ret_length)
{
	const struct nr_attach how = {
		.address = address,
		.read_only = flags & NARU_READ_ONLY || segment->file->read_only,
	};

	if (flags & ~NARU_READ_ONLY)
		return -EINVAL;
	if (segment->file->form & NR_FORM_HUGE && (uintptr_t)address % NR_HUGE_PAGE != 0)
		return -EINVAL;
	return nr_segment_attach(segment, &how, ret_address, ret_length);
}

int naru_segment_detach(void *address)
{
	return nr_segment_detach(address, false, NULL);
}

int naru_segment_extend(void *address, size_t *ret_length)
{
	struct nr_attachment *it;
	int r = -EINVAL;

	nr_attached_enter();
	it = nr_attached_at(address);
	if (it)
		r = extend(it);
	if (r == 0 && ret_length)
		*ret_length = it->length;
	nr_attached_leave();
	return r;
}

int nr_segment_count(struct naru_segment *segment, uint64_t *ret_count)
{
	int fd = nr_segment_descriptor(segment->file);

	return fd < 0 ? fd : nr_hold_count(fd, ret_count);
}

int nr_segment_length(struct naru_segment *segment, uint64_t *ret_length)
{
	int fd = nr_segment_descriptor(segment->file);

	return fd < 0 ? fd : length_of(segment->file, fd, ret_length);
}

void nr_segment_identity(const struct naru_segment *segment, uint64_t *ret_device,
			 uint64_t *ret_inode)
{
	*ret_device = segment->file->kept.device;
	*ret_inode = segment->file->kept.inode;
}
