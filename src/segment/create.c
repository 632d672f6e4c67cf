/* SPDX-License-Identifier: MIT */

/* segment/create.c - create, open, close, remove */

#include <base/options.h>
#include <errno.h>
#include <segment/handle.h>
#include <segment/huge.h>
#include <space/object.h>
#include <stdlib.h>
#include <string.h>
#include <sys/clock.h>
#include <sys/file.h>
#include <sys/map.h>
#include <sys/process.h>

enum {
	LATEST_DEFAULT = (NR_SEGMENT_HEADER - NR_SEGMENT_LATEST) / NR_LATEST_COPIES - 8,
	FLAGS = NARU_CREATE | NARU_SET_OWNER | NARU_SET_GROUP | NARU_READ_ONLY |
		NARU_HUGE_PAGES,
};

/* @known: the flags that are allowed. */
static int check_options(struct naru_segment_options *options, uint32_t known)
{
	const uint32_t both = NARU_CREATE | NARU_READ_ONLY;

	/* What is created is zero, and of no use to who only reads. */
	if (options->flags & ~known || (options->flags & both) == both ||
	    options->mode & ~0777u || options->length > NR_SEGMENT_LENGTH_MAX ||
	    options->latest > NR_SEGMENT_VALUE_MAX)
		return -EINVAL;
	if (options->mode == 0)
		options->mode = 0600;
	if (options->latest < LATEST_DEFAULT)
		options->latest = LATEST_DEFAULT;
	return 0;
}

static uint64_t round_up(uint64_t number, uint64_t unit)
{
	return (number + unit - 1) / unit * unit;
}

/* The first bytes of the file, from which all else follows. */
static void describe(struct nr_segment_shared *shared,
		     const struct naru_segment_options *options)
{
	bool huge = options->flags & NARU_HUGE_PAGES;
	uint64_t end;

	shared->object.magic = NR_SEGMENT_MAGIC;
	shared->object.version = NR_SEGMENT_VERSION;
	shared->latest_size = round_up(options->latest, 8);
	shared->latest_offset = shared->latest_size > LATEST_DEFAULT ? NR_SEGMENT_HEADER
								     : NR_SEGMENT_LATEST;
	end = nr_latest_end(shared->latest_offset, shared->latest_size);
	shared->data_offset = round_up(end, huge ? NR_HUGE_PAGE : nr_page_size());
	shared->form = (huge ? NR_FORM_HUGE : 0u) |
		       (options->flags & NR_SEGMENT_SPARSE ? NR_FORM_SPARSE : 0u);
	shared->creator = nr_process_id();
	shared->created = nr_clock_wall();
	shared->changed = shared->created;
}

/* Memory for the user's bytes, from @offset on. */
static int reserve(int fd, uint64_t offset, uint64_t length, uint32_t form)
{
	int r;

	if (!(form & NR_FORM_SPARSE))
		r = nr_file_allocate(fd, offset, length);
	else
		r = nr_file_has_room(fd, offset, length);
	if (r == 0 && form & NR_FORM_SPARSE)
		r = nr_file_resize(fd, offset + length);
	if (r == 0 && form & NR_FORM_HUGE)
		r = nr_segment_collapse(fd, offset, length);
	return r;
}

/* A handle of the file that is open as @fd; that is kept if this succeeds. */
static int new_handle(struct naru_space *space, const char *name, int fd, uint32_t flags,
		      struct naru_segment **ret_segment)
{
	bool read_only = flags & NARU_READ_ONLY;
	struct naru_segment *segment;
	struct nr_segment_file *file;
	struct stat stat;
	int r = nr_file_stat(fd, &stat);

	if (r < 0)
		return r;
	segment = calloc(1, sizeof(*segment));
	file = nr_segment_file_new(space, name, fd, &stat, read_only);
	if (segment && file)
		r = nr_segment_look(segment, fd, &stat, &file->data_offset, &file->form);
	else
		r = -ENOMEM;
	if (r == 0 && !(flags & NR_SEGMENT_BY_NAME))
		r = nr_segment_map(segment, fd, read_only);
	if (r < 0) {
		if (file) {
			nr_store_relaxed(&file->kept.fd, -1);
			nr_segment_file_release(file);
		}
		free(segment);
		return r;
	}
	file->by_name = flags & NR_SEGMENT_BY_NAME;
	segment->file = file;
	*ret_segment = segment;
	return 0;
}

/* 1: begin again; see nr_object_publish(). */
static int create_once(struct naru_space *space, const char *name,
		       const struct naru_segment_options *options,
		       struct naru_segment **ret_segment)
{
	struct nr_segment_shared header = {0};
	struct naru_segment *segment = NULL;
	struct nr_object_new object;
	uint64_t length = options->length;
	int r;

