/* SPDX-License-Identifier: MIT */

#include <support/must.h>
#include <support/segments.h>

struct naru_segment *segment_create(struct room *room, const char *name, uint64_t length)
{
	struct naru_segment_options options = NARU_INIT(options, .length = length);
	struct naru_segment *segment = NULL;

	must_be(naru_segment_create(room->space, name, &options, &segment), 0);
	return segment;
}

struct naru_segment *segment_open(struct room *room, const char *name, int flags)
{
	struct naru_segment_options options =
		NARU_INIT(options, .flags = (uint32_t)flags);
	struct naru_segment *segment = NULL;

	must_be(naru_segment_open(room->space, name, &options, &segment), 0);
	return segment;
}

struct naru_segment_stat segment_stat(struct naru_segment *segment)
{
	struct naru_segment_stat stat = NARU_INIT(stat, .length = 0);

	must_be(naru_segment_stat(segment, &stat), 0);
	return stat;
}

uint64_t segment_count(struct naru_segment *segment)
{
	return segment_stat(segment).attachments;
}

void *segment_attach(struct naru_segment *segment, int flags)
{
	void *address = NULL;

	must_be(naru_segment_attach(segment, NULL, flags, &address, NULL), 0);
	return address;
}
