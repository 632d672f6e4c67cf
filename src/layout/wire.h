/* SPDX-License-Identifier: MIT */
#ifndef NARU_LAYOUT_WIRE_H
#define NARU_LAYOUT_WIRE_H

/*
 * layout/wire.h - what a client and the server of queues say to each other
 *
 * Both ends write frames into a stream (naru/stream.h), and nothing else. Numbers are
 * little-endian. docs/design/wire.md tells the order of events and gives the reasons.
 *
 *	  0  length   u32  bytes after these 16; a multiple of 8, at most frame_max
 *	  4  verb     u16  enum nr_wire_verb; of an answer: with NR_WIRE_ANSWER
 *	  6  flags    u16  enum nr_wire_flags
 *	  8  value    i32  request: timeout_ms. Answer: 0, a count, or -errno
 *	 12  serial   u32  of the request; its answer repeats it
 *	 16  body     struct nr_wire_<verb>, and what is said there
 *
 * An answer whose value is negative (Linux's numbers) has as its body the reason in
 * words, in UTF-8, padded with zeros; it may be empty.
 *
 * A client may send further requests before it has an answer; they are worked off in
 * order, one after the other. Only CANCEL overtakes the one that waits.
 *
 * Versions: HELLO names the lowest and the highest that the client speaks, the answer
 * the one that both will. Within a version no field changes its meaning; an unknown verb
 * is answered with -EOPNOTSUPP, an unknown flag with -EINVAL, so that it can be tried.
 */

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#define NR_WIRE_MAGIC	   UINT32_C(0x7572616e) /* "naru" */
#define NR_WIRE_VERSION	   1u
#define NR_WIRE_ANSWER	   0x8000u
#define NR_WIRE_FRAME_MIN  4096u /* frame_max before HELLO was answered */
#define NR_WIRE_BATCH_MAX  4096u /* messages of one frame */
#define NR_WIRE_LANES	   1024u /* connections of one session */
#define NR_WIRE_LANE_SHIFT 40	 /* deliveries: lane << 40 | counted up from 1 */

enum nr_wire_verb {
	NR_WIRE_HELLO = 1,
	NR_WIRE_BYE = 2, /* no answer; what the session holds goes back at once */
	NR_WIRE_OPEN = 3,
	NR_WIRE_REMOVE = 4,
	NR_WIRE_LIST = 5,
	NR_WIRE_SPACE = 6,
	NR_WIRE_SEND = 7,
	NR_WIRE_TAKE = 8,
	NR_WIRE_RELEASE = 9,
	NR_WIRE_GIVE_BACK = 10,
	NR_WIRE_LOOK = 11,
	NR_WIRE_STAT = 12,
	NR_WIRE_SET = 13,
	NR_WIRE_WATCH = 14,
	NR_WIRE_CANCEL = 15, /* no answer; its serial: of the request that is to end */
};

enum nr_wire_flags {
	NR_WIRE_QUIET = 1 << 0,	 /* SEND: answered only if it fails. TAKE: what is sent is
				    released, without waiting for RELEASE */
	NR_WIRE_MORE = 1 << 1,	 /* answer: another one to the same request follows */
	NR_WIRE_EXCEPT = 1 << 2, /* TAKE: NARU_EXCEPT */
	NR_WIRE_TRUNCATE = 1 << 3,  /* TAKE, LOOK: NARU_TRUNCATE */
	NR_WIRE_CREATE = 1 << 4,    /* OPEN: make it if it is not there */
	NR_WIRE_EXCLUSIVE = 1 << 5, /* OPEN: with CREATE, only if it is not there */
	NR_WIRE_OWNER = 1 << 6,	    /* OPEN, SET: owner is valid */
	NR_WIRE_GROUP = 1 << 7,	    /* OPEN, SET: group is valid */
	NR_WIRE_NEXT = 1 << 8,	    /* WATCH: not before something has come (gone) anew */
};

struct nr_wire_frame {
	uint32_t length;
	uint16_t verb;
	uint16_t flags;
	int32_t value;
	uint32_t serial;
};

/*
 * The first request. A session is one handle of a client's queue, or of its space; it is
 * chosen at random and lives on when its connections break. A lane is one of its
 * connections: a second one of the same lane takes the place of the first.
 */
struct nr_wire_hello {
	uint32_t magic;
	uint16_t lowest;
	uint16_t highest;
	uint64_t session[2]; /* not both 0 */
	uint32_t lane;	     /* below NR_WIRE_LANES */
	uint32_t unused;     /* 0 */
};

struct nr_wire_hello_answer {
	uint16_t version;
	uint16_t unused;
	uint32_t frame_max;   /* length of a frame, at most */
	uint64_t instance[2]; /* of the server; another one: it was restarted */
};

/* followed by the queue's name, of unpadded bytes, and zeros up to a multiple of 8 */
struct nr_wire_open {
	uint64_t capacity;
	uint64_t messages;
	uint32_t mode; /* 0, as in the options: the default */
	uint32_t owner;
	uint32_t group;
	uint32_t name_length;
};

struct nr_wire_open_answer {
	uint64_t capacity;
	uint64_t messages;
};

