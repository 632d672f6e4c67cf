/* SPDX-License-Identifier: MIT */
/* tools/output.c - messages on their way to standard output */

#include <tools/output.h>

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PARTS = 3, PREFIX_MAX = 24 };

/*
 * Wait until the reader of the pipe has read all. The kernel tells when it has
 * closed the pipe, but not when it has read: so ask, less and less often.
 */
static int wait_until_read(void)
{
	enum { YIELDS = 200, LONGEST_MS = 50 };
	struct pollfd pipe = {.fd = STDOUT_FILENO};
	int pause_ms = 1;
	int unread;

	for (int i = 0;; i++) {
		bool closed = poll(&pipe, 1, 0) > 0 && pipe.revents & POLLERR;

		if (ioctl(STDOUT_FILENO, FIONREAD, &unread) < 0 || unread == 0)
			return 0;
		if (closed)
			return -EPIPE;
		if (i < YIELDS) {
			sched_yield();
			continue;
		}
		poll(&pipe, 1, pause_ms);
		pause_ms = pause_ms * 2 < LONGEST_MS ? pause_ms * 2 : LONGEST_MS;
	}
}

static int write_parts(struct iovec *part, int count, size_t *ret_written)
{
	struct pollfd ready = {.fd = STDOUT_FILENO, .events = POLLOUT};

	*ret_written = 0;
	while (count > 0) {
		ssize_t n = writev(STDOUT_FILENO, part, count);

		if (n < 0 && errno == EAGAIN)
			poll(&ready, 1, -1);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n < 0)
			return -errno;
		*ret_written += (size_t)n;
		while (count > 0 && (size_t)n >= part->iov_len) {
			n -= (ssize_t)part->iov_len;
			part++;
			count--;
		}
		if (count > 0) {
			part->iov_base = (char *)part->iov_base + n;
			part->iov_len -= (size_t)n;
		}
	}
	return 0;
}

int nr_output_messages(const struct nr_output *output,
		       const struct naru_message *messages, size_t count,
		       size_t *ret_count)
{
	struct iovec parts[PARTS * NR_OUTPUT_BATCH];
	char prefixes[NR_OUTPUT_BATCH][PREFIX_MAX];
	size_t lengths[NR_OUTPUT_BATCH];
	char terminator = (char)output->terminator;
	size_t written, arrived = 0;
	int used = 0;
	int r;

	for (size_t i = 0; i < count; i++) {
		lengths[i] = 0;
		if (output->print_type)
			lengths[i] = (size_t)snprintf(prefixes[i], PREFIX_MAX, "%lld\t",
						      (long long)messages[i].type);
		if (lengths[i] > 0)
			parts[used++] = (struct iovec){prefixes[i], lengths[i]};
		if (messages[i].length > 0)
			parts[used++] =
				(struct iovec){messages[i].data, messages[i].length};
		if (output->terminator >= 0)
			parts[used++] = (struct iovec){&terminator, 1};
		lengths[i] += messages[i].length + (output->terminator >= 0);
	}
	r = write_parts(parts, used, &written);
	if (r == 0 && output->one_by_one)
		r = wait_until_read();
	if (r < 0 && output->one_by_one)
		written = 0;
	while (arrived < count && (r == 0 || lengths[arrived] <= written))
		written -= lengths[arrived++];
	*ret_count = arrived;
	return r;
}

bool nr_output_is_pipe(void)
{
	struct stat status;

	return fstat(STDOUT_FILENO, &status) == 0 && S_ISFIFO(status.st_mode);
}
