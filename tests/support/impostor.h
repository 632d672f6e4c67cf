/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_IMPOSTOR_H
#define SUPPORT_IMPOSTOR_H

/*
 * support/impostor.h - a server of queues that has none, and answers what it likes
 *
 * It knows how a right answer looks, and spoils some of them: so that clients get far.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

enum { IMPOSTOR_CLIENTS = 16 };

struct impostor {
	int listener;
	int wake[2];
	char url[64];
	uint64_t seed;
	_Atomic unsigned spoils; /* of 100 answers; 0: none */
	_Atomic unsigned long spoilt, answered;
	int client[IMPOSTOR_CLIENTS]; /* -1: none */
	atomic_bool ends;
	pthread_t thread;
};

void impostor_start(struct impostor *impostor, uint64_t seed);
void impostor_stop(struct impostor *impostor);

#endif /* SUPPORT_IMPOSTOR_H */
