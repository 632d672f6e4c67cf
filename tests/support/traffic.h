/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_TRAFFIC_H
#define SUPPORT_TRAFFIC_H

/*
 * support/traffic.h - senders and receivers that do everything there is to do, at
 * random, and keep a ledger of it
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <support/ledger.h>
#include <support/shape.h>

enum { TRAFFIC_BATCH = 4 };

/* What a worker is at, in shared memory: who outlives it looks what it was. */
struct traffic_worker {
	struct ledger *ledger;
	struct naru_queue *queue;
	uint64_t seed;
	bool waits_for_ever; /* else no call of its waits longer than some ms */
	_Atomic bool *stop;

	_Atomic uint64_t batch_first; /* a sender in a call that sends these */
	_Atomic uint64_t batch_count;
	_Atomic uint64_t receiving; /* a receiver in a call for so many */
	_Atomic uint64_t releasing; /* of this message, number + 1 */
	_Alignas(16) unsigned char buffer[TRAFFIC_BATCH][SHAPE_LONGEST];
};

/* A message of this type is nobody's; it only wakes. */
#define TRAFFIC_WAKE (INT64_C(1) << 62)

/* Until *stop. */
void traffic_send(struct traffic_worker *worker);
void traffic_receive(struct traffic_worker *worker);

/* The worker was killed: note what may or may not have happened. */
void traffic_bury(struct traffic_worker *worker);

/* Receive all there is, in the end. */
void traffic_drain(struct traffic_worker *worker);

#endif /* SUPPORT_TRAFFIC_H */
