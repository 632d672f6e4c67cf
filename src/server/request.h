/* SPDX-License-Identifier: MIT */
#ifndef NARU_SERVER_REQUEST_H
#define NARU_SERVER_REQUEST_H

/*
 * server/request.h - what clients ask for
 *
 * One function a verb. It gets the body, whose length is in the connection's request and
 * is at least that of the verb's struct; it answers, and returns 0; or it has done
 * nothing that cannot be gone on with, and returns for what it has to wait.
 */

#include <server/connection.h>

/* "SEND"; NULL: there is no such verb. */
const char *nr_request_name(unsigned verb);

/* Work at the current request; answers, or lets it wait. */
void nr_request_handle(struct nr_connection *connection);

/* Try the one that waits again. True: it does not wait any more. */
bool nr_request_again(struct nr_connection *connection);

/* It ends without having been served: @error. */
void nr_request_end(struct nr_connection *connection, int error);

/* What a verb's function returns. */
enum {
	NR_ANSWERED = 0,
	NR_WAITS_TO_READ = NARU_READABLE,
	NR_WAITS_TO_WRITE = NARU_WRITABLE,
};

int nr_verb_hello(struct nr_connection *connection, const unsigned char *body);
int nr_verb_bye(struct nr_connection *connection, const unsigned char *body);
int nr_verb_open(struct nr_connection *connection, const unsigned char *body);
int nr_verb_remove(struct nr_connection *connection, const unsigned char *body);
int nr_verb_list(struct nr_connection *connection, const unsigned char *body);
int nr_verb_space(struct nr_connection *connection, const unsigned char *body);
int nr_verb_send(struct nr_connection *connection, const unsigned char *body);
int nr_verb_take(struct nr_connection *connection, const unsigned char *body);
int nr_verb_release(struct nr_connection *connection, const unsigned char *body);
int nr_verb_give_back(struct nr_connection *connection, const unsigned char *body);
int nr_verb_look(struct nr_connection *connection, const unsigned char *body);
int nr_verb_stat(struct nr_connection *connection, const unsigned char *body);
int nr_verb_set(struct nr_connection *connection, const unsigned char *body);
int nr_verb_watch(struct nr_connection *connection, const unsigned char *body);

/* A call on the connection's queue has failed: answer so. */
int nr_queue_error(struct nr_connection *connection, int error, const char *what);

#endif /* NARU_SERVER_REQUEST_H */
