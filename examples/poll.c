/* SPDX-License-Identifier: MIT */

/*
 * examples/poll.c - wait for a queue and for something else: poll QUEUE
 *
 * Prints the queue's messages; what is typed goes into the queue. It ends with
 * standard input.
 */

#include <errno.h>
#include <naru/queue.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

static int print_messages(struct naru_queue *queue)
{
	char buffer[4096];
	ssize_t length;

	while ((length = naru_queue_receive(queue, 0, NARU_TRUNCATE, buffer,
					    sizeof(buffer), 0, NULL)) >= 0)
		printf("%.*s\n", (int)length, buffer);
	fflush(stdout);
	return length == -EAGAIN ? 0 : (int)length;
}

int main(int argc, char **argv)
{
	struct naru_queue_options options = NARU_INIT(options, .flags = NARU_CREATE);
	struct pollfd ready[2] = {{.events = POLLIN}, {.events = POLLIN}};
	struct naru_queue *queue;
	char line[4096];
	ssize_t length = 1;
	int r;

	if (argc != 2) {
		fprintf(stderr, "usage: %s QUEUE\n", argv[0]);
		return 2;
	}
	r = naru_queue_open(NULL, argv[1], &options, &queue);
	if (r == 0)
		r = naru_queue_fd(queue, NARU_READABLE);
	ready[0].fd = STDIN_FILENO;
	ready[1].fd = r;
	while (r >= 0 && length > 0 && poll(ready, 2, -1) > 0) {
		if (ready[0].revents) {
			length = read(STDIN_FILENO, line, sizeof(line));
			if (length > 1)
				r = naru_queue_send(queue, 1, line, (size_t)length - 1,
						    -1);
		}
		if (r >= 0)
			r = print_messages(queue);
	}
	if (r < 0) {
		fprintf(stderr, "%s: %s\n", argv[1], naru_error_text(r));
		return 1;
	}
	naru_queue_close(queue);
	return 0;
}
