/* SPDX-License-Identifier: MIT */

/* A signal handler runs while a request waits for the network to take its first byte. */

#include <asleep.h>
#include <netinet/in.h>
#include <queue/handle.h>
#include <remote/client.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <stream/handle.h>
#include <string.h>
#include <support/default-space.h>
#include <support/impostor.h>
#include <support/must.h>
#include <support/unit.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LENGTH = 20000, SMALL = 60000, LARGE = 100000 };

struct scene {
	struct impostor impostor;
	int stopper;
	pid_t main;
	pthread_t thread;
	_Atomic bool given_back; /* whole, and as it was */
};

static _Atomic bool handled;

static void handle(int signal)
{
	(void)signal;
	handled = true;
}

static bool play(struct impostor *impostor, const struct nr_wire_frame *request,
		 const unsigned char *body, struct impostor_answer *answer)
{
	const struct nr_wire_item item = {.type = 1, .length = LENGTH};
	struct scene *scene = impostor->data;
	bool whole = request->length == sizeof(struct nr_wire_give_back) + LENGTH;

	if (request->verb == NR_WIRE_TAKE) {
		memcpy(answer->body, &item, sizeof(item));
		memset(answer->body + sizeof(item), 'a', LENGTH);
		answer->frame.length = sizeof(item) + LENGTH;
	}
	if (request->verb == NR_WIRE_GIVE_BACK) {
		for (size_t i = 0; whole && i < LENGTH; i++)
			whole = body[sizeof(struct nr_wire_give_back) + i] == 'b';
		scene->given_back = whole;
	}
	return true;
}

/* A connection that says half of something: the impostor listens to nobody else. */
static int stop(const struct scene *scene)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)atoi(strrchr(scene->impostor.url, ':') + 1)),
		.sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)},
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	must(fd >= 0);
	must(connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	must(write(fd, "half", 4) == 4);
	return fd;
}

static void limit(const struct naru_stream *stream, int bytes)
{
	must(setsockopt(stream->fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes)) == 0);
}

/* With what is not answered, until no byte goes out any more. */
static void fill(struct naru_stream *stream)
{
	const struct nr_wire_frame frame = {.verb = NR_WIRE_CANCEL};
	const char *bytes = (const char *)&frame;
	size_t done = 0;
	ssize_t n;

	limit(stream, SMALL);
	while ((n = naru_stream_write(stream, bytes + done, sizeof(frame) - done, 100)) >
	       0)
		done = (done + (size_t)n) % sizeof(frame);
	must(n == -ETIMEDOUT);
	if (done == 0)
		return;
	/* Part of one is not enough: the rest needs a little more room. */
	limit(stream, LARGE);
	must(naru_stream_write(stream, bytes + done, sizeof(frame) - done, 0) ==
	     (ssize_t)(sizeof(frame) - done));
	limit(stream, SMALL);
}

static void await_asleep(pid_t pid)
{
	while (!asleep(pid))
		sched_yield();
}

static void *interrupt(void *data)
{
	struct scene *scene = data;

	await_asleep(scene->main);
	must(kill(scene->main, SIGUSR1) == 0);
	while (!handled)
		sched_yield();
	await_asleep(scene->main);
	close(scene->stopper);
	return NULL;
}

static void test_a_frame_is_begun_anew(void **state)
{
	struct sigaction action = {.sa_handler = handle};
	struct naru_queue *queue = NULL;
	struct scene scene = {.main = getpid()};
	struct naru_message message;
	sigset_t signals;
	char url[128];

	(void)state;
	must(sigaction(SIGUSR1, &action, NULL) == 0);
	impostor_start(&scene.impostor, 1);
	scene.impostor.data = &scene;
	scene.impostor.meddle = play;
	snprintf(url, sizeof(url), "%s/q", scene.impostor.url);
	must_be(naru_queue_open(NULL, url, NULL, &queue), 0);
	must_be(naru_queue_take(queue, 0, 0, 0, &message), 0);
	assert_int_equal(message.length, LENGTH);
	memset(message.data, 'b', LENGTH);
	scene.stopper = stop(&scene);
	fill(queue->remote->lane[0]->stream);
	sigemptyset(&signals);
	sigaddset(&signals, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	must_be(pthread_create(&scene.thread, NULL, interrupt, &scene), 0);
	pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
	assert_int_equal(naru_queue_give_back(queue, &message), 0);
	must_be(pthread_join(scene.thread, NULL), 0);
	assert_true(handled);
	assert_true(scene.given_back);
	naru_queue_close(queue);
	impostor_stop(&scene.impostor);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_frame_is_begun_anew),
	};

	default_space_of_our_own();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
