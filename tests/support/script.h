/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_SCRIPT_H
#define SUPPORT_SCRIPT_H

/* support/script.h - a server that does not answer some requests, and others wrongly */

#include <naru/queue.h>
#include <support/impostor.h>

enum { SEEN = 64 };

/* What was asked, in its order, and what is to be answered. */
struct script {
	struct impostor impostor;
	struct naru_queue *queue;
	uint32_t flags; /* of the queue's options */
	uint16_t verb;	/* the first of these is not answered, */
	unsigned cuts;	/* nor so many in all; */
	int error;	/* then this is the answer; 0: the right one */
	unsigned errors;
	uint32_t frame_max; /* of those who connect again; 0: as before */
	int brings;	    /* messages of the first TAKE, and of the repetition */
	int brings_again;
	int releases; /* of each RELEASE; 0: all */

	_Atomic unsigned count;
	struct {
		uint16_t verb;
		uint64_t number; /* or delivery */
	} seen[SEEN];
};

/* Open the queue, and then play. */
void script_begin(struct script *script);
void script_end(struct script *script);

/* How many requests there were of that kind; the number of the nth, from 0 on. */
unsigned script_count(const struct script *script, uint16_t verb);
uint64_t script_number(const struct script *script, uint16_t verb, unsigned nth);

#endif /* SUPPORT_SCRIPT_H */
