/* SPDX-License-Identifier: MIT */

/*
 * libFuzzer: a client says anything, in pieces.
 *
 * An input is a byte, whose bits choose shared memory or a socket, and whether HELLO and
 * OPEN have been said before; then pieces, each of which begins with a byte:
 *
 *	128 and more	so many bytes less 128, as they are
 *	less		the verb of a frame; a byte of flags; a byte with the number of
 *words of the body; and a byte for each word, see word()
 *
 * The server is in the same thread, and gets a turn after each piece. Afterwards it must
 * have nothing left of the client.
 */

#include <server/connection.h>
#include <signal.h>
#include <string.h>
#include <support/must.h>
#include <support/room.h>
#include <support/serving.h>
#include <sys/resource.h>

enum { PLAIN = 1, GREETED = 2, OPENED = 4, CAPACITY = 16384, LARGEST_FILE = 4 << 20 };

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
	/* To make huge queues takes time, and tells nothing. */
	const struct rlimit limit = {LARGEST_FILE, LARGEST_FILE};

	(void)argc;
	(void)argv;
	must(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	signal(SIGXFSZ, SIG_IGN);
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

/* What is near to what a word may be. */
static uint64_t word(uint8_t byte)
{
	switch (byte >> 6) {
	case 0:
		return byte;
	case 1:
		return UINT64_C(1) << (byte & 63);
	case 2:
		return (UINT64_C(1) << (byte & 63)) - 1;
	default:
		return (uint64_t)0 - (byte & 63);
	}
}

/* Say the piece. Returns what was used of it. */
static size_t say_piece(struct lane *lane, const uint8_t *data, size_t size)
{
	struct {
		struct nr_wire_frame frame;
		uint64_t words[32];
	} said = {.frame = {.verb = data[0], .serial = 7}};
	size_t count;

	if (data[0] >= 128) {
		size_t length = data[0] - 128u;

		if (length > size - 1)
			length = size - 1;
		naru_stream_write(lane->stream, data + 1, length, 0);
		return 1 + length;
	}
	if (size < 3)
		return size;
	said.frame.flags = data[1];
	said.frame.value = (int8_t)data[2];
	count = data[2] & 31;
	if (count > size - 3)
		count = size - 3;
	for (size_t i = 0; i < count; i++)
		said.words[i] = word(data[3 + i]);
	said.frame.length = (uint32_t)(count * sizeof(said.words[0]));
	naru_stream_write(lane->stream, &said, sizeof(said.frame) + said.frame.length, 0);
	return 3 + count;
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
		at += say_piece(&lane, data + at, size - at);
		turn(server);
		hear(lane.stream);
	}
	lane_close(&lane);
	clear(server);
	return 0;
}
