/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <support/calls.h>
#include <support/must.h>
#include <support/random.h>

static size_t choose_length(struct calls *calls)
{
	return random_below(&calls->seed, 1u << random_below(&calls->seed, 17));
}

static int64_t choose_type(struct calls *calls)
{
	return (int64_t)random_below(&calls->seed, 12) + 1;
}

static int64_t choose_selection(struct calls *calls, int *ret_flags)
{
	int64_t type = choose_type(calls);

	*ret_flags = 0;
	switch (random_below(&calls->seed, 5)) {
	case 0:
		return type;
	case 1:
		return -type;
	case 2:
		*ret_flags = NARU_EXCEPT;
		return type;
	default:
		return 0;
	}
}

static int choose_timeout(struct calls *calls)
{
	return random_below(&calls->seed, 16) == 0;
}

/* What was handed out can be read and written from end to end. */
static void touch(const struct naru_message *message)
{
	volatile unsigned char *bytes = message->data;

	for (size_t i = 0; i < message->length; i++)
		bytes[i] = (unsigned char)(bytes[i] + 1);
}

static long send_copy(struct calls *calls)
{
	return naru_queue_send(calls->queue, choose_type(calls), calls->buffer[0],
			       choose_length(calls), choose_timeout(calls));
}

static long receive_copy(struct calls *calls)
{
	int flags;
	int64_t select = choose_selection(calls, &flags), type;
	size_t size = random_below(&calls->seed, 4) ? CALLS_ROOM : choose_length(calls);
	ssize_t n;

	flags |= random_below(&calls->seed, 2) ? NARU_TRUNCATE : 0;
	n = naru_queue_receive(calls->queue, select, flags, calls->buffer[0], size,
			       choose_timeout(calls), &type);
	must(n < 0 || (size_t)n <= size);
	return n;
}

static long look(struct calls *calls)
{
	uint64_t nth = random_below(&calls->seed, 3) ? 0 : random_below(&calls->seed, 30);
	size_t size = choose_length(calls);
	ssize_t n = naru_queue_look(calls->queue, nth, NARU_TRUNCATE, calls->buffer[0],
				    size, NULL);

	must(n < 0 || (size_t)n <= size);
	return n;
}

static long claim(struct calls *calls)
{
	struct naru_message *message = &calls->claimed[calls->claimed_count];
	size_t length = choose_length(calls);
	int r;

	if (calls->claimed_count == CALLS_HELD)
		return 0;
	r = naru_queue_claim(calls->queue, choose_type(calls), length,
			     choose_timeout(calls), message);
	if (r < 0)
		return r;
	must(message->length == length);
	touch(message);
	calls->claimed_count++;
	return r;
}

static long take(struct calls *calls)
{
	struct naru_message *message = &calls->taken[calls->taken_count];
	int flags, r;
	int64_t select = choose_selection(calls, &flags);

	if (calls->taken_count == CALLS_HELD)
		return 0;
	r = naru_queue_take(calls->queue, select, flags, choose_timeout(calls), message);
	if (r < 0)
		return r;
	touch(message);
	calls->taken_count++;
	return r;
}

/* Finish the newest claim; what cannot be finished stays until the process ends. */
static long finish_claim(struct calls *calls)
{
	struct naru_message *message;

	if (calls->claimed_count == 0)
		return 0;
	message = &calls->claimed[--calls->claimed_count];
	touch(message);
	if (random_below(&calls->seed, 3) == 0)
		return naru_queue_cancel(calls->queue, message);
	if (random_below(&calls->seed, 2))
		message->length /= 2;
	return naru_queue_commit(calls->queue, message);
}

static long finish_take(struct calls *calls)
{
	struct naru_message *message;

	if (calls->taken_count == 0)
		return 0;
	message = &calls->taken[--calls->taken_count];
	touch(message);
	if (random_below(&calls->seed, 2))
		return naru_queue_release(calls->queue, message);
	return naru_queue_give_back(calls->queue, message);
}

static long send_batch(struct calls *calls)
{
	struct naru_item items[6];

	for (int i = 0; i < 6; i++)
		items[i] = (struct naru_item){choose_type(calls), calls->buffer[i % 2],
					      choose_length(calls) / 4};
	return naru_queue_send_batch(calls->queue, items, 6, choose_timeout(calls));
}

