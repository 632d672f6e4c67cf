/* SPDX-License-Identifier: MIT */
#ifndef NARU_TOOLS_OBJECT_H
#define NARU_TOOLS_OBJECT_H

/*
 * tools/object.h - names in a space, and what is wrong with one
 *
 * @kind is what it should have been the name of: "queue" or "segment".
 */

#include <tools/command.h>

bool nr_is_name(const char *name);

/* The same; says what a name is if it is none. All of these return an exit status. */
int nr_check_name(const char *name, const char *kind);

/* The file, or the space's directory, does not let us. */
int nr_object_denied(struct nr_tool *tool, const char *name, const char *kind);

/* It is something else, or damaged: which? */
int nr_object_unfit(struct nr_tool *tool, const char *name, const char *kind);

#endif /* NARU_TOOLS_OBJECT_H */
