/* SPDX-License-Identifier: MIT */
#ifndef NARU_QUEUE_SET_H
#define NARU_QUEUE_SET_H

/* queue/set.h - what a queue can be changed to be */

#include <naru/queue.h>

/* Owner, group and mode of the file, as far as @options sets them. */
int nr_queue_set_access(int fd, const struct naru_queue_options *options);

#endif /* NARU_QUEUE_SET_H */
