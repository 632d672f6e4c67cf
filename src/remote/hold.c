/* SPDX-License-Identifier: MIT */

/*
 * remote/hold.c - claim, commit, cancel; take, release, give back
 *
 * A message is in memory of the client's: it is sent by the commit, and was brought by
 * the bring.
 */

#include <remote/calls.h>

#include <errno.h>
#include <remote/bring.h>
#include <remote/release.h>
#include <remote/send.h>
#include <remote/watch.h>
#include <stdlib.h>

/* What naru_message.private_ holds. */
enum {
	KIND,
	LENGTH,
	SESSION, /* a child of fork has another one */
	WHICH,	 /* the delivery; of a claim, the timeout */
};

enum { CLAIMED = 1, TAKEN = 2 };

static bool is_kind(struct nr_client *client, const struct naru_message *message,
		    uint64_t kind)
{
	return message->private_[KIND] == kind &&
	       message->private_[SESSION] == nr_client_name(client);
}

static void clear(struct naru_message *message)
{
	free(message->data);
	*message = (struct naru_message){0};
}

int nr_remote_claim(struct nr_client *client, int64_t type, size_t length, int timeout_ms,
		    struct naru_message *ret_message)
{
	struct naru_message message = {
		.type = type,
		.length = length,
		.private_ = {[KIND] = CLAIMED,
			     [LENGTH] = length,
			     [SESSION] = nr_client_name(client),
			     [WHICH] = (uint64_t)(int64_t)timeout_ms},
	};
	const struct naru_item item = {.type = type, .length = length};
	struct nr_send ignored;
	int saved = errno;
	int r = nr_send_plan(client, &item, 1, &ignored);

	if (r < 0)
		return r;
	message.data = aligned_alloc(16, (length + 16) & ~(size_t)15);
	errno = saved;
	if (!message.data)
		return -ENOMEM;
	*ret_message = message;
	return 0;
}

int nr_remote_commit(struct nr_client *client, struct naru_message *message)
{
	const struct naru_item item = {message->type, message->data, message->length};
	ssize_t n;

	if (!is_kind(client, message, CLAIMED) || message->type <= 0 ||
	    message->length > message->private_[LENGTH])
		return -EINVAL;
	n = nr_remote_send(client, &item, 1, (int)(int64_t)message->private_[WHICH]);
	if (n < 0)
		return (int)n;
	clear(message);
	return 0;
}

int nr_remote_cancel(struct nr_client *client, struct naru_message *message)
{
	if (!is_kind(client, message, CLAIMED))
		return -EINVAL;
	clear(message);
	return 0;
}

int nr_remote_take(struct nr_client *client, int64_t select, int flags, int timeout_ms,
		   struct naru_message *ret_message)
{
	const uint64_t room = SIZE_MAX;
	struct naru_item item = {0};
	struct nr_bring bring = {
		.select = select,
		.count = 1,
		.rooms = &room,
		.items = &item,
		.allocate = true,
	};
	struct nr_patience patience = nr_patience_of(timeout_ms);
	struct nr_lane *lane;
	int r = nr_bring_flags(select, flags, &bring.flags);

	if (r < 0 || flags & NARU_TRUNCATE)
		return -EINVAL;
	r = nr_client_take_lane(client, &patience, &lane);
	if (r < 0)
		return r;
	r = nr_bring(lane, &bring);
	nr_client_give_lane(client, lane);
	if (r == -EAGAIN || r == -ETIMEDOUT)
		nr_watch_found_none(client, NARU_READABLE);
	if (r < 0)
		return r;
	*ret_message = (struct naru_message){
		.type = item.type,
		.length = item.length,
		.data = item.data,
		.private_ = {[KIND] = TAKEN,
			     [LENGTH] = item.length,
			     [SESSION] = nr_client_name(client),
			     [WHICH] = bring.delivery},
	};
	return 0;
}

int nr_remote_release(struct nr_client *client, struct naru_message *message)
{
	struct nr_patience patience = nr_patience_of(0);
	uint64_t delivery = message->private_[WHICH];
	bool unresolved = false;
	struct nr_lane *lane;
	int r;

	if (!is_kind(client, message, TAKEN))
		return -EINVAL;
	r = nr_client_take_lane(client, &patience, &lane);
	if (r == 0) {
		r = nr_release(lane, &delivery, 1, &unresolved);
		if (unresolved)
			nr_release_later(lane, &delivery, NULL, 1);
		nr_client_give_lane(client, lane);
	}
	if (r >= 0 || unresolved || r == -ESTALE || r == -EIDRM)
		clear(message);
	return r < 0 ? r : 0;
}

int nr_remote_give_back(struct nr_client *client, struct naru_message *message)
{
	struct nr_patience patience = nr_patience_of(0);
	struct nr_lane *lane;
	int r;

	if (!is_kind(client, message, TAKEN))
		return -EINVAL;
	r = nr_client_take_lane(client, &patience, &lane);
	if (r == 0) {
		r = nr_give_back(lane, message->private_[WHICH], message->data,
				 message->private_[LENGTH]);
		nr_client_give_lane(client, lane);
	}
	if (r == 0 || r == -ESTALE || r == -EIDRM)
		clear(message);
	return r;
}
