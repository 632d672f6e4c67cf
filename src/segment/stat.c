/* SPDX-License-Identifier: MIT */

#include <base/options.h>
#include <errno.h>
#include <segment/handle.h>
#include <segment/hold.h>
#include <sys/file.h>

/* What the header says. */
static void read_header(const struct naru_segment *segment,
			struct naru_segment_stat *ret_stat)
{
	const struct nr_segment_shared *shared = segment->shared;
	uint32_t damaged = nr_load_relaxed(&shared->damaged);
	uint32_t owner = nr_load_relaxed(&shared->lock) & NR_PEER_ID_MASK;

	ret_stat->sequence = nr_load_relaxed(&shared->sequence);
	ret_stat->creator = nr_read_once(&shared->creator);
	ret_stat->created = nr_read_once(&shared->created);
	ret_stat->changed = nr_load_relaxed(&shared->changed);
	ret_stat->last_attacher = nr_load_relaxed(&shared->attached.pid);
	ret_stat->last_attach = nr_load_relaxed(&shared->attached.time);
	ret_stat->last_detacher = nr_load_relaxed(&shared->detached.pid);
	ret_stat->last_detach = nr_load_relaxed(&shared->detached.time);
	ret_stat->lock_owner = nr_space_pid(segment->file->space, owner);
	/* An owner that is dead, and that nobody has come across yet. */
	if (damaged == NR_WHOLE && owner != 0 && ret_stat->lock_owner == 0)
		damaged = NR_DAMAGED;
	ret_stat->damaged =
		damaged == NR_GIVEN_UP || damaged == NR_WHOLE ? damaged : NR_DAMAGED;
}

int naru_segment_stat(struct naru_segment *segment, struct naru_segment_stat *ret_stat)
{
	const struct nr_segment_file *file = segment->file;
	struct naru_segment_stat stat = {.size = sizeof(stat)};
	struct stat attributes;
	int r, fd = nr_segment_descriptor(segment->file);

	if (fd < 0)
		return fd;
	r = nr_file_stat(fd, &attributes);
	if (r == 0)
		r = nr_hold_count(fd, &stat.attachments);
	if (r < 0)
		return r;
	if ((uint64_t)attributes.st_size <= file->data_offset)
		return -EBADMSG;
	read_header(segment, &stat);
	stat.length = (uint64_t)attributes.st_size - file->data_offset;
	stat.latest = segment->latest_size;
	stat.uid = attributes.st_uid;
	stat.gid = attributes.st_gid;
	stat.mode = attributes.st_mode & 0777;
	stat.removed = attributes.st_nlink == 0;
	stat.huge = (file->form & NR_FORM_HUGE) != 0;
	stat.memory = (uint64_t)attributes.st_blocks * 512;
	return nr_options_return(ret_stat, sizeof(stat), &stat);
}
