/* SPDX-License-Identifier: MIT */

/* remote/calls.c - the table; open and remove */

#include <remote/calls.h>

#include <base/options.h>
#include <errno.h>
#include <remote/exchange.h>
#include <remote/url.h>
#include <remote/watch.h>
#include <space/object.h>
#include <space/space.h>
#include <string.h>

/* Whose queue it is, and its name there. @ret_place: to be cleared. */
static int find(struct naru_space *space, const char *name, struct nr_place *ret_place,
		char *ret_queue)
{
	struct nr_queue_url url;
	int r;

	if (!nr_space_is_url(name)) {
		r = nr_object_check_name(name);
		if (r == 0)
			strcpy(ret_queue, name);
		return r < 0 ? r : nr_place_copy(ret_place, &space->remote->place);
	}
	/* A server knows no other one. */
	if (space && space->remote)
		return -EINVAL;
	r = nr_queue_url_parse(name, &url);
	if (r < 0)
		return r;
	strcpy(ret_queue, url.queue);
	return nr_place_set_up(ret_place, space, url.server, NULL);
}

int nr_remote_open(struct naru_space *space, const char *name,
		   const struct naru_queue_options *options, bool exclusive,
		   struct nr_client **ret_client)
{
	struct nr_patience patience = nr_patience_of(0);
	struct nr_exchange nothing = {0};
	struct nr_client *client;
	char queue[NARU_NAME_MAX + 1];
	struct nr_place place;
	int r = find(space, name, &place, queue);

	if (r < 0)
		return r;
	r = nr_client_open(&place, queue, &client);
	nr_place_clear(&place);
	if (r < 0)
		return r;
	client->create = *options;
	client->exclusive = exclusive;
	client->unconfirmed = options->flags & NARU_UNCONFIRMED;
	r = nr_exchange_by(client, &nothing, &patience);
	if (r < 0) {
		nr_client_close(client);
		return r;
	}
	*ret_client = client;
	return 0;
}

static int write_name(struct nr_lane *lane, void *data)
{
	const char *name = data;
	const struct nr_wire_remove body = {.name_length = (uint32_t)strlen(name)};
	int r = nr_frame_put(lane, &body, sizeof(body));

	return r < 0 ? r : nr_frame_put_padded(lane, name, body.name_length);
}

static int remove_by(struct nr_client *client, char *queue)
{
	struct nr_exchange exchange = {
		.verb = NR_WIRE_REMOVE,
		.length = sizeof(struct nr_wire_remove) + nr_frame_padded(strlen(queue)),
		.write = write_name,
		.data = queue,
	};
	struct nr_patience patience = nr_patience_of(0);
	int r = nr_exchange_by(client, &exchange, &patience);

	/* The first try has done it, or somebody else: it is gone. */
	return r == -ENOENT && exchange.tries > 1 ? 0 : r < 0 ? r : 0;
}

int nr_remote_remove(struct naru_space *space, const char *name)
{
	char queue[NARU_NAME_MAX + 1];
	struct nr_client *client;
	struct nr_place place;
	int r = find(space, name, &place, queue);

	if (r < 0)
		return r;
	r = nr_client_open(&place, "", &client);
	nr_place_clear(&place);
	if (r < 0)
		return r;
	r = remove_by(client, queue);
	nr_client_close(client);
	return r;
}

const struct nr_remote_calls nr_remote_calls = {
	.open = nr_remote_open,
	.remove = nr_remote_remove,
	.close = nr_client_close,
	.send = nr_remote_send,
	.receive = nr_remote_receive,
	.look = nr_remote_look,
	.claim = nr_remote_claim,
	.commit = nr_remote_commit,
	.cancel = nr_remote_cancel,
	.take = nr_remote_take,
	.release = nr_remote_release,
	.give_back = nr_remote_give_back,
	.fd = nr_watch_fd,
	.rearm = nr_watch_rearm,
	.stat = nr_remote_stat,
	.set = nr_remote_set,
	.space_open = nr_remote_space_open,
	.space_list = nr_remote_space_list,
	.space_stat = nr_remote_space_stat,
};
