/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_LADEN_H
#define SUPPORT_LADEN_H

/*
 * support/laden.h - a queue's file with something of every kind in it
 *
 * Messages of several types rest in the store, in one block and in pieces; some are
 * claimed and taken, by this process and by one that is dead; some are in the ring,
 * inline and in blocks. The heap is in holes, and ends where a page of the file ends.
 */

#include <layout/queue.h>
#include <naru/queue.h>
#include <support/room.h>

enum laden_state {
	LADEN_WHOLE,
	LADEN_TORN,	/* the receivers' lock is of a dead one, in a change */
	LADEN_DOOMED,	/* ... who was freeing a message of pieces */
	LADEN_BUILDING, /* ... who was gathering pieces */
	LADEN_INTENT,	/* a dead one has committed, and not published */
	LADEN_STATES,
};

/* Types of messages. */
enum {
	LADEN_ALONE = 7,    /* one, in the store */
	LADEN_CHAINED = 5,  /* one, in pieces, in the store */
	LADEN_HELD = 11,    /* some in pieces */
	LADEN_QUEUED = 12,  /* one, in the ring, by a block */
	LADEN_NEVER = 9999, /* none */
};

#define LADEN_NAME  "q"
#define LADEN_KEPT  ".kept" /* another name of the file */
#define LADEN_LARGE 1100    /* bytes that go in pieces */

struct laden {
	struct room *room;
	int directory;	      /* of the room */
	int file;	      /* the queue's */
	unsigned char *bytes; /* of it */
	size_t size;
	unsigned char *sessions; /* the first of the file beside it */
	struct nr_queue_shared *shared;
	uint64_t ring, heap; /* where they are in the file */
	uint32_t granules;
	uint32_t dead; /* the peer that died */
	uint32_t live; /* this process */
	unsigned char *image[LADEN_STATES];
	unsigned char *sessions_image;
};

enum { LADEN_SESSIONS = 512 }; /* bytes of the other file that are restored */

void laden_open(struct laden *laden);
void laden_close(struct laden *laden);

/* Make the file what it is in that state. No handle of this process is open. */
void laden_restore(struct laden *laden, enum laden_state state);

struct nr_block_shared *laden_block(const struct laden *laden, uint32_t reference);
struct nr_record_shared *laden_record(const struct laden *laden, uint64_t position);

#endif /* SUPPORT_LADEN_H */
