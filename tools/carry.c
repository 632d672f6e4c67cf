/* SPDX-License-Identifier: MIT */
/* tools/carry.c - bytes between descriptors and a stream, both ways at once */

#include <tools/stream.h>

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <tools/progress.h>
#include <tools/report.h>
#include <unistd.h>

enum { STEP = 1 << 16 };

struct sending {
	struct nr_carry *carry;
	struct nr_progress progress;
	int status;
};

int nr_stream_begin(struct nr_tool *tool)
{
	naru_set_log(nr_print_log, NULL);
	return tool->space_path ? nr_tool_open_space(tool) : NR_OK;
}

int nr_stream_failed(const char *url, int error)
{
	switch (-error) {
	case ETIMEDOUT:
		nr_failed("%s does not answer in the time given", url);
		return NR_TIMED_OUT;
	case EINTR:
		return NR_INTERRUPTED;
	default:
		return nr_failed("%s: %s", url, naru_error_text(error));
	}
}

int nr_no_threads(void)
{
	return nr_failed("no more threads can be had; end some processes, or raise the "
			 "limit with: ulimit -u");
}

/* Straight from the descriptor to where the peer reads. 0: the end. */
static ssize_t send_some(struct nr_carry *carry, int *ret_status)
{
	void *place;
	ssize_t room = naru_stream_reserve(carry->stream, 1, -1, &place), n;

	if (room < 0)
		return room;
	do
		n = read(carry->in, place, room < STEP ? (size_t)room : STEP);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		*ret_status = nr_file_failed("read", carry->in_name);
	if (n <= 0)
		return 0;
	return naru_stream_commit(carry->stream, (size_t)n, -1);
}

static void *send_all(void *data)
{
	struct sending *sending = data;
	struct nr_carry *carry = sending->carry;
	uint64_t done = 0;
	ssize_t n;

	nr_progress_start(&sending->progress, "sending", carry->total);
	do {
		n = send_some(carry, &sending->status);
		if (n > 0) {
			done += (uint64_t)n;
			nr_progress_show(&sending->progress, done);
		}
	} while (n > 0 || n == -EINTR);
	nr_progress_end(&sending->progress);
	/* That the peer wants no more is its affair. */
	if (n < 0 && n != -EPIPE)
		sending->status = nr_stream_failed(carry->url, (int)n);
	naru_stream_shutdown(carry->stream);
	return NULL;
}

static int write_out(int fd, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t n = write(fd, bytes, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes += n;
		length -= (size_t)n;
	}
	return 0;
}

/* Straight from where the peer wrote to the descriptor. 0: the end. */
static ssize_t receive_some(struct nr_carry *carry, int *ret_status)
{
	const void *seen;
	ssize_t n = naru_stream_peek(carry->stream, 1, -1, &seen);
	int r;

	if (n <= 0)
		return n;
	if (n > STEP)
		n = STEP;
	r = write_out(carry->out, seen, (size_t)n);
	if (r == -EPIPE && carry->close_out)
		return 0; /* the command wants no more */
	if (r < 0) {
		errno = -r;
		*ret_status = nr_file_failed("write", "standard output");
		return 0;
	}
	naru_stream_consume(carry->stream, (size_t)n);
	return n;
}

int nr_carry(struct nr_carry *carry)
{
	struct sending sending = {.carry = carry};
	pthread_t thread;
	int status = NR_OK;
	ssize_t n;

	if (pthread_create(&thread, NULL, send_all, &sending) != 0) {
		carry->stream = naru_stream_close(carry->stream);
		if (carry->close_out)
			close(carry->out);
		return nr_no_threads();
	}
	do
		n = receive_some(carry, &status);
	while (n > 0 || n == -EINTR);
	if (n < 0)
		status = nr_stream_failed(carry->url, (int)n);
	if (carry->close_out)
		close(carry->out);
	/* Whoever waits at a terminal is not asked for the rest. */
	if (n < 0 || carry->stop)
		pthread_cancel(thread);
	pthread_join(thread, NULL);
	nr_progress_end(&sending.progress);
	carry->stream = naru_stream_close(carry->stream);
	return status != NR_OK ? status : sending.status;
}
