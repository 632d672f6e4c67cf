/* SPDX-License-Identifier: MIT */

/*
 * remote/hold.c - claim, commit, cancel; take, release, give back
 *
 * A message is in memory of the client's: it is sent by the commit, and was brought by
 * the bring.
 */

#include <remote/calls.h>

#include <base/atomic.h>
#include <errno.h>
#include <remote/bring.h>
#include <remote/family.h>
#include <remote/release.h>
#include <remote/send.h>
#include <remote/watch.h>
#include <stdlib.h>

/* What naru_message.private_ holds. */
enum {
	KIND,
	LENGTH,
	TOKEN, /* remote/tokens.h */
	WHICH, /* the delivery; of a claim, the timeout */
};

enum { CLAIMED = 1, TAKEN = 2 };

static bool is_kind(struct nr_client *client, const struct naru_message *message,
		    uint64_t kind)
{
	nr_family_check(client);
	return message->private_[KIND] == kind &&
	       nr_tokens_has(&client->tokens, message->private_[TOKEN]);
}

static void clear(struct nr_client *client, struct naru_message *message)
{
	nr_tokens_leave(&client->tokens, message->private_[TOKEN]);
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
			     [WHICH] = (uint64_t)(int64_t)timeout_ms},
	};
	const struct naru_item item = {.type = type, .length = length};
	struct nr_send ignored;
	int saved = errno;
	int r;

	nr_family_check(client);
	if (nr_load_relaxed(&client->removed))
		return -EIDRM;
	r = nr_send_plan(client, &item, 1, &ignored);
	if (r < 0)
		return r;
	message.data = aligned_alloc(16, (length + 16) & ~(size_t)15);
	errno = saved;
	if (!message.data)
		return -ENOMEM;
	message.private_[TOKEN] = nr_tokens_enter(&client->tokens, message.data);
	if (!message.private_[TOKEN]) {
		free(message.data);
		return -ENOMEM;
	}
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
	clear(client, message);
	return 0;
}

int nr_remote_cancel(struct nr_client *client, struct naru_message *message)
{
	if (!is_kind(client, message, CLAIMED))
		return -EINVAL;
	clear(client, message);
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
	uint64_t token;
	int r = nr_bring_flags(select, flags, &bring.flags);

	if (r < 0 || flags & NARU_TRUNCATE)
		return -EINVAL;
	r = nr_client_take_lane(client, &patience, &lane);
	if (r < 0)
		return r;
	r = nr_bring(lane, &bring);
	token = r < 0 ? 0 : nr_tokens_enter(&client->tokens, item.data);
	if (r >= 0 && !token) {
		nr_give_back_later(lane, bring.delivery, 1);
		r = -ENOMEM;
	}
	if (r < 0)
		free(item.data);
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
			     [TOKEN] = token,
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
		clear(client, message);
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
	if (r == 0 || r == -EIDRM)
		clear(client, message);
	return r;
}