/* followed by the name as above */
struct nr_wire_remove {
	uint32_t name_length;
	uint32_t unused;
};

/* One of those of an answer to LIST; followed by the name as above. value: how many */
struct nr_wire_entry {
	uint64_t memory;
	uint32_t kind; /* enum naru_kind */
	uint32_t uid;
	uint32_t gid;
	uint32_t mode;
	uint32_t name_length;
	uint32_t unused;
};

/* Answer to SPACE: struct naru_space_stat. */
struct nr_wire_space_answer {
	uint64_t memory;
	uint64_t filesystem_size;
	uint64_t filesystem_free;
	uint32_t peers;
	uint32_t peers_stale;
	uint32_t peers_max;
	uint32_t objects;
};

/* followed by length bytes, and zeros up to a multiple of 8 */
struct nr_wire_item {
	int64_t type;
	uint64_t length;
};

/*
 * followed by count items. number: of the first; those behind it have the next ones. In a
 * lane numbers rise from 1 on, with gaps; the same ones again are the same messages, sent
 * again because no answer came. Answer, value: how many are in the queue, from the first
 * on. With QUIET number is not looked at: what is sent again is there twice; and the
 * server waits until all of the items are in the queue.
 */
struct nr_wire_send {
	uint64_t number;
	uint32_t count; /* 1 to NR_WIRE_BATCH_MAX */
	uint32_t unused;
};

/*
 * followed by count u64: the room for each message. deliveries: delivery, delivery + 1,
 * ...; the same delivery a second time: what it had brought is brought again, as long as
 * it is held. Only what was brought uses numbers up, and at their end they begin anew.
 * Answer: value messages, as items.
 */
struct nr_wire_take {
	uint64_t delivery;
	int64_t select;
	uint32_t count; /* 1 to NR_WIRE_BATCH_MAX */
	uint32_t unused;
};

/*
 * followed by count u64: deliveries of the session, of any lane. number: of the first, as
 * in SEND, but counted separately. Answer, value: how many are released, from the first
 * on; -ESTALE: the first has been given back.
 */
struct nr_wire_release {
	uint64_t number;
	uint32_t count; /* 1 to NR_WIRE_BATCH_MAX */
	uint32_t unused;
};

/* followed by length bytes, padded: the message as it is now. length 0: unchanged. */
struct nr_wire_give_back {
	uint64_t delivery;
	uint64_t length;
};

/* Answer: one item. */
struct nr_wire_look {
	uint64_t nth;
	uint64_t room;
};

/*
 * Answer to STAT: struct naru_queue_stat. Those who wait are also the requests that
 * wait in the server.
 */
struct nr_wire_stat_answer {
	uint64_t messages;
	uint64_t bytes;
	uint64_t capacity;
	uint64_t capacity_messages;
	uint64_t held_messages;
	uint64_t held_bytes;
	uint64_t sent;
	uint64_t received;
	int64_t last_send;
	int64_t last_receive;
	int64_t changed;
	uint64_t memory;
	uint32_t waiting_senders;
	uint32_t waiting_receivers;
	int32_t last_sender;
	int32_t last_receiver;
	uint32_t uid;
	uint32_t gid;
	uint32_t mode;
	uint32_t unused;
};

struct nr_wire_set {
	uint64_t capacity;
	uint64_t messages;
	uint32_t mode;
	uint32_t owner;
	uint32_t group;
	uint32_t unused;
};

/*
 * Answered when the queue is readable, or writable, as naru_queue_fd() means it. With
 * NEXT as naru_queue_rearm() does, and twice: at once with MORE, which says that whatever
 * happens from now on will be noticed, and without MORE when something has happened.
 */
struct nr_wire_watch {
	uint32_t which; /* enum naru_poll */
	uint32_t unused;
};

static_assert(sizeof(struct nr_wire_frame) == 16, "layout");
static_assert(offsetof(struct nr_wire_frame, serial) == 12, "layout");
static_assert(sizeof(struct nr_wire_hello) == 32, "layout");
static_assert(sizeof(struct nr_wire_hello_answer) == 24, "layout");
static_assert(sizeof(struct nr_wire_open) == 32, "layout");
static_assert(sizeof(struct nr_wire_open_answer) == 16, "layout");
static_assert(sizeof(struct nr_wire_remove) == 8, "layout");
static_assert(sizeof(struct nr_wire_entry) == 32, "layout");
static_assert(sizeof(struct nr_wire_space_answer) == 40, "layout");
static_assert(sizeof(struct nr_wire_item) == 16, "layout");
static_assert(sizeof(struct nr_wire_send) == 16, "layout");
static_assert(sizeof(struct nr_wire_take) == 24, "layout");
static_assert(sizeof(struct nr_wire_release) == 16, "layout");
static_assert(sizeof(struct nr_wire_give_back) == 16, "layout");
static_assert(sizeof(struct nr_wire_look) == 16, "layout");
static_assert(sizeof(struct nr_wire_stat_answer) == 128, "layout");
static_assert(sizeof(struct nr_wire_set) == 32, "layout");
static_assert(sizeof(struct nr_wire_watch) == 8, "layout");
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers are not converted yet");

#endif /* NARU_LAYOUT_WIRE_H */
