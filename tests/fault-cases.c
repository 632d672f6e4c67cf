/* SPDX-License-Identifier: MIT */

/* fault-cases.c - calls of naru's, and how to undo them */

#include "fault.h"
#include "trace.h"

#include <naru/queue.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SHORT_MS = 15 };

char fault_path[200];

static struct naru_space *space;
static struct naru_queue *queue, *other;
static uint64_t capacity;

static struct naru_queue_options small(uint32_t flags)
{
	return (struct naru_queue_options){.size = sizeof(struct naru_queue_options),
					   .flags = flags,
					   .capacity = 4096,
					   .messages = 8};
}

static bool prepare_space(void)
{
	return mkdir(fault_path, 0700) == 0;
}

static bool prepare_opened(void)
{
	return prepare_space() && naru_space_open(fault_path, NULL, &space) == 0;
}

/* A queue "q" with a message in it, in use. */
static bool prepare_queue(void)
{
	struct naru_queue_options options = small(0);

	capacity = options.capacity;
	return prepare_opened() && naru_queue_create(space, "q", &options, &other) == 0 &&
	       naru_queue_send(other, 1, "hello", 5, 0) == 0;
}

static bool prepare_full(void)
{
	static const char bytes[4096 - 5];

	return prepare_queue() && naru_queue_send(other, 1, bytes, sizeof(bytes), 0) == 0;
}

static bool prepare_empty(void)
{
	char bytes[5];

	return prepare_queue() &&
	       naru_queue_receive(other, 0, 0, bytes, sizeof(bytes), 0, NULL) == 5;
}

/* The queue is there, but this process has not yet seen the space. */
static bool prepare_left(void)
{
	if (!prepare_queue())
		return false;
	other = naru_queue_close(other);
	space = naru_space_close(space);
	return true;
}

static long open_space(void)
{
	return naru_space_open(fault_path, NULL, &space);
}

static long make_space(void)
{
	const struct naru_space_options options = {.size = sizeof(options),
						   .create = true};

	return naru_space_open(fault_path, &options, &space);
}

static void close_space(void)
{
	space = naru_space_close(space);
}

static void unmake_space(void)
{
	close_space();
	trace_clear(fault_path);
	rmdir(fault_path);
}

static bool prepare_none(void)
{
	return true;
}

static long first_use(void)
{
	char bytes[5];
	long r = naru_space_open(fault_path, NULL, &space);

	if (r < 0)
		return r;
	r = naru_queue_open(space, "q", NULL, &queue);
	if (r >= 0)
		r = naru_queue_look(queue, 0, 0, bytes, sizeof(bytes), NULL);
	if (r >= 0)
		r = naru_queue_send(queue, 2, "x", 1, 0);
	if (r >= 0)
		r = naru_queue_receive(queue, 2, 0, bytes, sizeof(bytes), 0, NULL);
	if (r < 0) {
		queue = naru_queue_close(queue);
		space = naru_space_close(space);
	}
	return r;
}

static void close_both(void)
{
	queue = naru_queue_close(queue);
	space = naru_space_close(space);
}

static long create(void)
{
	struct naru_queue_options options = small(0);

	options.mode = 0640;
	return naru_queue_create(space, "new", &options, &queue);
}

static long create_existing(void)
{
	return naru_queue_create(space, "q", NULL, &queue);
}

static long open_or_create(void)
{
	struct naru_queue_options options = small(NARU_CREATE);

	return naru_queue_open(space, "new", &options, &queue);
}

static void remove_new(void)
{
	queue = naru_queue_close(queue);
	naru_queue_remove(space, "new");
}

static long open_queue(void)
{
	return naru_queue_open(space, "q", NULL, &queue);
}

static void close_queue(void)
{
	queue = naru_queue_close(queue);
}

static long remove_queue(void)
{
	return naru_queue_remove(space, "q");
}

static void create_again(void)
{
	struct naru_queue_options options = small(0);

	other = naru_queue_close(other);
	if (naru_queue_create(space, "q", &options, &other) == 0)
		naru_queue_send(other, 1, "hello", 5, 0);
}

