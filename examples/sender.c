/* SPDX-License-Identifier: MIT */
/* examples/sender.c - send each argument as a message: sender QUEUE TEXT... */

#include <naru/queue.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	struct naru_queue_options options = NARU_INIT(options, .flags = NARU_CREATE);
	struct naru_queue *queue;
	int r;

	if (argc < 2) {
		fprintf(stderr, "usage: %s QUEUE TEXT...\n", argv[0]);
		return 2;
	}
	r = naru_queue_open(NULL, argv[1], &options, &queue);
	for (int i = 2; r == 0 && i < argc; i++)
		r = naru_queue_send(queue, 1, argv[i], strlen(argv[i]), -1);
	if (r < 0) {
		fprintf(stderr, "%s: %s\n", argv[1], naru_error_text(r));
		return 1;
	}
	naru_queue_close(queue);
	return 0;
}
