/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <support/must.h>
#include <support/random.h>
#include <support/talk.h>

enum { HEADER = sizeof(struct talk_header), LONGEST = 400000, PARTS = 3 };

/* One who wants so much room, and one who wants so many bytes: the smallest ring. */
enum { MOST_IN_PLACE = 96, MOST_SEEN = 4000 };

static unsigned char byte_at(const struct talk_header *header, uint64_t position)
{
	if (position < HEADER)
		return ((const unsigned char *)header)[position];
	return (unsigned char)(position * 31 + position / 251 + header->salt);
}

static void fill(const struct talk *talk, unsigned char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		bytes[i] = byte_at(&talk->out, talk->done_out + i);
}

static void hear(struct talk *talk, const unsigned char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		uint64_t position = talk->done_in++;

		if (position < HEADER)
			((unsigned char *)&talk->in)[position] = bytes[i];
		else
			must(bytes[i] == byte_at(&talk->in, position));
	}
}

/* Mostly short, and up to all of a buffer. */
static size_t some(uint64_t *seed, size_t most)
{
	size_t length = random_below(seed, 4) ? random_below(seed, 300) + 1
					      : random_below(seed, TALK_BUFFER) + 1;

	return length < most ? length : most;
}

/* Cut into parts, of which one may be empty. */
static int cut(uint64_t *seed, unsigned char *bytes, size_t length, struct iovec *parts)
{
	size_t first = random_below(seed, length + 1);
	size_t second = random_below(seed, length - first + 1);

	parts[0] = (struct iovec){bytes, first};
	parts[1] = (struct iovec){bytes + first, second};
	parts[2] = (struct iovec){bytes + first + second, length - first - second};
	return PARTS;
}

static ssize_t write_in_place(struct talk *talk, size_t length, int timeout_ms)
{
	void *place;
	ssize_t n = naru_stream_reserve(talk->stream, length, timeout_ms, &place);

	if (n < 0)
		return n;
	must(n >= (ssize_t)length);
	fill(talk, place, length);
	return naru_stream_commit(talk->stream, length, timeout_ms);
}

static ssize_t write_piece(struct talk *talk, size_t length, int timeout_ms)
{
	struct iovec parts[PARTS];

	if (length <= MOST_IN_PLACE && random_below(&talk->seed_out, 3) == 0)
		return write_in_place(talk, length, timeout_ms);
	fill(talk, talk->buffer_out, length);
	if (random_below(&talk->seed_out, 2))
		return naru_stream_write(talk->stream, talk->buffer_out, length,
					 timeout_ms);
	return naru_stream_writev(talk->stream, parts,
				  cut(&talk->seed_out, talk->buffer_out, length, parts),
				  timeout_ms);
}

static bool is_timeout(ssize_t n)
{
	return n == -EAGAIN || n == -ETIMEDOUT;
}

static bool is_break(ssize_t n)
{
	return n == -EPIPE || n == -ECONNRESET;
}

static void write_some(struct talk *talk, int timeout_ms)
{
	uint64_t left = HEADER + talk->out.length - talk->done_out;
	ssize_t n = 0;

	if (left > 0)
		n = write_piece(talk, some(&talk->seed_out, left), timeout_ms);
	if (is_timeout(n))
		return;
	talk->broken_out = is_break(n);
	must(n >= 0 || talk->broken_out);
	if (n > 0)
		talk->done_out += (uint64_t)n;
	talk->over_out = talk->broken_out || talk->done_out == HEADER + talk->out.length;
	/* Who hangs up leaves it to the close. */
	if (talk->over_out && !talk->out.hangs_up) {
		int r = naru_stream_shutdown(talk->stream);

		must(r == 0 || is_break(r));
	}
}

static ssize_t read_piece(struct talk *talk, size_t size, int timeout_ms)
{
	struct iovec parts[PARTS];
	const void *seen;
	ssize_t n;

	switch (random_below(&talk->seed_in, 3)) {
	case 0:
		n = naru_stream_read(talk->stream, talk->buffer_in, size, timeout_ms);
		break;
	case 1:
		n = naru_stream_readv(talk->stream, parts,
				      cut(&talk->seed_in, talk->buffer_in, size, parts),
				      timeout_ms);
		break;
	default:
		n = naru_stream_peek(talk->stream, size < MOST_SEEN ? size : MOST_SEEN,
				     timeout_ms, &seen);
		if (n <= 0)
			return n;
		n = (ssize_t)random_below(&talk->seed_in, (uint64_t)n) + 1;
		hear(talk, seen, (size_t)n);
		must_be(naru_stream_consume(talk->stream, (size_t)n), 0);
		return n;
	}
	if (n > 0)
		hear(talk, talk->buffer_in, (size_t)n);
	return n;
}

