/* SPDX-License-Identifier: MIT */

#include <remote/client.h>

#include <base/atomic.h>
#include <errno.h>
#include <remote/ahead.h>
#include <remote/exchange.h>
#include <remote/family.h>
#include <remote/unconfirmed.h>
#include <remote/watch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/process.h>
#include <sys/random.h>

/* So many connections that nobody uses are kept. */
enum { IDLE_MAX = 4 };

void nr_delivered_free(struct nr_delivered *delivered)
{
	if (!delivered)
		return;
	for (uint32_t i = 0; delivered->items && i < delivered->count; i++)
		free(delivered->items[i].data);
	free(delivered->items);
	free(delivered->deliveries);
	free(delivered);
}

void nr_delivered_free_all(struct nr_delivered **list)
{
	while (*list) {
		struct nr_delivered *delivered = *list;

		*list = delivered->next;
		nr_delivered_free(delivered);
	}
}

static void choose_name(struct nr_client *client)
{
	client->name[0] = nr_random();
	/* The lane is added to the second: it must not overflow to another session's. */
	client->name[1] = nr_random() & ~(uint64_t)(NR_WIRE_LANES - 1);
	if (client->name[0] == 0)
		client->name[0] = 1;
}

int nr_client_open(const struct nr_place *place, const char *queue,
		   struct nr_client **ret_client)
{
	struct nr_client *client;
	int saved = errno, r;

	client = calloc(1, sizeof(*client));
	errno = saved;
	if (!client)
		return -ENOMEM;
	r = nr_place_copy(&client->place, place);
	if (r < 0) {
		free(client);
		return r;
	}
	strcpy(client->queue, queue);
	pthread_mutex_init(&client->guard, NULL);
	nr_tokens_open(&client->tokens);
	choose_name(client);
	nr_store_relaxed(&client->pid, nr_process_id());
	nr_family_add(client);
	*ret_client = client;
	return 0;
}

/* A frame without an answer; best effort. */
static void say_goodbye(struct nr_lane *lane)
{
	const struct nr_wire_frame frame = {
		.verb = NR_WIRE_BYE,
		.serial = ++lane->serial,
	};
	struct nr_patience patience = nr_patience_of(0);

	lane->patience = &patience;
	if (nr_frame_begin(lane, &frame, true) == 0)
		nr_frame_send(lane);
}

static void close_lanes(struct nr_client *client)
{
	struct nr_lane *last = NULL;

	for (uint32_t i = 0; i < client->lanes; i++) {
		struct nr_lane *lane = client->lane[i];

		nr_unconfirmed_flush(lane);
		if (lane->stream && !last)
			last = lane;
		else
			nr_lane_free(lane);
	}
	if (!last)
		return;
	say_goodbye(last);
	nr_lane_free(last);
}

void nr_client_close(struct nr_client *client)
{
	int saved = errno;

	nr_family_check(client);
	nr_family_remove(client);
	for (int i = 0; i < 2; i++)
		nr_watch_close(client->watch[i]);
	close_lanes(client);
	nr_delivered_free_all(&client->ready);
	nr_ahead_free(&client->ahead);
	nr_tokens_close(&client->tokens);
	pthread_mutex_destroy(&client->guard);
	nr_place_clear(&client->place);
	free(client);
	errno = saved;
}

void nr_client_end(struct nr_client *client)
{
	nr_store_relaxed(&client->removed, true);
}

bool nr_client_has_messages(struct nr_client *client)
{
	bool has;

	pthread_mutex_lock(&client->guard);
	has = client->ready || client->ahead;
	pthread_mutex_unlock(&client->guard);
	return has;
}

int nr_client_new_lane(struct nr_client *client, struct nr_lane **ret_lane)
{
	struct nr_lane *lane;
	int saved = errno;

	if (client->lanes == NR_WIRE_LANES)
		return -EUSERS;
	lane = calloc(1, sizeof(*lane));
	errno = saved;
	if (!lane)
		return -ENOMEM;
	lane->client = client;
	lane->number = client->lanes;
	nr_store_relaxed(&lane->socket, -1);
	lane->sends = lane->releases = lane->deliveries = 1;
	client->lane[client->lanes++] = lane;
	*ret_lane = lane;
	return 0;
}

int nr_client_take_lane(struct nr_client *client, struct nr_patience *patience,
			struct nr_lane **ret_lane)
{
	struct nr_lane *lane;
	int r = 0;

	nr_family_check(client);
	if (nr_load_relaxed(&client->removed))
		return -EIDRM;
	if (client->unconfirmed)
		nr_unconfirmed_push(client);
	pthread_mutex_lock(&client->guard);
	lane = client->idle;
	if (lane)
		client->idle = lane->next;
	else
		r = nr_client_new_lane(client, &lane);
	pthread_mutex_unlock(&client->guard);
	if (r < 0)
		return r;
	lane->patience = patience;
	*ret_lane = lane;
	return 0;
}

/* The connection that was idle for longest, if there are too many. The guard is held. */
static struct naru_stream *surplus(struct nr_client *client)
{
	struct naru_stream *stream;
	struct nr_lane *oldest = NULL;
	int connected = 0;

	for (struct nr_lane *lane = client->idle; lane; lane = lane->next) {
		if (!lane->stream)
			continue;
		oldest = lane;
		connected++;
	}
	if (connected <= IDLE_MAX)
		return NULL;
	stream = oldest->stream;
	oldest->stream = NULL;
	return stream;
}

void nr_client_give_lane(struct nr_client *client, struct nr_lane *lane)
{
	struct naru_stream *stream;

	lane->patience = NULL;
	pthread_mutex_lock(&client->guard);
	lane->next = client->idle;
	client->idle = lane;
	stream = surplus(client);
	pthread_mutex_unlock(&client->guard);
	naru_stream_close(stream);
}
