/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <inttypes.h>
#include <queue/handle.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <support/child.h>
#include <support/laden.h>
#include <support/must.h>
#include <sys/clock.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	CAPACITY = 3024, /* with MESSAGES: 256 granules, and the smallest ring */
	MESSAGES = 59,
	GRANULES = 256,
	FILL = 80, /* messages of SMALL bytes: nearly all of the heap */
	SMALL = 66,
	TYPES = 12,
	NUMBER = 5, /* of the session's last message */
};

static const uint64_t session[2] = {0x1234, 0x5678};

/* In such a way that the tree has branches of high and low bits. */
static int64_t type_of(int i)
{
	static const int64_t types[TYPES / 2] = {1, 2, 3, 6, INT64_C(1) << 40, INT64_MAX};

	return i % 2 ? 1000 + i : types[i / 2];
}

static void send(struct naru_queue *queue, int64_t type, size_t length)
{
	unsigned char bytes[LADEN_LARGE];

	memset(bytes, (int)(type & 0x7f), sizeof(bytes));
	must_be(naru_queue_send(queue, type, bytes, length, 0), 0);
}

/* What is in the ring goes to the store. */
static void park(struct naru_queue *queue)
{
	must(naru_queue_receive(queue, LADEN_NEVER, 0, NULL, 0, 0, NULL) < 0);
}

static void drain(struct naru_queue *queue, int64_t type)
{
	unsigned char bytes[SMALL];

	while (naru_queue_receive(queue, type, 0, bytes, SMALL, 0, NULL) == SMALL)
		;
}

/* Of the small ones every second goes, and leaves a hole. */
static void make_holes(struct naru_queue *queue)
{
	nr_store_relaxed(&queue->shared->limit_bytes, UINT64_C(1) << 20);
	nr_store_relaxed(&queue->shared->limit_messages, 1000);
	for (int i = 0; i < FILL; i++)
		send(queue, type_of(i % TYPES), SMALL);
	park(queue);
	for (int i = 1; i < TYPES; i += 2)
		drain(queue, type_of(i));
}

static void hold(struct naru_queue *queue, size_t claimed)
{
	static struct naru_message taken[2], claim;

	must_be(naru_queue_take(queue, LADEN_HELD, 0, 0, &taken[0]), 0);
	must_be(naru_queue_take(queue, 1, 0, 0, &taken[1]), 0);
	must_be(naru_queue_claim(queue, 1, claimed, 0, &claim), 0);
}

static void use_sessions(struct naru_queue *queue)
{
	struct naru_once once = {.session = {session[0], session[1]}, .number = NUMBER};
	struct naru_item item = {
		.type = LADEN_NEVER, .data = (char[]){"once"}, .length = 4};
	struct naru_message message;

	must_be(naru_queue_send_once(queue, &once, &item, 1, 0), 1);
	must_be(naru_queue_take(queue, LADEN_NEVER, 0, 0, &message), 0);
	must_be(naru_queue_release_once(queue, &once, &message), 0);
}

static int die_holding(void *data)
{
	struct room *room = data;

	must_be(naru_space_open(room->path, NULL, &room->space), 0);
	hold(room_reopen(room, LADEN_NAME), LADEN_LARGE);
	return 0;
}

static void load(struct laden *laden)
{
	struct naru_queue *queue =
		room_queue(laden->room, LADEN_NAME, CAPACITY, MESSAGES);

	make_holes(queue);
	send(queue, LADEN_CHAINED, LADEN_LARGE);
	send(queue, LADEN_ALONE, SMALL);
	for (int i = 0; i < 2; i++)
		send(queue, LADEN_HELD, LADEN_LARGE);
	park(queue);
	use_sessions(queue);
	hold(queue, SMALL);
	send(queue, 3, SMALL);
	send(queue, LADEN_QUEUED, LADEN_LARGE);
	send(queue, INT64_C(1) << 40, 10);
	must_be(nr_space_self(laden->room->space, &laden->live), 0);
	naru_queue_close(queue);
	must_be(child_run(die_holding, laden->room), 0);
}

static void map(struct laden *laden)
{
	char path[100], name[40];
	struct stat file;
	size_t size;

	snprintf(path, sizeof(path), "%s/" LADEN_NAME, laden->room->path);
	must_be(stat(path, &file), 0);
	snprintf(name, sizeof(name), "." LADEN_NAME "-%jx.s", (uintmax_t)file.st_ino);
	laden->sessions = room_map(laden->room, name, &size);
	must(munmap(laden->sessions + 4096, size - 4096) == 0);
	laden->bytes = room_map(laden->room, LADEN_NAME, &laden->size);
	laden->shared = (void *)laden->bytes;
	laden->ring = laden->shared->ring_offset;
	laden->heap = laden->shared->heap_offset;
	laden->granules = laden->shared->heap.granules;
	must_be(laden->granules, GRANULES);
	must_be(laden->size, laden->heap + GRANULES * NR_GRANULE);
}

static void find_dead(struct laden *laden)
{
	const struct nr_block_shared *block =
		laden_block(laden, laden->shared->heap.held);

	laden->dead = nr_load_relaxed(&block->owner);
	must(laden->dead != laden->live && laden->dead != 0);
}

/* As if its last change had not been committed, and its maker were dead. */
static void tear(struct laden *laden, struct nr_side_shared *side)
{
	nr_store_relaxed(&side->epoch, nr_load_relaxed(&side->epoch) - 1);
	nr_store_relaxed(&side->lock, laden->dead);
}

