/* SPDX-License-Identifier: MIT */
#ifndef NARU_BASE_H
#define NARU_BASE_H

/*
 * naru/base.h - what every part of naru shares
 *
 * Errors: unless a comment says otherwise a function returns 0 or a count, or a
 * negative errno value; it leaves errno alone and writes its ret_ parameters
 * only on success. An error number means the same thing everywhere:
 *
 *	-EAGAIN		 it would have to wait, and timeout_ms is 0
 *	-ETIMEDOUT	 timeout_ms passed
 *	-EINTR		 a signal handler ran while it waited
 *	-EMSGSIZE	 the message is larger than the queue, or than the buffer
 *	-EIDRM		 the object was removed while it was in use
 *	-EOWNERDEAD	 the previous holder died
 *	-ENOTRECOVERABLE somebody found what it left beyond repair
 *	-EBADMSG	 the shared memory breaks its invariants: a peer is broken
 *			 or hostile, or the file is damaged
 *	-EPROTONOSUPPORT the object has a layout this version does not speak
 *	-E2BIG		 an options struct sets a field this version does not know
 *	-EINVAL		 an argument is out of its range
 *	-EUSERS		 too many processes share the space (4095)
 *	-EPIPE		 a stream's other end is closed
 *	-ECONNRESET	 a stream's connection was broken off
 *	-ECONNREFUSED	 nobody serves, or listens, there
 *	-ESTALE		 what was taken has gone back: its server was started again,
 *			 or has not heard of us for too long
 *	-EOPNOTSUPP	 not with a queue, or a space, that a server has
 *	-EKEYREJECTED	 a certificate, or its key, is not good for this
 *	-EKEYEXPIRED	 a certificate is not valid now
 *
 * Timeouts: int timeout_ms as of poll(2): -1 waits for ever, 0 never waits,
 * n waits n milliseconds of CLOCK_MONOTONIC, waiting for locks included. A lock
 * that somebody holds just now is waited for by a call with 0 too, for 20 ms at
 * most; calls without a timeout wait for one up to a second, then say -EAGAIN.
 *
 * Signals: nothing here is async-signal-safe: do not call naru from a handler. No
 * call is a cancellation point: a thread that waits in one is cancelled
 * (pthread_cancel(3)) when the call has returned. Do not cancel it asynchronously.
 */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NARU_API __attribute__((visibility("default")))

#define NARU_VERSION_MAJOR 0
#define NARU_VERSION_MINOR 1
#define NARU_VERSION_PATCH 0
#define NARU_VERSION	   "0.1.0"

/* Bytes of an object's name: 1 to this many of [A-Za-z0-9._-], no leading dot. */
#define NARU_NAME_MAX 200

/*
 * Declares nothing, only initializes: .size is right and all else is zero.
 *
 *	struct naru_queue_options options = NARU_INIT(options, .mode = 0660);
 */
#define NARU_INIT(object, ...)                                                           \
	{                                                                                \
		.size = sizeof(object), __VA_ARGS__                                      \
	}

/* What the options of every object have in common. */
enum naru_open_flags {
	NARU_CREATE = 1 << 0,	 /* open: create it if it is not there */
	NARU_SET_OWNER = 1 << 1, /* give it to .owner (needs CAP_CHOWN) */
	NARU_SET_GROUP = 1 << 2, /* give it to .group */
};

/* What a descriptor for poll(2) tells of a queue or a stream. */
enum naru_poll {
	NARU_READABLE = 1,
	NARU_WRITABLE = 2,
};

/* The version of the library that runs, such as "0.1.0". Static storage. */
NARU_API const char *naru_version(void);

/*
 * One sentence in plain words for an error that naru returned, such as "the
 * queue was removed while it was in use". @error may be negative or positive.
 * Static storage; for numbers without a meaning of naru's own it is libc's text.
 */
NARU_API const char *naru_error_text(int error);

/*
 * The library never prints. What a user may want to know (a dead process's
 * work was repaired, an object is damaged) goes to one hook of the process.
 *
 * @log		called with a line without newline, from any thread, possibly with
 *		a lock of naru's held: it must not call naru. NULL: silence, the
 *		default.
 * @data	passed through
 */
typedef void (*naru_log_function)(void *data, const char *line);
NARU_API void naru_set_log(naru_log_function log, void *data);

#ifdef __cplusplus
}
#endif

#endif /* NARU_BASE_H */
