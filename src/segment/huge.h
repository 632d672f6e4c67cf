/* SPDX-License-Identifier: MIT */
#ifndef NARU_SEGMENT_HUGE_H
#define NARU_SEGMENT_HUGE_H

/*
 * segment/huge.h - memory of huge pages
 *
 * A file of a space cannot be one of hugetlbfs, which has no names but under a mount of
 * its own. But tmpfs has huge pages, too: what is reserved is moved into them, there and
 * then, by MADV_COLLAPSE (Linux 6.1), whatever the system's policy for new memory is.
 */

#include <stdint.h>

/*
 * Put bytes [offset, offset + length) of the file @fd into huge pages; both are multiples
 * of NR_HUGE_PAGE.
 *
 * -EOPNOTSUPP	not with this kernel, or not in this file system
 * -ENOMEM	there are not enough of them just now
 */
int nr_segment_collapse(int fd, uint64_t offset, uint64_t length);

#endif /* NARU_SEGMENT_HUGE_H */
