/* SPDX-License-Identifier: MIT */
#ifndef NARU_TOOLS_OPTIONS_H
#define NARU_TOOLS_OPTIONS_H

#include <tools/command.h>

/*
 * Read the options of @argv into @ret_values, the struct that the offsets in
 * command->options mean. --help and --space are known to every command.
 *
 * Returns the index of the first argument that is no option, which is at least
 * 1 (all arguments are behind it); else the command ends now, with the negated
 * return as its status, and whatever there is to say has been said.
 */
int nr_options_parse(struct nr_tool *tool, const struct nr_command *command, int argc,
		     char **argv, void *ret_values);

#endif /* NARU_TOOLS_OPTIONS_H */
