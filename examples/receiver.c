/* SPDX-License-Identifier: MIT */
/* examples/receiver.c - print messages until none comes for a second: receiver QUEUE */

#include <errno.h>
#include <inttypes.h>
#include <naru/queue.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	struct naru_queue *queue;
	char buffer[4096];
	int64_t type;
	ssize_t length;

	if (argc != 2) {
		fprintf(stderr, "usage: %s QUEUE\n", argv[0]);
		return 2;
	}
	length = naru_queue_open(NULL, argv[1], NULL, &queue);
	if (length == 0) {
		while ((length = naru_queue_receive(queue, 0, 0, buffer, sizeof(buffer),
						    1000, &type)) >= 0)
			printf("%" PRId64 ": %.*s\n", type, (int)length, buffer);
		naru_queue_close(queue);
	}
	if (length != -ETIMEDOUT) {
		fprintf(stderr, "%s: %s\n", argv[1], naru_error_text((int)length));
		return 1;
	}
	return 0;
}
