/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CRASH_RUN_H
#define TESTS_CRASH_RUN_H

/*
 * crash-run.h - let a process die at each point of a scenario
 *
 * Two ways, of which the second shows that the first is no illusion:
 *
 *	stop	after every instruction the space's files are copied, if they have
 *		changed, and survivors work on copies, in NARU_CRASH_MODES of their
 *		modes (default 2, in turn; 0: all)
 *	kill	the victim is stepped to an instruction and gets SIGKILL; a survivor
 *		works on what it left
 */

#include "crash-image.h"
#include "crash-model.h"
#include "crash-survivor.h"
#include "trace.h"

enum { PROGRAM_STEPS = 640 };

struct scenario {
	const char *name;
	uint64_t capacity;
	uint64_t messages;
	const struct step *setup;  /* ended by kind 0; NULL: nothing */
	const struct step *victim; /* what it does while it may die; ended by kind 0 */
	unsigned setup_repeat;	   /* do it so often; 0: once */
	unsigned victim_repeat;
	bool sparse; /* of calls that take equally many instructions, only the first */
};

/* What one victim does, from beginning to end. */
struct program {
	struct step step[PROGRAM_STEPS];
	unsigned setup; /* so many come before the victim may die */
	unsigned steps; /* in all */
};

/* A process that is to die, and where. */
struct crash {
	const struct program *program;
	const char *directory;
	struct model start; /* of the queue before all */
	bool create;
};

struct crash_count {
	unsigned long points; /* that were looked at */
	unsigned long length; /* instructions in all */
	unsigned long states, kills, failures;
	unsigned long found[SURVIVOR_CANDIDATES];
};

/* The places where things happen; made once, gone at the end. */
struct crash_rooms {
	char victim[96], second[96], survivor[96];
};

const struct crash_rooms *crash_rooms(void);

void program_of(const struct scenario *scenario, struct program *ret_program);
struct model scenario_start(const struct scenario *scenario);

/* The model after @steps of the program, its process alive; the last of @count, if not 0.
 */
void program_model(const struct crash *crash, unsigned steps, unsigned count,
		   struct model *ret_model);

struct trace_victim crash_victim(struct crash *crash);

/*
 * What may be found when a process dies that has finished @done steps: added to the
 * survivor's candidates, the older first.
 */
void crash_candidates(const struct crash *crash, unsigned done,
		      struct survivor *survivor);

/*
 * Let survivors look at the image, one in each mode. The number of the candidate, or
 * SURVIVOR_FAILED: what is wrong has been printed, with @where before it.
 */
int crash_check(const struct image *image, const struct survivor *survivor,
		unsigned modes, const char *where, struct crash_count *count);

/* Where the victim stands, as an offset in the program's file (for addr2line). */
uint64_t crash_place(const struct trace *trace);

/* Print what trace_page->text says, unless there has been enough of that. */
void crash_report(struct crash_count *count, const char *where,
		  const struct trace *trace);

void crash_stop(const struct scenario *scenario, struct crash_count *count);
void crash_kill(const struct scenario *scenario, unsigned long stride,
		struct crash_count *count);

/* All scenarios of crash-scenarios.c, and their number. */
extern const struct scenario scenarios[];
extern const unsigned scenarios_count;

#endif /* TESTS_CRASH_RUN_H */
