/* SPDX-License-Identifier: MIT */

/*
 * libFuzzer: a client says anything, in pieces.
 *
 * An input is a byte, whose bits choose shared memory or a socket, and whether HELLO and
 * OPEN have been said before; then pieces, each a byte with its length and so many bytes.
 * The server is in the same thread, and gets a turn after each piece. Afterwards it must
 * have nothing left of the client, and serve another one.
 */

#include <errno.h>
#include <server/connection.h>
#include <stdlib.h>
#include <string.h>
#include <support/must.h>
#include <support/room.h>
#include <support/serving.h>

enum { PLAIN = 1, GREETED = 2, OPENED = 4, CAPACITY = 16384 };

static struct room *room;
static struct nr_server *servers[2];
static char url[2][128];

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct nr_server *serve(const char *at, char *ret_url)
{
	const char *const urls[] = {at, NULL};
	const struct nr_server_options options = {
		.urls = urls,
		.grace_ms = -1,
		.frame_max = 1 << 17,
		.output = 1 << 16,
		.memory = 1 << 20,
		.held = 16,
	};
	struct nr_server *server;

	must_be(nr_server_open(room->space, &options, &server), 0);
	strcpy(ret_url, nr_server_url(server, 0));
	return server;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	room = room_open();
	servers[0] = serve("local://serve", url[0]);
	servers[1] = serve("tcp://127.0.0.1:0", url[1]);
	return 0;
}

static void turn(struct nr_server *server)
{
	must_be(nr_server_turn(server, false), 0);
	must_be(nr_server_turn(server, false), 0);
}

/* What the server says is read, so that it is not kept from saying more. */
static void hear(struct naru_stream *stream)
{
	static char answers[1 << 16];

	while (naru_stream_read(stream, answers, sizeof(answers), 0) > 0)
		;
}

static void begin(struct lane *lane, uint8_t kind)
{
	const struct nr_wire_hello hello = {
		.magic = NR_WIRE_MAGIC, .lowest = 1, .highest = 1, .session = {1, 1}};
	struct nr_wire_open open = {.capacity = 1024, .messages = 8};

	if (kind & (GREETED | OPENED))
		lane_say(lane, NR_WIRE_HELLO, 0, 0, &hello, sizeof(hello));
	if (kind & OPENED)
		lane_say_name(lane, NR_WIRE_OPEN, NR_WIRE_CREATE, &open, sizeof(open),
			      &open.name_length, "q");
}

/* A name that it has made up would be opened again and again. */
static int remove_one(void *data, const struct naru_entry *entry)
{
	(void)data;
	naru_queue_remove(room->space, entry->name);
	return 0;
}

static void clear(struct nr_server *server)
{
	for (int i = 0; i < 100 && server->connections_count > 0; i++)
		turn(server);
	must_be(server->connections_count, 0);
	must_be(server->sessions.count, 0);
	must_be(server->served.count, 0);
	must_be(server->peers.count, 0);
	must_be(server->waiting, 0);
	must_be(server->loop.timers.count, 0);
	naru_space_list(room->space, remove_one, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct naru_stream_options options = NARU_INIT(options, .capacity = CAPACITY);
	uint8_t kind = size > 0 ? data[0] : 0;
	struct nr_server *server = servers[kind & PLAIN];
	struct lane lane = {0};

	if (kind & PLAIN)
		options.flags = NARU_STREAM_PLAIN;
	must_be(naru_connect(room->space, url[kind & PLAIN], &options, 1000,
			     &lane.stream),
		0);
	begin(&lane, kind);
	turn(server);
	for (size_t at = 1; at < size;) {
		size_t length = data[at++];

		if (length > size - at)
			length = size - at;
		naru_stream_write(lane.stream, data + at, length, 0);
		at += length;
		turn(server);
		hear(lane.stream);
	}
	lane_close(&lane);
	clear(server);
	return 0;
}