static long receive_batch(struct calls *calls)
{
	struct naru_item items[2];
	int flags;
	int64_t select = choose_selection(calls, &flags);
	ssize_t n;

	for (int i = 0; i < 2; i++)
		items[i] = (struct naru_item){0, calls->buffer[i], CALLS_ROOM};
	n = naru_queue_receive_batch(calls->queue, select, flags, items, 2,
				     choose_timeout(calls));
	for (ssize_t i = 0; i < n; i++)
		must(items[i].length <= CALLS_ROOM);
	return n;
}

/* Some number of one of some sessions. */
static struct naru_once choose_once(struct calls *calls)
{
	return (struct naru_once){
		.session = {1 + random_below(&calls->seed, 3), 0},
		.number = 1 + random_below(&calls->seed,
					   1u << random_below(&calls->seed, 12)),
		.private_ = random_below(&calls->seed, 2) ? 0 : 1,
	};
}

static long once(struct calls *calls)
{
	struct naru_item item = {choose_type(calls), calls->buffer[0],
				 choose_length(calls)};
	struct naru_once numbered = choose_once(calls);
	struct naru_message *message;
	uint64_t sent, released;

	switch (random_below(&calls->seed, 3)) {
	case 0:
		return naru_queue_recall(calls->queue, &numbered, &sent, &released);
	case 1:
		if (calls->taken_count == 0)
			return 0;
		message = &calls->taken[--calls->taken_count];
		return naru_queue_release_once(calls->queue, &numbered, message);
	default:
		return naru_queue_send_once(calls->queue, &numbered, &item, 1,
					    choose_timeout(calls));
	}
}

static long rearm(struct calls *calls)
{
	return naru_queue_rearm(calls->queue, random_below(&calls->seed, 2)
						      ? NARU_READABLE
						      : NARU_WRITABLE);
}

static long stat_and_set(struct calls *calls)
{
	struct naru_queue_stat stat = NARU_INIT(stat, .messages = 0);
	struct naru_queue_options options =
		NARU_INIT(options, .capacity = 1000 + choose_length(calls) * 4);

	if (random_below(&calls->seed, 4) == 0)
		return naru_queue_set(calls->queue, &options);
	return naru_queue_stat(calls->queue, &stat);
}

static long get_descriptor(struct calls *calls)
{
	return naru_queue_fd(calls->queue, random_below(&calls->seed, 2) ? NARU_READABLE
									 : NARU_WRITABLE);
}

static void ignore(void *data, const struct naru_finding *finding)
{
	(void)data;
	must(finding->text);
}

static long check_space(struct calls *calls)
{
	return naru_space_check(calls->space,
				random_below(&calls->seed, 2) ? NARU_CHECK_REPAIR : 0,
				ignore, NULL);
}

static long open_again(struct calls *calls)
{
	struct naru_queue *queue = NULL;
	int r = naru_queue_open(calls->space, calls->name, NULL, &queue);

	if (r < 0)
		return r;
	/* What is held through the old handle is out of reach. */
	naru_queue_close(calls->queue);
	calls->queue = queue;
	calls->claimed_count = 0;
	calls->taken_count = 0;
	return 0;
}

void calls_make(struct calls *calls)
{
	static long (*const kinds[])(struct calls *) = {
		send_copy,    receive_copy, look,	claim,	       take,
		finish_claim, finish_take,  send_batch, receive_batch, send_copy,
		receive_copy, stat_and_set, once,	receive_copy,
	};
	static long (*const rare[])(struct calls *) = {get_descriptor, check_space,
						       open_again, rearm};
	uint64_t kind = random_below(&calls->seed, 16);
	long r;

	if (kind < sizeof(kinds) / sizeof(*kinds))
		r = kinds[kind](calls);
	else
		r = rare[random_below(&calls->seed, 4)](calls);
	calls->made++;
	calls->succeeded += r >= 0;
}

void calls_close(struct calls *calls)
{
	calls->queue = naru_queue_close(calls->queue);
	calls->claimed_count = 0;
	calls->taken_count = 0;
}
