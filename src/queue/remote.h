/* SPDX-License-Identifier: MIT */
#ifndef NARU_QUEUE_REMOTE_H
#define NARU_QUEUE_REMOTE_H

/*
 * queue/remote.h - queues and spaces that a server has, on this machine or another
 *
 * They are reached by streams, which not every library of ours has: so the calls go
 * through a table. libnaru's is in remote/calls.c, that of libnaru-sysv, which has no
 * streams and opens no such queue, in sysv/remote.c.
 */

#include <naru/queue.h>
#include <stdbool.h>

struct naru_stream_options;
struct nr_client;

struct nr_remote_calls {
	/* @space: that of a server, or for a name that is a URL NULL or a local one. */
	int (*open)(struct naru_space *space, const char *name,
		    const struct naru_queue_options *options, bool exclusive,
		    struct nr_client **ret_client);
	int (*remove)(struct naru_space *space, const char *name);
	void (*close)(struct nr_client *client);

	ssize_t (*send)(struct nr_client *client, const struct naru_item *items,
			size_t count, int timeout_ms);
	ssize_t (*receive)(struct nr_client *client, int64_t select, int flags,
			   struct naru_item *items, size_t count, int timeout_ms);
	ssize_t (*look)(struct nr_client *client, uint64_t nth, int flags, void *buffer,
			size_t size, int64_t *ret_type);

	int (*claim)(struct nr_client *client, int64_t type, size_t length,
		     int timeout_ms, struct naru_message *ret_message);
	int (*commit)(struct nr_client *client, struct naru_message *message);
	int (*cancel)(struct nr_client *client, struct naru_message *message);
	int (*take)(struct nr_client *client, int64_t select, int flags, int timeout_ms,
		    struct naru_message *ret_message);
	int (*release)(struct nr_client *client, struct naru_message *message);
	int (*give_back)(struct nr_client *client, struct naru_message *message);

	int (*fd)(struct nr_client *client, enum naru_poll which);
	int (*rearm)(struct nr_client *client, enum naru_poll which);
	/* @ret_stat is of this library's size; @options has been checked. */
	int (*stat)(struct nr_client *client, struct naru_queue_stat *ret_stat);
	int (*set)(struct nr_client *client, const struct naru_queue_options *options);

	int (*space_open)(const char *url, const struct naru_stream_options *options,
			  struct nr_client **ret_client);
	int (*space_list)(struct nr_client *client,
			  int (*visit)(void *data, const struct naru_entry *entry),
			  void *data);
	int (*space_stat)(struct nr_client *client, struct naru_space_stat *ret_stat);
};

extern const struct nr_remote_calls nr_remote_calls;

#endif /* NARU_QUEUE_REMOTE_H */
