/* SPDX-License-Identifier: MIT */
#ifndef NARU_REMOTE_FAMILY_H
#define NARU_REMOTE_FAMILY_H

/*
 * remote/family.h - sessions and fork(2)
 *
 * A child begins a session of its own, and closes the connections that it has inherited
 * at once: as long as they are open, the server cannot see its parent's death.
 */

#include <remote/client.h>

void nr_family_add(struct nr_client *client);
void nr_family_remove(struct nr_client *client);

/* In a process that was made without fork(3)'s handlers it is done now. */
void nr_family_check(struct nr_client *client);

#endif /* NARU_REMOTE_FAMILY_H */
