/* SPDX-License-Identifier: MIT */

/* remote/space.c - a space that a server has */

#include <remote/calls.h>

#include <errno.h>
#include <remote/exchange.h>
#include <space/object.h>
#include <stdlib.h>
#include <string.h>

int nr_remote_space_open(const char *url, const struct naru_stream_options *options,
			 struct nr_client **ret_client)
{
	struct nr_place place;
	int r = nr_place_set_up(&place, NULL, url, options);

	if (r < 0)
		return r;
	r = nr_client_open(&place, "", ret_client);
	nr_place_clear(&place);
	return r;
}

/* More objects than that no server has. */
enum { ENTRIES_MAX = 1 << 18, ENTRIES_FIRST = 64 };

struct entry {
	struct nr_wire_entry is;
	char name[NARU_NAME_MAX + 1];
};

struct list {
	struct entry *entries;
	uint32_t count, room;
	bool more; /* an answer that began before goes on */
};

static int broken(struct nr_lane *lane)
{
	nr_lane_break(lane);
	return -EBADMSG;
}

static int grow(struct list *list)
{
	uint32_t room = list->room ? 2 * list->room : ENTRIES_FIRST;
	struct entry *entries;
	int saved = errno;

	if (list->count < list->room)
		return 0;
	if (room > ENTRIES_MAX)
		return -ENOBUFS;
	entries = realloc(list->entries, room * sizeof(*entries));
	errno = saved;
	if (!entries)
		return -ENOMEM;
	list->entries = entries;
	list->room = room;
	return 0;
}

static int read_entry(struct nr_lane *lane, struct list *list)
{
	struct entry *entry;
	int r = grow(list);

	if (r < 0)
		return r;
	entry = &list->entries[list->count];
	r = nr_frame_read(lane, &entry->is, sizeof(entry->is));
	if (r < 0)
		return r;
	if (entry->is.name_length > NARU_NAME_MAX)
		return broken(lane);
	r = nr_frame_read_padded(lane, entry->name, entry->is.name_length);
	if (r < 0)
		return r;
	entry->name[entry->is.name_length] = '\0';
	/* It may go to a terminal, or be a file's name somewhere. */
	if (memchr(entry->name, '\0', entry->is.name_length) ||
	    nr_object_check_name(entry->name) < 0)
		return 0;
	list->count++;
	return 0;
}

static int read_list(struct nr_lane *lane, const struct nr_wire_frame *answer, void *data)
{
	struct list *list = data;
	int r = 0;

	if (!list->more)
		list->count = 0;
	list->more = answer->flags & NR_WIRE_MORE;
	/* One without an end, or without entries that go on for ever. */
	if (list->more && answer->value == 0)
		return broken(lane);
	for (int i = 0; i < answer->value && r == 0; i++)
		r = read_entry(lane, list);
	return r;
}

static int write_nothing(struct nr_lane *lane, void *data)
{
	struct list *list = data;

	(void)lane;
	list->more = false;
	return 0;
}

static int visit_all(const struct list *list,
		     int (*visit)(void *data, const struct naru_entry *entry), void *data)
{
	int r = 0;

	for (uint32_t i = 0; i < list->count && r == 0; i++) {
		const struct nr_wire_entry *is = &list->entries[i].is;
		const struct naru_entry entry = {
			.name = list->entries[i].name,
			.kind = is->kind <= NARU_KIND_SET ? (enum naru_kind)is->kind
							  : NARU_KIND_UNKNOWN,
			.uid = is->uid,
			.gid = is->gid,
			.mode = is->mode & 07777,
			.memory = is->memory,
		};

		r = visit(data, &entry);
	}
	return r;
}

int nr_remote_space_list(struct nr_client *client,
			 int (*visit)(void *data, const struct naru_entry *entry),
			 void *data)
{
	struct list list = {0};
	struct nr_exchange exchange = {
		.verb = NR_WIRE_LIST,
		.write = write_nothing,
		.read = read_list,
		.data = &list,
	};
	struct nr_patience patience = nr_patience_of(0);
	int r = nr_exchange_by(client, &exchange, &patience);

	if (r >= 0)
		r = visit_all(&list, visit, data);
	free(list.entries);
	return r;
}

int nr_remote_space_stat(struct nr_client *client, struct naru_space_stat *ret_stat)
{
	struct nr_wire_space_answer answer;
	int r = nr_exchange_fetch(client, NR_WIRE_SPACE, &answer, sizeof(answer));

	if (r < 0)
		return r;
	*ret_stat = (struct naru_space_stat){
		.size = sizeof(*ret_stat),
		.peers = answer.peers,
		.peers_stale = answer.peers_stale,
		.peers_max = answer.peers_max,
		.objects = answer.objects,
		.memory = answer.memory,
		.filesystem_size = answer.filesystem_size,
		.filesystem_free = answer.filesystem_free,
	};
	return 0;
}
