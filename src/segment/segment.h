/* SPDX-License-Identifier: MIT */
#ifndef NARU_SEGMENT_SEGMENT_H
#define NARU_SEGMENT_SEGMENT_H

/*
 * segment/segment.h - what the System V border needs beyond naru/segment.h
 *
 * An attachment lives longer than the handle through which it was made, until it is
 * detached by its address, or the process's memory goes.
 */

#include <naru/segment.h>
#include <stdbool.h>

#define NR_SEGMENT_LENGTH_MAX (UINT64_C(1) << 46)

/* As asked for in naru_segment_options, and */
enum nr_segment_flags {
	/* Reserve no memory; only look whether there is enough of it now. */
	NR_SEGMENT_SPARSE = 1 << 16,
	/*
	 * Attachments outlive the handle without a descriptor of their own: the name
	 * stays as long as anybody is attached. The handle's header is not mapped: it is
	 * for attaching, which is not noted down then, and for counting.
	 */
	NR_SEGMENT_BY_NAME = 1 << 17,
};

/* options->flags may have bits of enum nr_segment_flags, too; else as of naru's own. */
int nr_segment_create(struct naru_space *space, const char *name,
		      const struct naru_segment_options *options,
		      struct naru_segment **ret_segment);
int nr_segment_open(struct naru_space *space, const char *name, uint32_t flags,
		    struct naru_segment **ret_segment);

struct nr_attached;

/* How to attach. */
struct nr_attach {
	void *address;	/* NULL: anywhere */
	bool replace;	/* what is mapped there */
	bool read_only; /* by a mapping that cannot be made writable, either */
	bool executable;
	bool stealthy; /* note nothing down about it in the header */
	uint64_t tag;  /* the caller's own; nr_segment_find() tells it */
	/* Told of each attachment that was replaced and has nothing left; may be NULL. */
	void (*detached)(void *data, const struct nr_attached *attached);
};

/*
 * -EEXIST	something is mapped there (without .replace)
 * -EACCES	the handle is for reading only, or the file system forbids to execute
 * -ENOMEM, -EINVAL as of mmap(2)
 */
int nr_segment_attach(struct naru_segment *segment, const struct nr_attach *how,
		      void **ret_address, size_t *ret_length);

/* An attachment of this process. */
struct nr_attached {
	void *address;
	size_t length; /* as it was attached */
	bool read_only;
	uint64_t tag;
	uint64_t device; /* the segment's file */
	uint64_t inode;
};

/* The one that begins at @address. False: there is none. */
bool nr_segment_find(const void *address, struct nr_attached *ret_attached);

/* -EINVAL: none begins there. @ret_detached may be NULL. */
int nr_segment_detach(const void *address, bool stealthy,
		      struct nr_attached *ret_detached);

/* The application unmaps, or maps over, what may be attached: a system call of its own.
 */
struct nr_unmapping {
	long (*call)(void *data); /* makes the call; -errno */
	/* Told of each attachment that has nothing left; may be NULL. */
	void (*detached)(void *data, const struct nr_attached *attached);
	void *data;
};

/* Make the call, and do not count any more what lay there. What the call returned. */
long nr_segment_unmap(void *address, size_t length, const struct nr_unmapping *unmapping);

/* The same for mremap(2), by which attachments move. */
struct nr_remap {
	void *address;
	size_t length;
	size_t wanted;
	void *target; /* or NULL */
	bool stays;   /* what was there before: MREMAP_DONTUNMAP */
};
long nr_segment_remap(const struct nr_remap *remap, const struct nr_unmapping *unmapping);

/* Attachments of all processes. */
int nr_segment_count(struct naru_segment *segment, uint64_t *ret_count);

/* The user's bytes, now. */
int nr_segment_length(struct naru_segment *segment, uint64_t *ret_length);

/* Which file it is. */
void nr_segment_identity(const struct naru_segment *segment, uint64_t *ret_device,
			 uint64_t *ret_inode);

#endif /* NARU_SEGMENT_SEGMENT_H */
