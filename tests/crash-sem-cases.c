/* SPDX-License-Identifier: MIT */

#include "crash-sem.h"

#define UNDO   ((int16_t)SEM_UNDO)
#define NOBODY .holder = {SEM_END}, .other = {{SEM_END}, {SEM_END}}

static int call_set_value(struct nr_set *set)
{
	return nr_set_set_value(set, 0, 7);
}

static int call_set_values(struct nr_set *set)
{
	static const uint16_t values[SEM_SEMAPHORES] = {5, 6, 1, 0};

	return nr_set_set_values(set, values);
}

static int call_get_value(struct nr_set *set)
{
	return nr_set_value(set, 0);
}

const struct sem_case sem_cases[] = {
	{"up", NOBODY, .before = {SEM_END}, .victim = {{0, 1, 0}, SEM_END},
	 .old = {{0, 0, 0}, 0}, .new = {{1, 0, 0}, 0}},
	{"up, first call", NOBODY, .before = {SEM_END}, .victim = {{0, 1, 0}, SEM_END},
	 .cold = true, .old = {{0, 0, 0}, 0}, .new = {{1, 0, 0}, 0}},
	{"down with undo", NOBODY, .start = {1, 0, 0}, .before = {SEM_END},
	 .victim = {{0, -1, UNDO}, SEM_END}, .old = {{1, 0, 0}, 0},
	 .new = {{1, 0, 0}, 0}},
	{"give back what is owed", NOBODY, .start = {1, 0, 0},
	 .before = {{0, -1, UNDO}, SEM_END}, .victim = {{0, 1, UNDO}, SEM_END},
	 .old = {{1, 0, 0}, 0}, .new = {{1, 0, 0}, 0}},
	{"array", NOBODY, .start = {1, 1, 0}, .before = {SEM_END},
	 .victim = {{0, -1, 0}, {1, -1, 0}, {2, 2, 0}, {2, 1, 0}, SEM_END},
	 .old = {{1, 1, 0}, 0}, .new = {{0, 0, 3}, 0}},
	{"array, some of it with undo", NOBODY, .start = {2, 0, 0}, .before = {SEM_END},
	 .victim = {{0, -1, UNDO}, {1, 1, 0}, {0, -1, UNDO}, {2, 3, UNDO}, SEM_END},
	 .old = {{2, 0, 0}, 0}, .new = {{2, 1, 0}, 0}},
	{"up for a sleeper", .holder = {SEM_END},
	 .other = {{{0, -1, 0}, SEM_END}, {SEM_END}}, .others = 1, .before = {SEM_END},
	 .victim = {{0, 1, 0}, SEM_END}, .old = {{0, 0, 0}, 0}, .new = {{0, 0, 0}, 1}},
	{"up with undo for a sleeper", .holder = {SEM_END},
	 .other = {{{0, -1, 0}, SEM_END}, {SEM_END}}, .others = 1, .before = {SEM_END},
	 .victim = {{0, 1, UNDO}, SEM_END}, .old = {{0, 0, 0}, 0}, .new = {{0, 0, 0}, 1}},
	{"up for two, one after the other", .holder = {SEM_END},
	 .other = {{{0, -1, 0}, {1, 1, 0}, SEM_END}, {{1, -1, 0}, SEM_END}}, .others = 2,
	 .before = {SEM_END}, .victim = {{0, 1, 0}, SEM_END}, .old = {{0, 0, 0}, 0},
	 .new = {{0, 0, 0}, 3}},
	{"up for one with a long array", .holder = {SEM_END},
	 .other = {{{0, -1, 0},
		    {1, 1, 0},
		    {1, 1, 0},
		    {2, 1, 0},
		    {2, 1, 0},
		    {1, 1, 0},
		    SEM_END},
		   {SEM_END}},
	 .others = 1, .before = {SEM_END}, .victim = {{0, 1, 0}, SEM_END},
	 .old = {{0, 0, 0}, 0}, .new = {{0, 3, 2}, 1}},
	{"down to zero for a sleeper", .holder = {SEM_END}, .start = {1, 0, 0},
	 .other = {{{0, 0, 0}, {1, 1, 0}, SEM_END}, {SEM_END}}, .others = 1,
	 .before = {SEM_END}, .victim = {{0, -1, 0}, SEM_END}, .old = {{1, 0, 0}, 0},
	 .new = {{0, 1, 0}, 1}},
	{"sleep", NOBODY, .before = {SEM_END},
	 .victim = {{0, -1, UNDO}, {1, 1, 0}, SEM_END}, .timed = true,
	 .old = {{0, 0, 0}, 0}, .new = {{0, 0, 0}, 0}},
	{"sleep, and get it", NOBODY, .before = {SEM_END},
	 .victim = {{0, -1, UNDO}, {1, 1, 0}, SEM_END}, .raised = true,
	 .old = {{1, 0, 0}, 0}, .new = {{1, 1, 0}, 0}},
	{"sleep where another one slept", NOBODY, .before = {SEM_END},
	 .victim = {{0, -1, 0}, SEM_END}, .raised = true, .slept = true,
	 .old = {{1, 0, 0}, 0}, .new = {{0, 0, 0}, 0}},
	{"set a value", .start = {3, 0, 0}, .holder = {{0, -1, UNDO}, SEM_END},
	 .other = {{{0, -7, 0}, SEM_END}, {SEM_END}}, .others = 1, .before = {SEM_END},
	 .victim = {SEM_END}, .call = call_set_value, .old = {{3, 0, 0}, 0},
	 .new = {{0, 0, 0}, 1}},
	{"set all values", .start = {3, 2, 0},
	 .holder = {{0, -1, UNDO}, {1, -2, UNDO}, SEM_END},
	 .other = {{{1, -6, 0}, SEM_END}, {SEM_END}}, .others = 1, .before = {SEM_END},
	 .victim = {SEM_END}, .call = call_set_values, .old = {{3, 2, 0}, 0},
	 .new = {{5, 0, 1}, 1}},
	{"find what a dead one owed", .start = {1, 0, 30},
	 .holder = {{0, -1, UNDO}, {1, 5, UNDO}, {2, 4, UNDO}, SEM_END},
	 .holder_dies = true, .other = {{SEM_END}, {SEM_END}}, .before = {SEM_END},
	 .victim = {SEM_END}, .call = call_get_value, .old = {{1, 0, 30}, 0},
	 .new = {{1, 0, 30}, 0}},
};
const unsigned sem_cases_count = sizeof(sem_cases) / sizeof(sem_cases[0]);