/* By so much that the heap finds no room where it is mapped. */
static long grow(void)
{
	struct naru_queue_options options = {
		.size = sizeof(options), .capacity = 8 * capacity, .mode = 0660};
	int r = naru_queue_set(other, &options);

	if (r >= 0)
		capacity *= 8;
	return r;
}

/* What was mapped goes with the handle. */
static void open_again(void)
{
	other = naru_queue_close(other);
	naru_queue_open(space, "q", NULL, &other);
}

static void remove_and_create(void)
{
	close_queue();
	remove_queue();
	create_again();
}

static void nothing(void)
{
}

static long descriptors_of(void)
{
	long r = naru_queue_open(space, "q", NULL, &queue);

	if (r >= 0)
		r = naru_queue_fd(queue, NARU_READABLE);
	if (r >= 0)
		r = naru_queue_fd(queue, NARU_WRITABLE);
	if (r >= 0)
		r = naru_queue_send(queue, 5, "x", 1, 0);
	if (r >= 0)
		r = naru_queue_receive(queue, 5, 0, &(char){0}, 1, 0, NULL);
	if (r < 0)
		close_queue();
	return r;
}

static long send_blocking(void)
{
	return naru_queue_send(other, 1, "x", 1, SHORT_MS);
}

static long receive_blocking(void)
{
	char bytes[8];

	return naru_queue_receive(other, 7, 0, bytes, sizeof(bytes), SHORT_MS, NULL);
}

/* By a new handle, which has not yet seen what the queue remembers. */
static long once(void)
{
	struct naru_once numbered = {.session = {1, 2}, .number = 1};
	struct naru_item item = {5, "x", 1};
	struct naru_message message;
	long r = naru_queue_open(space, "q", NULL, &queue);

	if (r < 0)
		return r;
	r = naru_queue_send_once(queue, &numbered, &item, 1, 0);
	if (r >= 0)
		r = naru_queue_take(queue, 5, 0, 0, &message);
	if (r >= 0)
		r = naru_queue_release_once(queue, &numbered, &message);
	if (r < 0)
		close_queue();
	return r;
}

static long stat_queue(void)
{
	struct naru_queue_stat stat = {.size = sizeof(stat)};

	return naru_queue_stat(other, &stat);
}

static int visit(void *data, const struct naru_entry *entry)
{
	(void)entry;
	++*(int *)data;
	return 0;
}

static long list(void)
{
	int count = 0;
	int r = naru_space_list(space, visit, &count);

	return r < 0 ? r : count;
}

static long stat_space(void)
{
	struct naru_space_stat stat = {.size = sizeof(stat)};

	return naru_space_stat(space, &stat);
}

static void ignore(void *data, const struct naru_finding *finding)
{
	(void)data;
	(void)finding;
}

static long check(void)
{
	return naru_space_check(space, NARU_CHECK_REPAIR, ignore, NULL);
}

static const struct fault_case fault_cases[] = {
	{"open a space", prepare_space, open_space, close_space},
	{"make a space", prepare_none, make_space, unmake_space},
	{"first use", prepare_left, first_use, close_both},
	{"create", prepare_opened, create, remove_new},
	{"create what is there", prepare_queue, create_existing, close_queue},
	{"open", prepare_queue, open_queue, close_queue},
	{"open or create", prepare_opened, open_or_create, remove_new},
	{"remove", prepare_queue, remove_queue, create_again},
	{"set, grow", prepare_queue, grow, nothing},
	{"descriptors", prepare_queue, descriptors_of, close_queue},
	{"once", prepare_queue, once, remove_and_create},
	{"send, waiting", prepare_full, send_blocking, nothing},
	{"receive, waiting", prepare_empty, receive_blocking, nothing},
	{"stat", prepare_queue, stat_queue, nothing},
	{"list", prepare_queue, list, nothing},
	{"stat of a space", prepare_queue, stat_space, nothing},
	{"check", prepare_queue, check, nothing},
	{0},
};

const struct fault_case *const fault_lists[] = {fault_cases, fault_segment_cases,
						fault_stream_cases, NULL};

/* A growth may end after the ring's, and within the handle's own mapping. */
void fault_sweep(const struct fault_case *of)
{
	if (of->run == grow)
		open_again();
}
