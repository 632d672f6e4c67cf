/* SPDX-License-Identifier: MIT */
#ifndef NARU_SERVER_ACCESS_H
#define NARU_SERVER_ACCESS_H

/*
 * server/access.h - who may do what with which queue
 *
 * Either by the lines of a file (server/rules.h); or, without one, by the permission bits
 * of the queues' files, and of the space's directory, as if the client had come to the
 * files himself. Then nobody comes in from another machine.
 */

#include <naru/queue.h>
#include <server/connection.h>

enum nr_right {
	NR_RIGHT_SEND = 1 << 0,
	NR_RIGHT_RECEIVE = 1 << 1,
	NR_RIGHT_CREATE = 1 << 2,
	NR_RIGHT_REMOVE = 1 << 3,
	NR_RIGHT_SET = 1 << 4,
	NR_RIGHT_LOOK = 1 << 5,
	NR_RIGHTS = (1 << 6) - 1,
};

/* "send", "receive"... of one right. */
const char *nr_right_name(enum nr_right right);

/* May this client be here at all? -EACCES has been answered, and said by the log. */
int nr_access_enter(struct nr_connection *connection);

/*
 * May it do this with the queue @name? -EACCES has been answered, and said by the log.
 *
 * @stat	of the queue; NULL: it is not there, or not open
 */
int nr_access_check(struct nr_connection *connection, enum nr_right right,
		    const char *name, const struct naru_queue_stat *stat);

/* It has no right to use the queue in any way: answer so, and say it by the log. */
void nr_access_deny_use(struct nr_connection *connection, const char *name,
			const struct naru_queue_stat *stat);

/* May it do this? In silence. */
bool nr_access_has(struct nr_connection *connection, enum nr_right right,
		   const char *name, const struct naru_queue_stat *stat);

/*
 * May it make the queue the user's, or the group's, that the options name? -EACCES as
 * above.
 */
int nr_access_check_owner(struct nr_connection *connection, const char *name,
			  const struct naru_queue_options *options);

/* May it look at any queue at all? Else -EACCES, as above. */
int nr_access_check_list(struct nr_connection *connection);

/* Is it one of the patterns that are served? */
bool nr_access_is_served(const struct nr_server *server, const char *name);

/* All that it may do with the queue. */
uint32_t nr_access_rights(struct nr_connection *connection, const char *name,
			  const struct naru_queue_stat *stat);

#endif /* NARU_SERVER_ACCESS_H */
