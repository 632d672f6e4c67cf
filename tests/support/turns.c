/* SPDX-License-Identifier: MIT */
#include <support/must.h>
#include <support/turns.h>

struct nr_server *turns_start(struct room *room, const struct nr_server_options *options)
{
	const char *const urls[] = {"tcp://127.0.0.1:0", NULL};
	struct nr_server_options chosen = {0};
	struct nr_server *server;

	if (options)
		chosen = *options;
	chosen.urls = urls;
	must_be(nr_server_open(room->space, &chosen, &server), 0);
	return server;
}

void turns_take(struct nr_server *server)
{
	for (int i = 0; i < 200; i++)
		must_be(nr_server_turn(server, false), 0);
}

struct lane turns_open(struct room *room, struct nr_server *server, uint32_t flags,
		       uint64_t session)
{
	struct naru_stream_options kind = NARU_INIT(kind, .flags = flags);
	const struct nr_wire_hello hello = {.magic = NR_WIRE_MAGIC,
					    .lowest = NR_WIRE_VERSION,
					    .highest = NR_WIRE_VERSION,
					    .session = {session}};
	struct nr_wire_open open = {.capacity = 1 << 20, .messages = 100};
	struct lane lane = {0};

	must_be(naru_connect(room->space, nr_server_url(server, 0), &kind, -1,
			     &lane.stream),
		0);
	lane_say(&lane, NR_WIRE_HELLO, 0, 0, &hello, sizeof(hello));
	lane_say_name(&lane, NR_WIRE_OPEN, NR_WIRE_CREATE, &open, sizeof(open),
		      &open.name_length, "q");
	turns_take(server);
	must_be(lane_hear_value(&lane), 0);
	must_be(lane_hear_value(&lane), 0);
	return lane;
}
