/* SPDX-License-Identifier: MIT */
/* tools/stream-server.c - see tools/stream-server.h */

#include <tools/stream-server.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <tools/memory.h>
#include <tools/report.h>
#include <tools/stream.h>
#include <unistd.h>

struct serving {
	struct nr_carry carry;
	pid_t pid;
	bool wait;
	int status;
};

/* Its standard input is to[0], its standard output from[1]. */
static int spawn(char *const *command, const int to[2], const int from[2], pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t defaults;
	int r;

	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, to[0], STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, from[1], STDOUT_FILENO);
	r = posix_spawnp(ret_pid, command[0], &actions, &attributes, command, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return r;
}

/* The stream's bytes go to the command; the command's to the stream. */
static void *carry(void *data)
{
	struct serving *serving = data;
	int status;

	nr_carry(&serving->carry);
	close(serving->carry.in);
	if (waitpid(serving->pid, &status, 0) == serving->pid)
		serving->status =
			WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	if (!serving->wait)
		free(serving);
	return NULL;
}

static int no_pipes(int error)
{
	const char *do_this = nr_remedy(-error);

	return nr_failed("no more pipes can be had: %s; %s", strerror(error),
			 do_this ? do_this : "end some processes");
}

static int start(struct serving *serving, char *const *command)
{
	int to[2], from[2], r;

	if (pipe2(to, O_CLOEXEC) < 0)
		return no_pipes(errno);
	if (pipe2(from, O_CLOEXEC) < 0) {
		r = errno;
		close(to[0]);
		close(to[1]);
		return no_pipes(r);
	}
	r = spawn(command, to, from, &serving->pid);
	close(to[0]);
	close(from[1]);
	serving->carry.in = from[0];
	serving->carry.out = to[1];
	if (r == 0)
		return NR_OK;
	close(from[0]);
	close(to[1]);
	return nr_failed("cannot run %s: %s", command[0], strerror(r));
}

int nr_stream_serve(struct naru_stream *stream, const char *url, char *const *command,
		    bool wait)
{
	struct serving *serving = nr_allocate(sizeof(*serving));
	pthread_t thread;
	int status;

	*serving = (struct serving){
		.carry = {.stream = stream,
			  .url = url,
			  .in_name = command[0],
			  .close_out = true},
		.wait = wait,
	};
	status = start(serving, command);
	if (status != NR_OK) {
		naru_stream_close(stream);
		free(serving);
		return status;
	}
	if (pthread_create(&thread, NULL, carry, serving) != 0) {
		naru_stream_close(stream);
		close(serving->carry.in);
		close(serving->carry.out);
		kill(serving->pid, SIGTERM);
		waitpid(serving->pid, NULL, 0);
		free(serving);
		return nr_no_threads();
	}
	if (!wait) {
		pthread_detach(thread);
		return NR_OK;
	}
	pthread_join(thread, NULL);
	status = serving->status;
	free(serving);
	return status;
}