static void be_torn(struct laden *laden, struct naru_queue *queue)
{
	drain(queue, LADEN_ALONE);
	tear(laden, &laden->shared->receivers);
	must(laden->shared->heap.list[0][0] == 0);
}

static uint32_t doom(struct laden *laden, struct naru_queue *queue)
{
	const struct nr_select select = {NR_SELECT_TYPE, LADEN_CHAINED};
	struct nr_counts counts = nr_side_counts(&laden->shared->receivers);
	struct nr_store *store = &queue->store;
	uint32_t message = 0;

	must_be(nr_index_find(&store->heap, &select, &message), 0);
	counts.messages++;
	counts.bytes += LADEN_LARGE;
	nr_store_begin(store);
	must_be(nr_index_remove(&store->heap, message), 0);
	must_be(nr_store_free(store, message), 0);
	nr_store_commit(store, &counts);
	nr_store_relaxed(&laden->shared->receivers.lock, laden->dead);
	must_be(laden->shared->heap.doomed, message);
	return message;
}

static void be_building(struct laden *laden, struct naru_queue *queue)
{
	uint32_t message = doom(laden, queue);

	laden_block(laden, message)->kind = NR_BLOCK_BUILDING;
	laden->shared->heap.doomed = 0;
	laden->shared->heap.building = message;
}

static void be_intended(struct laden *laden, struct naru_queue *queue)
{
	struct nr_queue_shared *shared = laden->shared;
	uint64_t position = nr_side_counts(&shared->senders).position;
	struct nr_record_shared *record = laden_record(laden, position);
	const struct nr_record_block_shared *block = (void *)record->payload;

	send(queue, LADEN_HELD, LADEN_LARGE);
	nr_store_relaxed(&record->state, 0);
	nr_store_relaxed(&shared->intent, block->reference);
	shared->intent_id = block->id;
	shared->intent_position = position;
	nr_store_relaxed(&shared->note_sent.state, 1);
	nr_store_relaxed(&shared->note_sent.name[0], session[0]);
	nr_store_relaxed(&shared->note_sent.name[1], session[1]);
	nr_store_relaxed(&shared->note_sent.last, NUMBER + 1);
	nr_store_relaxed(&shared->note_sent.mark, position);
	tear(laden, &shared->senders);
}

static void become(struct laden *laden, enum laden_state state)
{
	struct naru_queue *queue = room_reopen(laden->room, LADEN_NAME);

	/* The dead one's messages are to stay with it. */
	nr_store_relaxed(&queue->reaped, nr_clock_wall_coarse());
	switch (state) {
	case LADEN_TORN:
		be_torn(laden, queue);
		break;
	case LADEN_DOOMED:
		doom(laden, queue);
		break;
	case LADEN_BUILDING:
		be_building(laden, queue);
		break;
	default:
		be_intended(laden, queue);
	}
	naru_queue_close(queue);
}

static unsigned char *copy(const unsigned char *bytes, size_t size)
{
	unsigned char *image = malloc(size);

	must(image);
	return memcpy(image, bytes, size);
}

void laden_open(struct laden *laden)
{
	*laden = (struct laden){.room = room_open()};
	load(laden);
	map(laden);
	find_dead(laden);
	laden->directory = open(laden->room->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	laden->file = openat(laden->directory, LADEN_NAME, O_RDWR | O_CLOEXEC);
	must(laden->file >= 0);
	must_be(linkat(laden->directory, LADEN_NAME, laden->directory, LADEN_KEPT, 0), 0);
	laden->sessions_image = copy(laden->sessions, LADEN_SESSIONS);
	laden->image[LADEN_WHOLE] = copy(laden->bytes, laden->size);
	for (enum laden_state state = LADEN_TORN; state < LADEN_STATES; state++) {
		laden_restore(laden, LADEN_WHOLE);
		become(laden, state);
		laden->image[state] = copy(laden->bytes, laden->size);
	}
	laden_restore(laden, LADEN_WHOLE);
}

void laden_close(struct laden *laden)
{
	for (int i = 0; i < LADEN_STATES; i++)
		free(laden->image[i]);
	free(laden->sessions_image);
	munmap(laden->bytes, laden->size);
	munmap(laden->sessions, 4096);
	close(laden->file);
	close(laden->directory);
	room_close(laden->room);
}

void laden_restore(struct laden *laden, enum laden_state state)
{
	struct stat file;

	must_be(fstat(laden->file, &file), 0);
	if (file.st_nlink == 1)
		must_be(linkat(laden->directory, LADEN_KEPT, laden->directory, LADEN_NAME,
			       0),
			0);
	if ((size_t)file.st_size != laden->size)
		must_be(ftruncate(laden->file, (off_t)laden->size), 0);
	memcpy(laden->bytes, laden->image[state], laden->size);
	memcpy(laden->sessions, laden->sessions_image, LADEN_SESSIONS);
}

struct nr_block_shared *laden_block(const struct laden *laden, uint32_t reference)
{
	return (void *)(laden->bytes + laden->heap + (uint64_t)reference * NR_GRANULE);
}

struct nr_record_shared *laden_record(const struct laden *laden, uint64_t position)
{
	uint64_t size = laden->heap - laden->ring;

	return (void *)(laden->bytes + laden->ring + (position & (size - 1)));
}
