/* SPDX-License-Identifier: MIT */
#ifndef NARU_SERVER_EXPLAIN_H
#define NARU_SERVER_EXPLAIN_H

/* server/explain.h - errors in words, for who runs a server, or naru listen */

/* Why naru_listen() has failed; it is said of the URL. */
const char *nr_listen_error_text(int error);

#endif /* NARU_SERVER_EXPLAIN_H */
