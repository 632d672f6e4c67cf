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

extern const struct fault_case fault_cases[];
extern const unsigned fault_cases_count;
extern const struct fault_case fault_segment_cases[];
extern const unsigned fault_segment_cases_count;
extern const struct fault_case fault_stream_cases[];
extern const unsigned fault_stream_cases_count;

/* Where the space is; set before anything else. */
extern char fault_path[200];

#endif /* TESTS_FAULT_H */
