/* SPDX-License-Identifier: MIT */

/* segment/attach.c - attach, detach, extend */

#include <errno.h>
#include <segment/cut.h>
#include <segment/hold.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/map.h>

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
		    uint64_t length, struct nr_attachment *it)
{
	bool own = how->read_only && !file->read_only;
	const struct nr_map_how map = {
		.at = how->address,
		.writable = !how->read_only,
		.executable = how->executable,
		.alignment = file->form & NR_FORM_HUGE ? NR_HUGE_PAGE : 0,
	};
	int fd = own ? nr_segment_open_own(file, true) : nr_segment_descriptor(file);
	void *address;
	int r;

	if (fd < 0)
		return fd;
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

/*
 * Hold and data. Where the data are wanted, our own mapping must not come, though the
 * place may be the first one that is free: the application has made it so.
 */
static int map_both(struct nr_segment_file *file, const struct nr_attach *how,
		    struct nr_attachment *it)
{
	bool reserved = how->address && !how->replace;
	int r, fd = nr_segment_descriptor(file);
	uint64_t length = 0;

	if (fd < 0)
		return fd;
	r = length_of(file, fd, &length);
	if (r == 0 && reserved)
		r = nr_map_reserve(how->address, length);
	if (r < 0)
		return r;
	r = nr_hold_take(file, false, &it->hold);
	if (r == 0) {
		r = map_data(file, how, length, it);
		if (r < 0)
			nr_hold_drop(it->hold);
	}
	if (r < 0 && reserved)
		nr_unmap(how->address, length);
	return r;
}

static int attach_locked(struct nr_segment_file *file, const struct nr_attach *how,
			 struct nr_attachment *it, struct nr_attachment **gone)
{
	int r = map_both(file, how, it);

	if (r < 0)
		return r;
	/* What lay there is attached no more; the application may have unmapped it, too.
	 */
	nr_cut(it->address, nr_attachment_end(it), gone);
	it->origin = it->address;
	it->file = nr_segment_file_reference(file);
	it->tag = how->tag;
	nr_attached_add(it);
	return 0;
}

int nr_segment_attach(struct naru_segment *segment, const struct nr_attach *how,
		      void **ret_address, size_t *ret_length)
{
	struct nr_segment_file *file = segment->file;
	struct nr_attachment *it, *gone = NULL;
	int r;

	if (file->read_only && !how->read_only)
		return -EACCES;
	it = calloc(1, sizeof(*it));
	if (!it)
		return -ENOMEM;
	nr_attached_enter();
	r = attach_locked(file, how, it, &gone);
	if (r == 0) {
		*ret_address = it->address;
		if (ret_length)
			*ret_length = it->length;
	}
	nr_attached_leave();
	nr_cut_bury(gone, how->detached, NULL);
	if (r < 0)
		free(it);
	else if (!how->stealthy && !file->by_name)
		nr_segment_note(segment, &segment->shared->attached);
	return r;
}

bool nr_segment_find(const void *address, struct nr_attached *ret_attached)
{
	const struct nr_attachment *it;

	nr_attached_enter();
	it = nr_attached_at(address);
	if (it)
		nr_attachment_tell(it, ret_attached);
	nr_attached_leave();
	return it != NULL;
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
	    nr_segment_look(&segment, fd, &stat, &data_offset, &form) < 0 ||
	    nr_segment_map(&segment, fd, false) < 0)
		return;
	nr_segment_note(&segment, &segment.shared->detached);
	nr_unmap(segment.shared, segment.mapped);
}

int nr_segment_detach(const void *address, bool stealthy,
		      struct nr_attached *ret_detached)
{
	struct nr_attachment *gone = NULL, *it;
	bool any = false;

	nr_attached_enter();
	while ((it = nr_attached_at(address)) != NULL) {
		unsigned char *end = nr_attachment_end(it);

		if (!any && ret_detached)
			nr_attachment_tell(it, ret_detached);
		if (!any && !stealthy)
			note_detach(it->file);
		any = true;
		nr_unmap(it->address, (size_t)(end - it->address));
		/* dies here: the kernel drops the hold, too */
		nr_cut(it->address, end, &gone);
	}
	nr_attached_leave();
	nr_cut_bury(gone, NULL, NULL);
	return any ? 0 : -EINVAL;
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

	/* We may be a child that has not been counted yet. */
	nr_attached_enter();
	nr_attached_leave();
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
