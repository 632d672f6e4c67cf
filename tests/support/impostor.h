/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_IMPOSTOR_H
#define SUPPORT_IMPOSTOR_H

/*
 * support/impostor.h - a server of queues that has none, and answers what it likes
 *
 * It knows how a right answer looks, and spoils some of them: so that clients get far.
 */

#include <layout/wire.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { IMPOSTOR_CLIENTS = 16, IMPOSTOR_BODY = 1 << 16 };

/* As it is sent: the body follows at once. */
struct impostor_answer {
	struct nr_wire_frame frame;
	unsigned char body[IMPOSTOR_BODY];
};

struct impostor {
	int listener;
	int wake[2];
	char url[64];
	uint64_t seed;
	_Atomic unsigned spoils; /* of 100 answers; 0: none */
	_Atomic unsigned long spoilt, answered;
	/*
	 * NULL; or called in its thread with the answer that would be right, to make it
	 * another one. False: the connection ends instead.
	 */
	bool (*_Atomic meddle)(struct impostor *impostor,
			       const struct nr_wire_frame *request,
			       const unsigned char *body, struct impostor_answer *answer);
	void *data;  /* of the one who meddles */
	bool floods; /* who meddles: this answer is said until nobody listens any more */
	int client[IMPOSTOR_CLIENTS]; /* -1: none */
	atomic_bool ends;
	pthread_t thread;
};

void impostor_start(struct impostor *impostor, uint64_t seed);
void impostor_stop(struct impostor *impostor);

/* For who meddles: the answer becomes an error; has no body; has one item more. */
void impostor_fail(struct impostor_answer *answer, int error);
void impostor_clear(struct impostor_answer *answer);
void impostor_add_item(struct impostor_answer *answer, uint64_t room);

#endif /* SUPPORT_IMPOSTOR_H */
