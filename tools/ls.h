/* SPDX-License-Identifier: MIT */
#ifndef NARU_TOOLS_LS_H
#define NARU_TOOLS_LS_H

/* tools/ls.h - the parts of naru ls */

#include <tools/command.h>

/* Print the System V objects of the open space, as ipcs(1) does. An exit status. */
int nr_ls_sysv(struct nr_tool *tool);

#endif /* NARU_TOOLS_LS_H */
