/* SPDX-License-Identifier: MIT */
#ifndef NARU_TOOLS_AWAY_H
#define NARU_TOOLS_AWAY_H

/* tools/away.h - queues and spaces that a server has */

#include <tools/command.h>

/* Is @text the URL of a queue or of a space? */
bool nr_is_url(const char *text);

/* Is the queue @name a server's, by its name or by the space? */
bool nr_is_away(const struct nr_tool *tool, const char *name);

/* Where the queue @name is: a directory, or a URL. Valid until the next call. */
const char *nr_where(struct nr_tool *tool, const char *name);

/* What the server says of a failure, and what happens to the connection, is printed. */
void nr_away_begin(void);

/* As nr_space_failed(), of the server at @url. */
int nr_server_failed(const char *url, int error);

/* As nr_queue_failed(), of a queue that a server has. */
int nr_away_failed(struct nr_tool *tool, const char *name, int error);

#endif /* NARU_TOOLS_AWAY_H */
