/* SPDX-License-Identifier: MIT */
#ifndef NARU_SEGMENT_CUT_H
#define NARU_SEGMENT_CUT_H

/*
 * segment/cut.h - bytes of attachments that are unmapped, or mapped over
 *
 * An attachment of which some is gone is as many as it is in pieces, as the kernel counts
 * its own: each piece has a hold.
 */

#include <segment/attached.h>
#include <segment/segment.h>

/*
 * These bytes are not attached any more. What has nothing left is taken out of the list,
 * and put into @gone; that is for nr_cut_bury(), when the lock of the list is released.
 */
void nr_cut(unsigned char *from, const unsigned char *to, struct nr_attachment **gone);

/* Free them. @tell, if not NULL, is told of each before. */
void nr_cut_bury(struct nr_attachment *gone,
		 void (*tell)(void *data, const struct nr_attached *attached),
		 void *data);

void nr_attachment_tell(const struct nr_attachment *it, struct nr_attached *ret_attached);

/* Where the mapping ends. */
unsigned char *nr_attachment_end(const struct nr_attachment *it);

#endif /* NARU_SEGMENT_CUT_H */
