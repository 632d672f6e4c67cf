/* SPDX-License-Identifier: MIT */
#ifndef NARU_SEGMENT_ACCESS_H
#define NARU_SEGMENT_ACCESS_H

/* segment/access.h - whose a segment is, and who may use it */

#include <naru/segment.h>

/* Give the file @fd the owner, group and mode of @options, as far as they are set. */
int nr_segment_set_access(int fd, const struct naru_segment_options *options);

#endif /* NARU_SEGMENT_ACCESS_H */
