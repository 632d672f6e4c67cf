/* SPDX-License-Identifier: MIT */

/* What a child of fork has of its parent's connections: nothing. */

#include <dirent.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <support/default-space.h>
#include <support/must.h>
#include <support/unit.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FILLERS = 2 };

struct caller {
	char url[64];
	_Atomic int tid;
	int result;
	pthread_t thread;
};

static int count_sockets(void)
{
	DIR *directory = opendir("/proc/self/fd");
	struct dirent *entry;
	int count = 0;

	must(directory);
	while ((entry = readdir(directory))) {
		char target[64];
		ssize_t n = readlinkat(dirfd(directory), entry->d_name, target,
				       sizeof(target) - 1);

		if (n < 0)
			continue;
		target[n] = 0;
		count += strncmp(target, "socket:", 7) == 0;
	}
	closedir(directory);
	return count;
}

/* A listener whose queue is full: who connects waits. */
static int listen_to_nobody(struct caller *caller, int fillers[FILLERS])
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)},
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t length = sizeof(address);

	must(fd >= 0);
	must(bind(fd, (struct sockaddr *)&address, length) == 0);
	must(listen(fd, 0) == 0);
	must(getsockname(fd, (struct sockaddr *)&address, &length) == 0);
	snprintf(caller->url, sizeof(caller->url), "tcp://127.0.0.1:%d/q",
		 ntohs(address.sin_port));
	for (int i = 0; i < FILLERS; i++) {
		fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		must(fillers[i] >= 0);
		connect(fillers[i], (struct sockaddr *)&address, length);
	}
	return fd;
}

static void *call(void *data)
{
	struct caller *caller = data;
	struct naru_queue *queue = NULL;

	caller->tid = (int)syscall(SYS_gettid);
	caller->result = naru_queue_open(NULL, caller->url, NULL, &queue);
	return NULL;
}

static bool connects(int tid)
{
	char path[64], text[32] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/syscall", tid);
	file = fopen(path, "r");
	must(file);
	must(fgets(text, sizeof(text), file));
	fclose(file);
	return text[0] >= '0' && text[0] <= '9' && atol(text) == SYS_connect;
}

static void test_a_connection_that_is_being_made(void **state)
{
	struct caller caller = {.tid = 0};
	int fillers[FILLERS], before, listener, status;
	pid_t child;

	(void)state;
	listener = listen_to_nobody(&caller, fillers);
	before = count_sockets();
	must_be(pthread_create(&caller.thread, NULL, call, &caller), 0);
	while (caller.tid == 0 || !connects(caller.tid))
		sched_yield();
	assert_int_equal(count_sockets(), before + 1);
	child = fork();
	must(child >= 0);
	if (child == 0)
		_exit(count_sockets());
	must(waitpid(child, &status, 0) == child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), before);
	close(listener);
	must_be(pthread_join(caller.thread, NULL), 0);
	assert_true(caller.result < 0);
	for (int i = 0; i < FILLERS; i++)
		close(fillers[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_connection_that_is_being_made),
	};

	default_space_of_our_own();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
