/* SPDX-License-Identifier: MIT */
#ifndef NARU_SEGMENT_HANDLE_H
#define NARU_SEGMENT_HANDLE_H

/*
 * segment/handle.h - an open segment
 *
 * Geometry is checked once, when the header is mapped, and kept here; what shared
 * memory says about it afterwards is not believed.
 */

#include <base/atomic.h>
#include <layout/segment.h>
#include <segment/segment.h>
#include <space/space.h>

#define NR_SEGMENT_VALUE_MAX (UINT64_C(1) << 30)

/* A segment's file, as a handle and the attachments made through it share it. */
struct nr_segment_file {
	_Atomic int references;
	struct naru_space *space;
	struct nr_kept kept; /* use nr_segment_descriptor() */
	bool read_only;	     /* kept is open for reading only */
	bool by_name;	     /* keep no descriptor for attachments */
	uint64_t data_offset;
	uint32_t form;
	char name[NARU_NAME_MAX + 1];
};

struct naru_segment {
	struct nr_segment_file *file;
	struct nr_segment_shared *shared; /* header, latest value; maybe read-only */
	size_t mapped;			  /* bytes there */
	uint64_t latest_offset;
	uint64_t latest_size;
	_Atomic uint32_t member; /* the id of ours that is known to the others */
};

/* A file that is open as @fd, which is kept. NULL: no memory; @fd stays the caller's. */
struct nr_segment_file *nr_segment_file_new(struct naru_space *space, const char *name,
					    int fd, const struct stat *stat,
					    bool read_only);
struct nr_segment_file *nr_segment_file_reference(struct nr_segment_file *file);
void nr_segment_file_release(struct nr_segment_file *file);

/* Close the descriptor, without a care for those who may need it. */
void nr_segment_file_forget(struct nr_segment_file *file);

/*
 * The descriptor; it is the file's, do not close it. -EIDRM: the application has closed
 * ours, and the name is gone.
 */
int nr_segment_descriptor(struct nr_segment_file *file);

/* A description of its own, read-only or read-write; the caller closes it. */
int nr_segment_open_own(struct nr_segment_file *file, bool read_only);

/* Bytes between the copies of a latest value of @size. */
static inline uint64_t nr_latest_stride(uint64_t size)
{
	return (sizeof(struct nr_latest_shared) + size + 63) & ~UINT64_C(63);
}

static inline uint64_t nr_latest_end(uint64_t offset, uint64_t size)
{
	return offset + NR_LATEST_COPIES * nr_latest_stride(size);
}

/*
 * Read the header of the file open as @fd, and check it.
 *
 * -EBADMSG, -EPROTONOSUPPORT
 */
int nr_segment_look(struct naru_segment *segment, int fd, const struct stat *stat,
		    uint64_t *ret_data_offset, uint32_t *ret_form);

/* Map the header that was looked at. */
int nr_segment_map(struct naru_segment *segment, int fd, bool read_only);

/* Note down who has done what, if we may write. */
void nr_segment_note(struct naru_segment *segment, struct nr_segment_use_shared *use);

/* Who we are, and that others are to hear of our death. -EACCES: may not write. */
int nr_segment_enter_slowly(struct naru_segment *segment, uint32_t *ret_id);

static inline int nr_segment_enter(struct naru_segment *segment, uint32_t *ret_id)
{
	uint32_t id = nr_load_relaxed(&segment->file->space->self->id);

	if (__builtin_expect(id == 0 || id != nr_load_relaxed(&segment->member), 0))
		return nr_segment_enter_slowly(segment, ret_id);
	*ret_id = id;
	return 0;
}

#endif /* NARU_SEGMENT_HANDLE_H */