	describe(&header, options);
	if (header.form & NR_FORM_HUGE)
		length = round_up(length, NR_HUGE_PAGE);
	r = nr_object_begin(
		space, nr_latest_end(header.latest_offset, header.latest_size), &object);
	if (r < 0)
		return r;
	r = reserve(object.fd, header.data_offset, length, header.form);
	if (r == 0)
		r = (int)nr_file_write(object.fd, &header, sizeof(header));
	if (r >= 0)
		r = nr_object_set_access(object.fd, options->mode, options->flags,
					 options->owner, options->group);
	if (r == 0)
		r = new_handle(space, name, object.fd, options->flags, &segment);
	if (r == 0)
		r = nr_object_publish(space, &object, name);
	if (r != 0) {
		/* It is the new object's descriptor still. */
		if (segment)
			nr_store_relaxed(&segment->file->kept.fd, -1);
		naru_segment_close(segment);
		nr_object_abandon(&object);
		return r;
	}
	*ret_segment = segment;
	return 0;
}

static int create(struct naru_space *space, const char *name,
		  const struct naru_segment_options *options,
		  struct naru_segment **ret_segment)
{
	int r;

	do
		r = create_once(space, name, options, ret_segment);
	while (r > 0);
	return r;
}

static int open_existing(struct naru_space *space, const char *name, uint32_t flags,
			 struct naru_segment **ret_segment)
{
	struct stat stat;
	int fd, r;

	if (flags & NARU_READ_ONLY)
		r = nr_object_open_to_read(space, name, &fd, &stat);
	else
		r = nr_object_open(space, name, &fd, &stat);
	if (r < 0)
		return r;
	r = new_handle(space, name, fd, flags, ret_segment);
	if (r < 0)
		nr_file_close(fd);
	return r;
}

int nr_segment_create(struct naru_space *space, const char *name,
		      const struct naru_segment_options *options,
		      struct naru_segment **ret_segment)
{
	struct naru_segment_options checked = *options;
	int r = nr_object_check_name(name);

	if (r == 0)
		r = check_options(&checked, (FLAGS & ~NARU_READ_ONLY) |
						    NR_SEGMENT_SPARSE |
						    NR_SEGMENT_BY_NAME);
	if (r == 0 && (checked.length == 0 || (checked.flags & NR_SEGMENT_SPARSE &&
					       checked.flags & NARU_HUGE_PAGES)))
		r = -EINVAL;
	if (r == 0)
		r = nr_space_resolve(space, &space);
	return r < 0 ? r : create(space, name, &checked, ret_segment);
}

int nr_segment_open(struct naru_space *space, const char *name, uint32_t flags,
		    struct naru_segment **ret_segment)
{
	int r = nr_object_check_name(name);

	if (r == 0)
		r = nr_space_resolve(space, &space);
	return r < 0 ? r : open_existing(space, name, flags, ret_segment);
}

int naru_segment_create(struct naru_space *space, const char *name,
			const struct naru_segment_options *options,
			struct naru_segment **ret_segment)
{
	struct naru_segment_options checked;
	int r = nr_options_copy(&checked, sizeof(checked), options);

	if (r == 0 && checked.flags & ~(uint32_t)FLAGS)
		r = -EINVAL;
	return r < 0 ? r : nr_segment_create(space, name, &checked, ret_segment);
}

int naru_segment_open(struct naru_space *space, const char *name,
		      const struct naru_segment_options *options,
		      struct naru_segment **ret_segment)
{
	struct naru_segment_options checked;
	int r = nr_options_copy(&checked, sizeof(checked), options);

	if (r == 0)
		r = check_options(&checked, FLAGS);
	if (r < 0)
		return r;
	/* Others may create and remove it while we look; they make progress. */
	for (;;) {
		r = nr_segment_open(space, name, checked.flags, ret_segment);
		if (r != -ENOENT || !(checked.flags & NARU_CREATE))
			return r;
		r = nr_segment_create(space, name, &checked, ret_segment);
		if (r != -EEXIST)
			return r;
	}
}

struct naru_segment *naru_segment_close(struct naru_segment *segment)
{
	if (!segment)
		return NULL;
	nr_unmap(segment->shared, segment->mapped);
	if (segment->file->by_name)
		nr_segment_file_forget(segment->file);
	nr_segment_file_release(segment->file);
	free(segment);
	return NULL;
}

int naru_segment_remove(struct naru_space *space, const char *name)
{
	int directory, kind, r = nr_object_check_name(name);

	if (r == 0)
		r = nr_space_resolve(space, &space);
	if (r < 0)
		return r;
	directory = nr_space_directory(space);
	if (directory < 0)
		return directory;
	kind = nr_object_kind_at(directory, name);
	if (kind == NARU_KIND_QUEUE)
		return -EBADMSG;
	/* What is damaged, or not ours to read, is removed as it is. */
	return kind == -ENOENT ? kind : nr_object_remove(space, name);
}
