/* SPDX-License-Identifier: MIT */
#ifndef NARU_REMOTE_WATCH_H
#define NARU_REMOTE_WATCH_H

/*
 * remote/watch.h - a descriptor that tells of a queue elsewhere
 *
 * A WATCH is under way in a lane of its own, whose stream is readable when it is
 * answered. The answer stays unread until a call finds nothing; then the next WATCH is
 * sent. The descriptor that the caller knows is an epoll instance with the stream's in
 * it, so that it stays when the connection does not. While there is none it is ready: who
 * calls then has it made again, or learns why not.
 */

#include <remote/client.h>

/* As naru_queue_fd() and naru_queue_rearm(). */
int nr_watch_fd(struct nr_client *client, enum naru_poll which);
int nr_watch_rearm(struct nr_client *client, enum naru_poll which);

/* A call has found that there is nothing, or no room: it is not ready any more. */
void nr_watch_found_none(struct nr_client *client, enum naru_poll which);

/* The server has brought messages that nobody has received yet: it is readable. */
void nr_watch_found_some(struct nr_client *client);

void nr_watch_close(struct nr_watch *watch);
/* The same in a child of fork, where the lane is closed by others. */
void nr_watch_leave(struct nr_watch *watch);

#endif /* NARU_REMOTE_WATCH_H */
