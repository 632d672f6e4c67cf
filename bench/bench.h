/* SPDX-License-Identifier: MIT */
#ifndef NARU_BENCH_H
#define NARU_BENCH_H

/*
 * bench/bench.h - what a contender is, and the benchmark itself
 *
 * A contender is one way to move messages between processes. The parent creates
 * a channel and forks; each child opens an end of it and sends or receives; when
 * all have ended, or were killed, the parent removes the channel. Functions
 * return 0 or a count, or a negative errno value.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a run wants of its channel. Valid until the channel is removed. */
struct bench_plan {
	size_t message;	   /* bytes of the largest message */
	size_t capacity;   /* bytes under way, where that can be chosen */
	uint64_t messages; /* messages under way, where that can be chosen */
	unsigned senders;
	unsigned receivers;
	bool two_way;	 /* the receiver answers, the sender receives the answers */
	bool blocking;	 /* false: a call that would wait says -EAGAIN */
	bool connects;	 /* no messages: connections, made and closed */
	bool semaphores; /* no messages: two of them, the first 1, the second 0 */
};

enum bench_side { BENCH_SENDER, BENCH_RECEIVER };

enum bench_can {
	BENCH_CAN_BLOCK = 1 << 0,  /* wait without using the processor */
	BENCH_CAN_TRY = 1 << 1,	   /* say -EAGAIN instead of waiting */
	BENCH_CAN_SELECT = 1 << 2, /* receive by type */
	BENCH_CAN_BATCH = 1 << 3,
	BENCH_CAN_PLACE = 1 << 4,   /* claim and commit, take and release */
	BENCH_CAN_GATHER = 1 << 5,  /* several senders */
	BENCH_CAN_SHARE = 1 << 6,   /* several receivers, each message to one of them */
	BENCH_CAN_LIFE = 1 << 7,    /* a named queue that is created and removed */
	BENCH_CAN_OPERATE = 1 << 8, /* semaphores */
	BENCH_CAN_ATTACH = 1 << 9,  /* segments of shared memory */
	BENCH_CAN_CONNECT = 1 << 10,
	BENCH_CAN_NETWORK = 1 << 11, /* queues, through TCP */
};

/* A sender's or receiver's buffer has so many bytes before the message. */
#define BENCH_HEADROOM 64

/* Bytes that are said by who connects and talks. */
enum { BENCH_TALK = 64 };

struct contender {
	const char *name;
	unsigned can;	    /* of enum bench_can */
	const char *remark; /* what a reader of its figures must know, or NULL */
	const char *absent; /* why it was not compiled in, or NULL */

	/* NULL, or in a few words why it cannot run here. May be NULL itself. */
	const char *(*missing)(void);
	/* The largest message; larger ones are sent in pieces. NULL: no limit. */
	size_t (*message_max)(void);

	/* In the parent. What create made is gone after remove, always. */
	int (*create)(const struct bench_plan *plan, void **ret_channel);
	void (*remove)(void *channel);

	/* In a child. All receivers are open before the first sender opens. */
	int (*open)(void *channel, enum bench_side side, unsigned index, void **ret_end);
	void (*close)(void *end);

	/*
	 * @type is 0 unless it can BENCH_CAN_SELECT. receive gets a whole message
	 * into @size bytes, where byte streams read just that many.
	 */
	int (*send)(void *end, int64_t type, void *data, size_t length);
	ssize_t (*receive)(void *end, int64_t type, void *buffer, size_t size);

	/* @count messages of @length bytes, one after another; returns how many. */
	ssize_t (*send_batch)(void *end, void *data, size_t length, size_t count);
	ssize_t (*receive_batch)(void *end, void *buffer, size_t length, size_t count);

	/* In place; an end has at most one message in hand. */
	int (*claim)(void *end, size_t length, void **ret_data);
	int (*commit)(void *end);
	int (*take)(void *end, void **ret_data);
	int (*release)(void *end);

	/* Create another queue, send it one message, remove it. 0: its default size. */
	int (*life)(void *end, size_t capacity);

	/* Add @delta to a semaphore, and wait before if it would be below 0. */
	int (*operate)(void *end, unsigned semaphore, int delta, bool undo);

	/* Create a segment, attach, detach and remove it. */
	int (*segment)(void *end, size_t size);

	/*
	 * Connect to a listener of the channel's, accept, close both ends; before that
	 * 64 bytes there and back if @talk.
	 */
	int (*connect)(void *end, bool talk);

	/* It runs only where one of these (of enum bench_can) is needed; 0: anywhere. */
	unsigned only;
};

/* Those that need only libnaru and the kernel. */
extern const struct contender *const bench_core_contenders[];
extern const size_t bench_core_count;

/* The whole command; returns its exit status. */
int bench_main(int argc, char **argv, const struct contender *const *contenders,
	       size_t count);

#ifdef __cplusplus
}
#endif

#endif /* NARU_BENCH_H */