static void read_some(struct talk *talk, int timeout_ms)
{
	ssize_t n = read_piece(talk, some(&talk->seed_in, TALK_BUFFER), timeout_ms);

	must(n >= 0 || is_timeout(n) || is_break(n));
	if (n == 0 || is_break(n))
		talk->over_in = true;
}

/* Who hangs up does not wait for an end. */
static bool is_through(const struct talk *talk)
{
	return talk->over_in || (talk->out.hangs_up && talk->over_out);
}

static void *write_all_of_it(void *data)
{
	struct talk *talk = data;

	while (!talk->over_out)
		write_some(talk, (int)random_below(&talk->seed_out, 3) - 1);
	return NULL;
}

/* One thread for each direction. */
static void talk_in_threads(struct talk *talk)
{
	pthread_t thread;

	must_be(pthread_create(&thread, NULL, write_all_of_it, talk), 0);
	while (!is_through(talk))
		read_some(talk, talk->out.hangs_up
					? 1
					: (int)random_below(&talk->seed_in, 3) - 1);
	must_be(pthread_join(thread, NULL), 0);
}

/* One thread, which waits for either. */
static void talk_by_poll(struct talk *talk)
{
	struct pollfd fds[2] = {{.events = POLLIN}, {.events = POLLIN}};

	fds[0].fd = naru_stream_fd(talk->stream, NARU_READABLE);
	fds[1].fd = naru_stream_fd(talk->stream, NARU_WRITABLE);
	must(fds[0].fd >= 0 && fds[1].fd >= 0);
	while (!is_through(talk) || !talk->over_out) {
		if (talk->over_in)
			fds[0].fd = -1;
		if (talk->over_out)
			fds[1].fd = -1;
		must(poll(fds, 2, -1) > 0);
		if (fds[0].revents && !talk->over_in)
			read_some(talk, 0);
		if (fds[1].revents && !talk->over_out)
			write_some(talk, 0);
	}
}

static uint32_t deaths_of_all(const struct talk *talk)
{
	uint32_t sum = 0;

	for (int i = 0; i < TALK_WORKERS; i++)
		sum += atomic_load(&talk->deaths[i]);
	return sum;
}

/* The other end may stop in the middle. */
static bool is_excused(const struct talk *talk)
{
	if (talk->done_in < HEADER)
		return deaths_of_all(talk) > 0 || talk->loses;
	must(talk->in.worker < TALK_WORKERS);
	return atomic_load(&talk->deaths[talk->in.worker]) != talk->in.life ||
	       (talk->in.hangs_up && talk->loses);
}

static void check(const struct talk *talk)
{
	bool complete =
		talk->done_in >= HEADER && talk->done_in == HEADER + talk->in.length;

	if (talk->out.hangs_up)
		return;
	must(complete || is_excused(talk));
	must(!talk->broken_out || is_excused(talk) || talk->in.hangs_up);
}

uint64_t talk_run(struct talk *talk)
{
	struct naru_stream_stat stat = NARU_INIT(stat, .transport = 0);

	must_be(naru_stream_stat(talk->stream, &stat), 0);
	talk->loses = stat.transport != NARU_TRANSPORT_MEMORY;
	talk->out.hangs_up = random_below(&talk->seed, 5) == 0;
	talk->out.salt = random_next(&talk->seed);
	talk->out.length = random_below(&talk->seed, 3)
				   ? random_below(&talk->seed, 1000)
				   : random_below(&talk->seed, LONGEST);
	talk->seed_out = random_next(&talk->seed);
	talk->seed_in = random_next(&talk->seed);
	if (random_below(&talk->seed, 2))
		talk_in_threads(talk);
	else
		talk_by_poll(talk);
	check(talk);
	talk->stream = naru_stream_close(talk->stream);
	return talk->done_in;
}
