/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FAULT_H
#define TESTS_FAULT_H

/* fault.h - the operations that system calls are made to fail in */

#include <stdbool.h>

struct fault_case {
	const char *name;
	bool (*prepare)(void);
	long (*run)(void);
	void (*undo)(void); /* what a run() that succeeded has made */
};

/* What a program tries, up to NULL; each list ends with a case without a name. */
extern const struct fault_case *const fault_lists[];

/*
 * After that case: clear away what even a call that failed, or was done, may leave
 * for others to remove.
 */
void fault_sweep(const struct fault_case *of);

extern const struct fault_case fault_segment_cases[];
extern const struct fault_case fault_stream_cases[];

/* Where the space is; set before anything else. */
extern char fault_path[200];

#endif /* TESTS_FAULT_H */
