/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_SEGMENTS_H
#define SUPPORT_SEGMENTS_H

/* support/segments.h - segments of a room; whatever fails ends the test */

#include <naru/segment.h>
#include <support/room.h>

struct naru_segment *segment_create(struct room *room, const char *name, uint64_t length);
struct naru_segment *segment_open(struct room *room, const char *name, int flags);
struct naru_segment_stat segment_stat(struct naru_segment *segment);

/* Attachments now. */
uint64_t segment_count(struct naru_segment *segment);

void *segment_attach(struct naru_segment *segment, int flags);

#endif /* SUPPORT_SEGMENTS_H */
