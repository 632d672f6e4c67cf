/* SPDX-License-Identifier: MIT */

/* server/entries.c - LIST, SPACE */

#include <naru/space.h>
#include <server/access.h>
#include <server/request.h>
#include <string.h>

enum { ANSWER_MAX = 1 << 14, ENTRY_MAX = sizeof(struct nr_wire_entry) + 208 };

/* The entries of the next answer. */
struct listing {
	struct nr_connection *connection;
	size_t used;
	int count;
	unsigned char bytes[ANSWER_MAX];
};

static void answer(struct listing *listing, bool more)
{
	struct nr_wire_frame frame =
		nr_answer_frame(listing->connection, listing->count, listing->used);

	if (more)
		frame.flags |= NR_WIRE_MORE;
	nr_output_write(listing->connection, &frame, sizeof(frame));
	nr_output_write(listing->connection, listing->bytes, listing->used);
	listing->used = 0;
	listing->count = 0;
}

static int visit(void *data, const struct naru_entry *entry)
{
	struct listing *listing = data;
	size_t length = strlen(entry->name);
	struct nr_wire_entry wire = {
		.memory = entry->memory,
		.kind = entry->kind,
		.uid = entry->uid,
		.gid = entry->gid,
		.mode = entry->mode,
		.name_length = (uint32_t)length,
	};
	const struct naru_queue_stat stat = {
		.uid = entry->uid, .gid = entry->gid, .mode = entry->mode};
	unsigned char *to;

	if (entry->kind != NARU_KIND_QUEUE || length > NARU_NAME_MAX ||
	    !nr_access_has(listing->connection, NR_RIGHT_LOOK, entry->name, &stat))
		return 0;
	if (listing->used + ENTRY_MAX > ANSWER_MAX)
		answer(listing, true);
	to = listing->bytes + listing->used;
	memcpy(to, &wire, sizeof(wire));
	memset(to + sizeof(wire), 0, nr_wire_padded(length));
	memcpy(to + sizeof(wire), entry->name, length);
	listing->used += sizeof(wire) + nr_wire_padded(length);
	listing->count++;
	return 0;
}

int nr_verb_list(struct nr_connection *connection, const unsigned char *body)
{
	struct listing listing;
	int r;

	(void)body;
	if (nr_access_check_list(connection) < 0)
		return NR_ANSWERED;
	listing.connection = connection;
	listing.used = 0;
	listing.count = 0;
	r = naru_space_list(connection->server->space, visit, &listing);
	if (r < 0)
		return nr_queue_error(connection, r, "LIST");
	answer(&listing, false);
	return NR_ANSWERED;
}

int nr_verb_space(struct nr_connection *connection, const unsigned char *body)
{
	struct naru_space_stat stat = {.size = sizeof(stat)};
	struct nr_wire_space_answer wire;
	int r;

	(void)body;
	if (nr_access_check_list(connection) < 0)
		return NR_ANSWERED;
	r = naru_space_stat(connection->server->space, &stat);
	if (r < 0)
		return nr_queue_error(connection, r, "SPACE");
	wire = (struct nr_wire_space_answer){
		.memory = stat.memory,
		.filesystem_size = stat.filesystem_size,
		.filesystem_free = stat.filesystem_free,
		.peers = stat.peers,
		.peers_stale = stat.peers_stale,
		.peers_max = stat.peers_max,
		.objects = stat.objects,
	};
	nr_answer(connection, 0, &wire, sizeof(wire));
	return NR_ANSWERED;
}
