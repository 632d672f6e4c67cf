/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <support/child.h>
#include <support/must.h>
#include <support/random.h>
#include <support/rounds.h>
#include <sys/resource.h>
#include <unistd.h>

enum { HANG_SECONDS = 30, LARGEST_FILE = 64 << 20 };

struct round {
	struct room *room;
	uint64_t seed;
	int (*play)(struct room *room, uint64_t seed);
};

static void hang(int signal)
{
	static const char text[] = ": a call hangs\n";
	const char *name = program_invocation_short_name;

	(void)signal;
	if (write(STDERR_FILENO, name, strlen(name)) < 0 ||
	    write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(3);
	abort();
}

void rounds_call(void)
{
	alarm(HANG_SECONDS);
}

void rounds_end_calls(void)
{
	alarm(0);
}

void rounds_limit_files(void)
{
	struct rlimit limit = {LARGEST_FILE, LARGEST_FILE};

	must(setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

struct striker {
	void (*strike)(void *data);
	void *data;
};

static int strike_for_ever(void *data)
{
	const struct striker *striker = data;

	/* Slowly enough that calls get somewhere. */
	do {
		striker->strike(striker->data);
		for (volatile int i = 0; i < 20000; i++)
			;
	} while (striker->strike);
	return 0;
}

void rounds_spoil(void (*strike)(void *data), void (*call)(void *data), void *data,
		  int count, uint64_t *seed)
{
	struct striker striker = {strike, data};
	bool between = *seed % 2 == 0;
	pid_t other = between ? 0 : child_start(strike_for_ever, &striker);

	for (int i = 0; i < count; i++) {
		for (uint64_t n = random_below(seed, 3); between && n > 0; n--)
			strike(data);
		rounds_call();
		call(data);
	}
	rounds_end_calls();
	if (other)
		child_kill(other);
}

static int play_one(void *data)
{
	const struct round *round = data;

	return round->play(round->room, round->seed);
}

int rounds_play(int argc, char **argv, uint64_t rounds,
		int (*play)(struct room *room, uint64_t seed))
{
	uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 0) : 0;

	if (argc > 2)
		rounds = strtoull(argv[2], NULL, 0);
	signal(SIGALRM, hang);
	for (uint64_t i = 0; i < rounds; i++) {
		struct round round = {room_open(), first + i, play};
		int status = child_run(play_one, &round);

		if (status != 0)
			fprintf(stderr, "round %lu ended with %d\n",
				(unsigned long)round.seed, status);
		must_be(status, 0);
		room_close(round.room);
	}
	printf("%lu rounds\n", (unsigned long)rounds);
	return 0;
}
