/* SPDX-License-Identifier: MIT */
#ifndef NARU_TOOLS_PROGRAM_H
#define NARU_TOOLS_PROGRAM_H

/* tools/program.h - programs that are to be run on naru, and what they need */

#include <limits.h>
#include <stdbool.h>

/* The path of libnaru-sysv.so: $NARU_SYSV_LIBRARY, beside us, or as it is installed. */
bool nr_program_library(char ret_path[PATH_MAX]);

/* If we are where we were built, libnaru's modules are there as well: $NARU_MODULES. */
void nr_program_use_modules(void);

enum nr_obstacle {
	NR_OBSTACLE_NONE = 0,
	NR_OBSTACLE_MISSING,	/* there is no such program */
	NR_OBSTACLE_UNREADABLE, /* it cannot be looked into */
	NR_OBSTACLE_STATIC,	/* it loads no libraries */
	NR_OBSTACLE_PRIVILEGED, /* set-user-id and the like: no preload for it */
	NR_OBSTACLE_FOREIGN,	/* of another machine or libc */
	NR_OBSTACLE_RAW,	/* it seems to make system calls itself */
};

/* Look at the program that execvp(3) would run; for a script, its interpreter. */
enum nr_obstacle nr_program_look(const char *name, char ret_path[PATH_MAX]);

#endif /* NARU_TOOLS_PROGRAM_H */
