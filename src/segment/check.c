/* SPDX-License-Identifier: MIT */

#include <segment/check.h>

#include <errno.h>
#include <segment/resize.h>
#include <stdio.h>
#include <sys/file.h>

/* A check that is going on. */
struct check {
	struct naru_segment *segment;
	const char *name;
	bool repair;
	void (*tell)(void *data, const struct naru_finding *finding);
	void *data;
};

static void tell(const struct check *check, enum naru_severity severity, bool repaired,
		 const char *text)
{
	const struct naru_finding finding = {
		.severity = severity,
		.object = check->name,
		.text = text,
		.repaired = repaired,
	};

	check->tell(check->data, &finding);
}

static void tell_unusable(const struct check *check, int error)
{
	char text[NARU_NAME_MAX + 200];

	switch (error) {
	case -EACCES:
		tell(check, NARU_SEVERITY_NOTICE, false,
		     "no permission to look into it: ask its owner, or be root");
		return;
	case -EPROTONOSUPPORT:
		tell(check, NARU_SEVERITY_ERROR, false,
		     "it was made by another version of naru: save what is in it with "
		     "that one, or remove it");
		return;
	default:
		snprintf(text, sizeof(text),
			 "it is damaged (%s): what is in its file can be read from "
			 "there; remove it with: naru segment rm %s",
			 naru_error_text(error), check->name);
		tell(check, NARU_SEVERITY_ERROR, false, text);
	}
}

static void check_lock(const struct check *check)
{
	struct naru_segment_stat stat = {.size = sizeof(stat)};
	int r = naru_segment_stat(check->segment, &stat);

	if (r < 0)
		tell_unusable(check, r);
	else if (stat.damaged == NR_GIVEN_UP)
		tell(check, NARU_SEVERITY_WARNING, false,
		     "its contents were given up after a process had died with its "
		     "lock: nobody gets the lock any more; remove it");
	else if (stat.damaged != NR_WHOLE)
		tell(check, NARU_SEVERITY_NOTICE, false,
		     "a process died with its lock: the next one that takes it is told, "
		     "and has to look after the contents");
}

/* Only a multiple of the page size can tell. */
static bool has_leftover(const struct stat *stat)
{
	uint64_t block = (uint64_t)stat->st_blksize;

	return block != 0 &&
	       (uint64_t)stat->st_blocks * 512 >
		       ((uint64_t)stat->st_size + block - 1) / block * block;
}

/* Memory behind the end, of somebody who died while he made the segment longer. */
static void check_end(const struct check *check)
{
	struct stat stat;
	int r, fd = nr_segment_begin_resize(check->segment);

	if (fd < 0)
		return;
	r = nr_file_stat(fd, &stat);
	if (r == 0 && has_leftover(&stat)) {
		if (check->repair)
			r = nr_file_resize(fd, (uint64_t)stat.st_size);
		tell(check, NARU_SEVERITY_NOTICE, check->repair && r == 0,
		     "more memory is reserved than it needs: a process died while it "
		     "made "
		     "it longer");
	}
	nr_segment_end_resize(fd);
}

int nr_segment_check(struct naru_space *space, const char *name, int flags,
		     void (*tell_function)(void *data,
					   const struct naru_finding *finding),
		     void *data)
{
	struct check check = {
		.name = name,
		.repair = flags & NARU_CHECK_REPAIR,
		.tell = tell_function,
		.data = data,
	};
	int r = nr_segment_open(space, name, 0, &check.segment);

	if (r == -EACCES)
		r = nr_segment_open(space, name, NARU_READ_ONLY, &check.segment);
	/* Removed since it was listed: nothing is wrong with that. */
	if (r == -ENOENT)
		return 0;
	if (r < 0) {
		tell_unusable(&check, r);
		return 0;
	}
	check_lock(&check);
	check_end(&check);
	naru_segment_close(check.segment);
	return 0;
}
