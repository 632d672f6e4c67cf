/* SPDX-License-Identifier: MIT */

/*
 * Let a process die in the calls on System V queues, segments and sets: real kills,
 * before and after each system call, whenever something has changed in the table of
 * identifiers, and after some other instructions. A survivor finds the call done or not
 * done, and can do everything there is to do; who slept meanwhile is not forgotten.
 *
 * NARU_CRASH_STRIDE	after every so-manyth instruction (default: at KILLS places)
 */

#include "crash-sysv.h"
#include "asleep.h"
#include "trace.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { KILLS = 40, LIMIT_MS = 20000 };

unsigned long sysv_turn;

static const struct sysv_case *this;

static pid_t start(struct trace *trace)
{
	const struct trace_victim victim = {.prepare = this->prepare, .run = this->run};
	pid_t sleeper;

	trace_clear(sysv_space_path);
	if (!trace_start(trace, &victim)) {
		printf("  %s: %s\n", this->name, trace_page->text);
		exit(1);
	}
	if (!this->sleeper)
		return 0;
	sleeper = trace_survive_start(this->sleeper, NULL, LIMIT_MS);
	while (!asleep(sleeper))
		sched_yield();
	return sleeper;
}

struct count {
	unsigned long kills, found[2], failures;
};

static void finish(struct trace *trace, pid_t sleeper, struct count *count)
{
	unsigned long steps = trace->steps, place = trace_place(trace);
	int found;

	trace_page->text[0] = 0;
	trace_kill(trace);
	count->kills++;
	sysv_turn++;
	found = trace_survive(this->survive, NULL, LIMIT_MS);
	if (sleeper && trace_survive_wait(sleeper) != 0)
		found = SURVIVOR_FAILED;
	if (found == 0 || found == 1) {
		count->found[found]++;
		return;
	}
	if (count->failures++ < 5)
		printf("  %s, killed at point %lu at %#lx: %s\n", this->name, steps,
		       place, trace_page->text);
}

static void kill_at_calls(struct count *count)
{
	bool more = true;

	for (unsigned n = 1; more; n++)
		for (unsigned after = 0; more && after < 2; after++) {
			struct trace trace;
			pid_t sleeper = start(&trace);

			for (unsigned i = 0; more && i < n; i++)
				more = trace_call(&trace) >= 0;
			if (more && after && !trace_return(&trace))
				more = false;
			finish(&trace, sleeper, count);
		}
}

/* What the cases touch of the table of identifiers. */
enum { KEYS_SEEN = 16, ENTRIES_SEEN = 4 };
struct table {
	struct nr_sysv_shared head;
	uint32_t keys[NR_SYSV_KINDS][KEYS_SEEN];
	struct nr_sysv_entry_shared entries[NR_SYSV_KINDS][ENTRIES_SEEN];
};

static const unsigned char *map_table(void)
{
	char path[300];
	void *base;
	int fd;

	snprintf(path, sizeof(path), "%s/" NR_SYSV_FILE, sysv_space_path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	base = mmap(NULL, NR_SYSV_SIZE, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (base == MAP_FAILED) {
		printf("  %s: there is no table\n", this->name);
		exit(1);
	}
	return base;
}

static void look(const unsigned char *base, struct table *table)
{
	memcpy(&table->head, base, sizeof(table->head));
	for (size_t i = 0; i < NR_SYSV_KINDS; i++) {
		memcpy(table->keys[i], base + NR_SYSV_KEYS + i * NR_SYSV_KEYS_SIZE,
		       sizeof(table->keys[i]));
		memcpy(table->entries[i], base + NR_SYSV_TABLES + i * NR_SYSV_TABLE_SIZE,
		       sizeof(table->entries[i]));
	}
}

/* Step up to the @n-th change. False: the call was through before. */
static bool step_to_change(struct trace *trace, unsigned n)
{
	const unsigned char *base = map_table();
	struct table before, now;
	bool more = true;

	look(base, &before);
	while (more && n > 0) {
		more = trace_step(trace);
		look(base, &now);
		if (memcmp(&now, &before, sizeof(now)) == 0)
			continue;
		before = now;
		n--;
	}
	munmap((void *)(uintptr_t)base, NR_SYSV_SIZE);
	return more;
}

static void kill_at_changes(struct count *count)
{
	bool more = true;

	for (unsigned n = 1; more; n++) {
		struct trace trace;
		pid_t sleeper = start(&trace);

		more = step_to_change(&trace, n);
		finish(&trace, sleeper, count);
	}
}

static void kill_at_steps(unsigned long stride, struct count *count)
{
	bool more = true;

	for (unsigned long n = 0; more; n += stride) {
		struct trace trace;
		pid_t sleeper = start(&trace);

		while (more && trace.steps < n)
			more = trace_step(&trace);
		finish(&trace, sleeper, count);
	}
}

static unsigned long length_of(void)
{
	struct count ignored = {0};
	struct trace trace;
	pid_t sleeper = start(&trace);
	unsigned long steps;

	while (trace_step(&trace))
		continue;
	steps = trace.steps;
	finish(&trace, sleeper, &ignored);
	return steps;
}

int main(int argc, char **argv)
{
	unsigned stride = trace_option("NARU_CRASH_STRIDE", 0);
	unsigned long failures = 0;

	trace_begin();
	sysv_space_path = trace_directory();
	for (size_t i = 0; i < sysv_cases_count; i++) {
		struct count count = {0};
		unsigned long length;

		this = &sysv_cases[i];
		if (argc > 1 && strncmp(this->name, argv[1], strlen(argv[1])) != 0)
			continue;
		length = length_of();
		kill_at_calls(&count);
		kill_at_changes(&count);
		kill_at_steps(stride ? stride : 1 + length / KILLS, &count);
		printf("%s: %lu points, %lu killed, old %lu, new %lu%s\n", this->name,
		       length, count.kills, count.found[0], count.found[1],
		       count.failures ? "; FAILED" : "");
		failures += count.failures;
	}
	if (failures)
		printf("%lu deaths were not survived\n", failures);
	return failures > 0;
}
