/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_AWAY_H
#define SUPPORT_AWAY_H

/*
 * support/away.h - tests of queues, with the queues on this machine or with a server
 *
 * The same test is linked with away-not.c, or with away.c. In the second case its room's
 * space is that of a server, which serves the room's directory at the URL in $AWAY.
 */

#include <stdbool.h>
#include <support/room.h>

/* The space of a room that was just made. */
void away_open(struct room *room);
void away_close(struct room *room);

/* For a test that knows how a queue of this machine is made: skip it for one of a server.
 */
void need_here(void);

/* Are the rooms' queues a server's? */
bool is_away(void);

#endif /* SUPPORT_AWAY_H */
