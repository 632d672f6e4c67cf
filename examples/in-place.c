/* SPDX-License-Identifier: MIT */

/*
 * examples/in-place.c - a frame goes from one process to another without a copy
 *
 * The sender draws straight into the queue's memory, the receiver looks at it
 * there. If the receiver died before the release, another would get the frame.
 */

#include <naru/queue.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FRAME = 640 * 480 };

static int send_frame(struct naru_queue *queue, int brightness)
{
	struct naru_message frame;
	int r = naru_queue_claim(queue, 1, FRAME, -1, &frame);

	if (r < 0)
		return r;
	memset(frame.data, brightness, FRAME);
	return naru_queue_commit(queue, &frame);
}

static int receive_frame(struct naru_queue *queue)
{
	struct naru_message frame;
	unsigned long sum = 0;
	int r = naru_queue_take(queue, 0, 0, -1, &frame);

	if (r < 0)
		return r;
	for (size_t i = 0; i < frame.length; i++)
		sum += ((const unsigned char *)frame.data)[i];
	printf("a frame of %zu bytes, brightness %lu\n", frame.length,
	       sum / frame.length);
	return naru_queue_release(queue, &frame);
}

int main(void)
{
	struct naru_queue *queue;
	int status, r;
	pid_t child;

	r = naru_queue_create(NULL, "frames", NULL, &queue);
	if (r < 0) {
		fprintf(stderr, "frames: %s\n", naru_error_text(r));
		return 1;
	}
	child = fork();
	if (child == 0)
		_exit(send_frame(queue, 42) < 0 || send_frame(queue, 99) < 0);
	r = child < 0 ? 1 : receive_frame(queue);
	if (r == 0)
		r = receive_frame(queue);
	if (child > 0 && (waitpid(child, &status, 0) < 0 || status != 0))
		r = 1;
	naru_queue_remove(NULL, "frames");
	naru_queue_close(queue);
	return r != 0;
}
