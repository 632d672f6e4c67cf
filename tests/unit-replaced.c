/* SPDX-License-Identifier: MIT */

/*
 * In a process where libc's system calls are somebody else's, naru makes its own.
 *
 * support/replaced.c ends who calls one by name; so this program, too, is content
 * with functions of libc that make theirs inside.
 */

#include <errno.h>
#include <naru/queue.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <support/replaced.h>
#include <sys/wait.h>
#include <unistd.h>

/* The value is this, or the test has failed. */
#define must_be(call, expected) compare(#call, (long)(call), (expected), __LINE__)

static void compare(const char *call, long value, long expected, int line)
{
	if (value == expected)
		return;
	fprintf(stderr, "line %d: %s is %ld, not %ld\n", line, call, value, expected);
	exit(1);
}

static void pass_messages(struct naru_queue *queue)
{
	static char large[20000];
	struct naru_message message;

	must_be(naru_queue_send(queue, 1, "hello", 5, -1), 0);
	must_be(naru_queue_send(queue, 2, large, sizeof(large), -1), 0);
	must_be(naru_queue_claim(queue, 3, 10, -1, &message), 0);
	must_be(naru_queue_commit(queue, &message), 0);
	must_be(naru_queue_receive(queue, 2, 0, large, sizeof(large), -1, NULL), 20000);
	must_be(naru_queue_take(queue, 0, 0, -1, &message), 0);
	must_be(naru_queue_release(queue, &message), 0);
	must_be(naru_queue_receive(queue, 0, 0, large, sizeof(large), -1, NULL), 10);
	must_be(naru_queue_receive(queue, 0, 0, large, sizeof(large), 1, NULL),
		-ETIMEDOUT);
}

static void poll_both(struct naru_queue *queue)
{
	struct pollfd readable = {naru_queue_fd(queue, NARU_READABLE), POLLIN, 0};
	struct pollfd writable = {naru_queue_fd(queue, NARU_WRITABLE), POLLIN, 0};

	must_be(poll(&writable, 1, 0), 1);
	must_be(poll(&readable, 1, 0), 0);
	must_be(naru_queue_send(queue, 1, "hello", 5, -1), 0);
	must_be(poll(&readable, 1, 0), 1);
}

static int count(void *data, const struct naru_entry *entry)
{
	must_be(entry->kind, NARU_KIND_QUEUE);
	++*(int *)data;
	return 0;
}

static void tell(void *data, const struct naru_finding *finding)
{
	(void)data;
	if (finding->severity >= NARU_SEVERITY_ERROR)
		fprintf(stderr, "%s\n", finding->text);
}

static void look_around(struct naru_space *space, struct naru_queue *queue)
{
	struct naru_queue_stat stat = NARU_INIT(stat, .messages = 0);
	struct naru_space_stat about = NARU_INIT(about, .peers = 0);
	int found = 0;

	must_be(naru_queue_stat(queue, &stat), 0);
	must_be(stat.mode, 0640);
	must_be(stat.messages, 1);
	must_be(naru_space_stat(space, &about), 0);
	must_be(about.peers, 1);
	must_be(naru_space_list(space, count, &found), 0);
	must_be(found, 1);
	must_be(naru_space_check(space, NARU_CHECK_REPAIR, tell, NULL), 0);
}

static void use(struct naru_space *space)
{
	struct naru_queue_options options = NARU_INIT(options, .flags = NARU_CREATE);
	struct naru_queue *queue, *again;

	must_be(naru_queue_open(space, "q", &options, &queue), 0);
	must_be(naru_queue_open(space, "q", NULL, &again), 0);
	pass_messages(queue);
	poll_both(queue);
	options = (struct naru_queue_options)NARU_INIT(options, .mode = 0640,
						       .capacity = 4 << 20);
	must_be(naru_queue_set(queue, &options), 0);
	look_around(space, again);
	must_be(naru_queue_remove(space, "q"), 0);
	must_be(naru_queue_send(queue, 1, "hello", 5, -1), -EIDRM);
	naru_queue_close(queue);
	naru_queue_close(again);
}

static void open_spaces(const char *directory)
{
	struct naru_space_options make = NARU_INIT(make, .create = true);
	struct naru_space *space;

	must_be(chdir(directory), 0);
	must_be(naru_space_open("made", &make, &space), 0);
	must_be(strncmp(naru_space_path(space), directory, strlen(directory)), 0);
	use(space);
	naru_space_close(space);
	must_be(setenv("NARU_SPACE", "made", 1), 0);
	use(NULL);
}

/* Whatever was left by a child that was ended. */
static void clear(const char *directory)
{
	static const char *const names[] = {"made/q", "made/.peers", "made/.deaths",
					    "made", ""};
	char path[64];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		remove(path);
	}
}

int main(void)
{
	char directory[] = "/dev/shm/naru-test-XXXXXX";
	int status;

	replaced_is_there = true;
	must_be(mkdtemp(directory) != NULL, true);
	if (fork() == 0) {
		open_spaces(directory);
		exit(0);
	}
	wait(&status);
	clear(directory);
	return status != 0;
}
