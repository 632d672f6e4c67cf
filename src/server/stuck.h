/* SPDX-License-Identifier: MIT */
#ifndef NARU_SERVER_STUCK_H
#define NARU_SERVER_STUCK_H

/*
 * server/stuck.h - a queue with whose lock somebody stands still
 *
 * A call that does not wait for messages or room waits for the lock nevertheless, up to a
 * second, and so all clients of the server would. Whoever is stopped does not go on
 * soon: once such a call has waited in vain the queue is left alone for a while. SEND and
 * TAKE do not wait, and are tried each second.
 */

#include <server/served.h>

/* Leave it alone: -EAGAIN, as the call would say. Else 0. */
int nr_stuck(const struct nr_served *served);
/* What a call has said. @r: -EAGAIN if it has waited in vain. Returns it. */
int nr_stuck_note(struct nr_served *served, int r);
/* naru_queue_stat(); -EAGAIN: not now. */
int nr_stuck_stat(struct nr_served *served, struct naru_queue_stat *ret_stat);

#endif /* NARU_SERVER_STUCK_H */
