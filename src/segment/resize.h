/* SPDX-License-Identifier: MIT */
#ifndef NARU_SEGMENT_RESIZE_H
#define NARU_SEGMENT_RESIZE_H

/* segment/resize.h - who moves the end of a segment's file */

#include <segment/handle.h>

/*
 * From now on nobody else does, until nr_segment_end_resize() with the descriptor that
 * is returned. No other thread forks or attaches meanwhile.
 *
 * -EAGAIN	somebody else has been at it for a second
 * -EACCES	the handle is for reading only
 */
int nr_segment_begin_resize(struct naru_segment *segment);
void nr_segment_end_resize(int fd);

#endif /* NARU_SEGMENT_RESIZE_H */
