/* SPDX-License-Identifier: MIT */
#ifndef NARU_REMOTE_CALLS_H
#define NARU_REMOTE_CALLS_H

/*
 * remote/calls.h - the functions of naru/queue.h and naru/space.h, for what a server has
 *
 * They are reached by the table of queue/remote.h, which says more.
 */

#include <queue/remote.h>
#include <remote/client.h>
#include <remote/send.h>

int nr_remote_open(struct naru_space *space, const char *name,
		   const struct naru_queue_options *options, bool exclusive,
		   struct nr_client **ret_client);
int nr_remote_remove(struct naru_space *space, const char *name);

ssize_t nr_remote_send(struct nr_client *client, const struct naru_item *items,
		       size_t count, int timeout_ms);
ssize_t nr_remote_receive(struct nr_client *client, int64_t select, int flags,
			  struct naru_item *items, size_t count, int timeout_ms);
ssize_t nr_remote_look(struct nr_client *client, uint64_t nth, int flags, void *buffer,
		       size_t size, int64_t *ret_type);

int nr_remote_claim(struct nr_client *client, int64_t type, size_t length, int timeout_ms,
		    struct naru_message *ret_message);
int nr_remote_commit(struct nr_client *client, struct naru_message *message);
int nr_remote_cancel(struct nr_client *client, struct naru_message *message);
int nr_remote_take(struct nr_client *client, int64_t select, int flags, int timeout_ms,
		   struct naru_message *ret_message);
int nr_remote_release(struct nr_client *client, struct naru_message *message);
int nr_remote_give_back(struct nr_client *client, struct naru_message *message);

int nr_remote_stat(struct nr_client *client, struct naru_queue_stat *ret_stat);
int nr_remote_set(struct nr_client *client, const struct naru_queue_options *options);

int nr_remote_space_open(const char *url, const struct naru_stream_options *options,
			 struct nr_client **ret_client);
int nr_remote_space_list(struct nr_client *client,
			 int (*visit)(void *data, const struct naru_entry *entry),
			 void *data);
int nr_remote_space_stat(struct nr_client *client, struct naru_space_stat *ret_stat);

#endif /* NARU_REMOTE_CALLS_H */
