/* SPDX-License-Identifier: MIT */
#ifndef NARU_QUEUE_H
#define NARU_QUEUE_H

/*
 * naru/queue.h - typed messages between processes
 *
 * A queue carries whole messages from any number of senders to any number of
 * receivers. A message is a type (a positive 64-bit number that the application
 * chooses) and 0 or more bytes. Each message goes to one receiver. Messages stay
 * in the queue when processes end; the queue stays until it is removed.
 *
 *	copying:   send                       receive
 *	in place:  claim -> fill -> commit    take -> use -> release
 *	                         | cancel                 | give_back
 *
 * Order: among the messages that one receive could take, the oldest comes
 * first; if one send returned before another began, its message is the older.
 *
 * Capacity: a queue holds so many bytes and so many messages, claimed and taken
 * ones included. A message may be as large as the capacity. When it is full,
 * senders wait. A message that nobody reads costs its own bytes, nothing else.
 *
 * Death: if a process dies at any instant of any call, every message whose send
 * had returned is there, once and in order; one whose send had not returned is
 * there wholly or not at all; a claim of the dead disappears; what the dead had
 * taken and not released is delivered again, in its old place. Nobody has to
 * do anything for it.
 *
 * Handles: a handle may be used by several threads at once, and by a child after
 * fork(2). Taken and claimed messages belong to the process, not to the thread;
 * a child has no part in those of its parent.
 *
 * Elsewhere: a name may be the URL of a queue that a server (naru serve) has, on this
 * machine or another; or the space may be that of a server (naru/space.h).
 *
 *	tcp://HOST:PORT/QUEUE	tls://HOST:PORT/QUEUE
 *	unix:///PATH#QUEUE	local://NAME#QUEUE, local://NAME/QUEUE
 *
 * All that is told here is so there, too: a send that returned has been put in, once; a
 * receive that returned was the only one; also when connections break, or the server is
 * killed and started again, meanwhile: calls connect again by themselves. But
 *
 *	time	to timeout_ms comes what the network needs: up to 5 seconds for an answer
 *		that is due, or for a connection. A call without a timeout takes as long
 *		at most; one that waits for ever waits for a server, too.
 *	-ECONNRESET, or why there is no connection (-ECONNREFUSED...)
 *		it could not be had in that time. -ECONNRESET: nobody knows whether the
 *		call was done. What a receive was about to bring comes with the next one.
 *	-ESTALE	naru_queue_release(): the message has gone back, since the server was
 *		started again, or has not heard of us for too long
 *	-EACCES, -EUSERS, -EMSGSIZE, -ENOBUFS
 *		the server does not let us; naru_set_log() has its words
 *	death	of a client gives back what it has taken, as soon as the server is sure of
 *		it: at once on one machine, else when it has not been heard of for 10
 *		seconds. naru_queue_close() gives it back at once.
 *	claims	are memory of the client: it is the commit that waits for room, as long as
 *		the claim was told; it may say -EAGAIN, -ETIMEDOUT, -EINTR, and the
 *		message stays claimed. Taken messages are copies; to give one back is to
 *		send it. Messages cross in whole frames: 64 MiB at most, by default.
 *	fd	is ready a moment later than the queue, and always when there is no
 *		connection. A child of fork asks for its own.
 *	create	whose connection breaks may say -EEXIST of its own queue
 *
 * Not there: naru_queue_send_once() and its kin (the server does that itself), segments,
 * naru_space_check(): -EOPNOTSUPP. Threads use a connection each while they call, up to
 * 1,024; a child of fork makes its own. TLS: naru/space.h.
 *
 * NARU_UNCONFIRMED in the options, ignored for a queue of this machine, is for who
 * prefers speed: a send returns when the network has taken the message, and its failure
 * is told by a later call, or by the log when the handle is closed (-ECONNRESET: some may
 * be lost). If it has taken only a part when the time is over, the message counts as
 * sent, and its rest goes when the handle says something to the server the next time, or
 * is closed; until then it is not in the queue. Sends of a handle stay in order; its
 * other calls do not wait for them, and may not see them yet. A receive fetches ahead,
 * and what was not received then is lost with the handle; one that says -ECONNRESET may
 * have lost some on their way. naru_queue_take() is as before.
 *
 * Lengths and capacities are bytes. Every function that can wait has timeout_ms,
 * and may also return -ETIMEDOUT, -EAGAIN and -EINTR (see base.h); every function
 * that takes a queue may return -EIDRM and -EBADMSG. Others are as listed.
 */

#include <naru/base.h>
#include <naru/space.h>

#ifdef __cplusplus
extern "C" {
#endif

struct naru_queue;

enum naru_queue_flags {
	NARU_UNCONFIRMED = 1 << 3, /* of a server's queue: see above */
};

/* A field left zero takes its default. Declare with NARU_INIT. */
struct naru_queue_options {
	size_t size;	   /* sizeof(struct naru_queue_options) */
	uint32_t flags;	   /* of enum naru_queue_flags, enum naru_open_flags */
	uint32_t mode;	   /* permission bits, umask not applied; default 0600 */
	uint64_t capacity; /* bytes; default 1 MiB, at least 1, at most 2^36 */
	uint64_t messages; /* default capacity / 128 + 16; at most 2^29, see below */
	uint32_t owner;	   /* only with NARU_SET_OWNER */
	uint32_t group;	   /* only with NARU_SET_GROUP */
};

/*
 * Create the queue @name, and open it. All its memory is reserved now: about
 * 1.4 times the capacity, 0.2 KiB a message, and a ring that messages travel through:
 * the power of two above the capacity, at least a page and at most 2 MiB. Capacity
 * and messages are limited together: capacity / 48 + 3 * messages < 2^31.
 *
 * @space	NULL for the default space
 * @name	1 to NARU_NAME_MAX bytes of [A-Za-z0-9._-], no leading dot; or a URL
 * @options	NULL for all defaults
 *
 * -EEXIST	there is one of that name
 * -EINVAL	@name or an option is out of range
 * -ENOSPC	the file system has no room for that capacity
 * -EACCES	no permission to write to the space
 */
NARU_API int naru_queue_create(struct naru_space *space, const char *name,
			       const struct naru_queue_options *options,
			       struct naru_queue **ret_queue);

/*
 * Open the queue @name; with NARU_CREATE in the options, create it with them if
 * it is not there (if it is, the options are not compared with it). Needs read
 * and write permission, for receivers as for senders.
 *
 * -ENOENT		there is none
 * -EACCES		no permission
 * -EBADMSG		the file is not a queue, or is damaged
 * -EPROTONOSUPPORT	it was made by another version of naru
 */
NARU_API int naru_queue_open(struct naru_space *space, const char *name,
			     const struct naru_queue_options *options,
			     struct naru_queue **ret_queue);

/*
 * Close this handle. The queue and its messages stay. What is claimed or taken
 * through the handle stays so until the process ends, or the space is closed, and is out
 * of reach: finish it first. No other thread may be in a call with this handle. Accepts
 * NULL. Always returns NULL: queue = naru_queue_close(queue).
 */
NARU_API struct naru_queue *naru_queue_close(struct naru_queue *queue);

/*
 * Remove the name, and with it the messages. Those who wait get -EIDRM at once,
 * other users of the queue at their next call; the memory goes with the last
 * handle. Needs write permission on the space.
 *
 * -ENOENT	there is none
 */
NARU_API int naru_queue_remove(struct naru_space *space, const char *name);

/*
 * Send a copy of @length bytes.
 *
 * @type	> 0
 *
 * -EMSGSIZE	@length is more than the queue's capacity
 * -EINVAL	@type is not positive
 */
NARU_API int naru_queue_send(struct naru_queue *queue, int64_t type, const void *data,
			     size_t length, int timeout_ms);

enum naru_receive_flags {
	NARU_EXCEPT = 1 << 0,	/* @select > 0: any type but that one */
	NARU_TRUNCATE = 1 << 1, /* cut a message that is larger than the buffer */
};

/*
 * Remove the oldest message that @select admits, and copy it to @buffer.
 *
 * @select	0: any message. t > 0: one of type t (with NARU_EXCEPT: of any
 *		other). t < 0: one of the lowest type that is there and <= -t.
 * @ret_type	may be NULL
 *
 * Returns the bytes copied.
 *
 * -EMSGSIZE	the message is larger than @size; it stays in the queue (with
 *		NARU_TRUNCATE: it is cut instead, and the rest is lost)
 */
NARU_API ssize_t naru_queue_receive(struct naru_queue *queue, int64_t select, int flags,
				    void *buffer, size_t size, int timeout_ms,
				    int64_t *ret_type);

/*
 * Copy the @nth oldest message (0: the oldest), and leave it in the queue. Costs
 * time in proportion to the messages that wait unless @nth is 0. The message may
 * be gone a moment later. Does not wait, except for locks.
 *
 * @flags	NARU_TRUNCATE or 0
 *
 * Returns the bytes copied.
 *
 * -ENOMSG	there are not so many messages
 * -EMSGSIZE	as of naru_queue_receive()
 */
NARU_API ssize_t naru_queue_look(struct naru_queue *queue, uint64_t nth, int flags,
				 void *buffer, size_t size, int64_t *ret_type);

/*
 * A message in the queue's own memory. The caller provides the struct; the
 * fields after data are naru's. It must not be copied, except by moving it.
 */
struct naru_message {
	int64_t type;
	size_t length; /* bytes at data */
	void *data;    /* aligned to 16 bytes */
	uint64_t private_[5];
};

/*
 * Reserve @length bytes, waiting for room as naru_queue_send() does. Fill
 * ret_message->data, then commit or cancel. It is nobody's message until then.
 */
NARU_API int naru_queue_claim(struct naru_queue *queue, int64_t type, size_t length,
			      int timeout_ms, struct naru_message *ret_message);

/*
 * Send the claimed message; its place in the order is that of the commit. Before
 * it, message->length may be lowered and message->type changed.
 *
 * -EINVAL	the length was raised, the type is not positive, or it is not a
 *		claimed message of this process. It stays claimed.
 */
NARU_API int naru_queue_commit(struct naru_queue *queue, struct naru_message *message);

/* Give the claimed bytes back. -EINVAL as of naru_queue_commit(). */
NARU_API int naru_queue_cancel(struct naru_queue *queue, struct naru_message *message);

/*
 * Take the oldest message that @select admits, without a copy. It is in the
 * queue's memory, counts for its capacity, and may be read and written until it
 * is released or given back. @select, @flags: as of naru_queue_receive() (without
 * NARU_TRUNCATE).
 */
NARU_API int naru_queue_take(struct naru_queue *queue, int64_t select, int flags,
			     int timeout_ms, struct naru_message *ret_message);

/* Remove the taken message. -EINVAL: it is not one that this process took. */
NARU_API int naru_queue_release(struct naru_queue *queue, struct naru_message *message);

/*
 * Put the taken message back in its old place, with its contents as they are
 * now, for others to receive. -EINVAL as of naru_queue_release().
 */
NARU_API int naru_queue_give_back(struct naru_queue *queue, struct naru_message *message);

/* One message of a batch. */
struct naru_item {
	int64_t type;
	void *data;    /* send: not written to */
	size_t length; /* bytes at data; receive: in, the room; out, the message */
};

/*
 * Send up to @count messages under one lock. Waits until the first fits, then
 * sends as many as fit; these become visible together: after a death, all of
 * them or none. It may stop earlier: before a message of more than 8 KiB (or a
 * quarter of the ring), which is sent alone, and where the ring is full. Call again.
 *
 * Returns how many were sent, from the first on: at least 1, 0 only if @count
 * is 0. Errors are about the first message; it is as if none had been tried.
 */
NARU_API ssize_t naru_queue_send_batch(struct naru_queue *queue,
				       const struct naru_item *items, size_t count,
				       int timeout_ms);

/*
 * Receive up to @count messages under one lock. Waits for the first, then takes
 * what is there without waiting. Stops before a message that is too large for
 * its item (-EMSGSIZE if that is the first). A message of more than 8 KiB may come
 * alone: call again.
 *
 * Returns how many were received: at least 1, 0 only if @count is 0.
 */
NARU_API ssize_t naru_queue_receive_batch(struct naru_queue *queue, int64_t select,
					  int flags, struct naru_item *items,
					  size_t count, int timeout_ms);

/*
 * A descriptor for poll(2), select(2) and epoll(7), level-triggered. Wait for
 * POLLIN on it, for NARU_WRITABLE too. It belongs to the handle: do not read,
 * write or close it. Getting it makes every send (or receive) that changes the
 * state do a system call, until the handle is closed. After it says so, call
 * with timeout_ms 0: another process may have been faster. What a dead process had
 * taken or claimed comes back when somebody calls: give poll a timeout. Once the queue
 * has been removed it stays ready, and the call says -EIDRM.
 *
 * @which	NARU_READABLE: there is a message; NARU_WRITABLE: neither limit is reached
 *
 * Returns the descriptor.
 */
NARU_API int naru_queue_fd(struct naru_queue *queue, enum naru_poll which);

/*
 * For edge-triggered polling (EPOLLET): from now on the descriptor becomes ready anew
 * with the next message that comes (NARU_WRITABLE: with the next one that goes), also if
 * it is ready already. So who wants a certain type, or much room, calls this, tries with
 * timeout_ms 0, and if that says -EAGAIN sleeps until something has changed. Other
 * pollers of the queue do not notice, but for being woken once too often.
 */
NARU_API int naru_queue_rearm(struct naru_queue *queue, enum naru_poll which);

/*
 * For sends and releases that may have to be repeated, since the process that asked for
 * them can have died, or have lost its connection, before it knew how they ended.
 *
 * The queue remembers for each session the number of its last message. It remembers 1,023
 * sessions in each direction, and forgets the one that was used least recently.
 */
struct naru_once {
	uint64_t session[2]; /* chosen at random (getrandom(2)); not both 0 */
	uint64_t number;   /* of the first message, from 1 on; rises from call to call */
	uint64_t private_; /* 0 at first, then left alone */
};

/*
 * As naru_queue_send_batch(), but of those items whose number (the first's is
 * once->number, the next one's one more) is not above the last of the session that has
 * been sent, nothing is done, and they count as sent. A message and its number are noted
 * in one step: whoever dies while he does it, both are there or none.
 *
 * Two threads or processes must not use one session at the same time.
 *
 * -ENOSPC	there is no room for the queue's memory of sessions (made on first use)
 */
NARU_API ssize_t naru_queue_send_once(struct naru_queue *queue, struct naru_once *once,
				      const struct naru_item *items, size_t count,
				      int timeout_ms);

/*
 * As naru_queue_release(); that it was done is noted, in the same step, as number of the
 * session. Sends and releases of a session are numbered separately.
 *
 * -EINVAL	also: once->number is not above the session's last
 * -EAGAIN	the queue's lock could not be had within a second
 */
NARU_API int naru_queue_release_once(struct naru_queue *queue, struct naru_once *once,
				     struct naru_message *message);

/*
 * The last numbers of the session that the queue remembers; 0: none. @ret_sent,
 * @ret_released: may be NULL.
 */
NARU_API int naru_queue_recall(struct naru_queue *queue, struct naru_once *once,
			       uint64_t *ret_sent, uint64_t *ret_released);

struct naru_queue_stat {
	size_t size;	   /* sizeof(struct naru_queue_stat), set by the caller */
	uint64_t messages; /* that wait to be received */
	uint64_t bytes;	   /* of these */
	uint64_t capacity; /* bytes */
	uint64_t capacity_messages;
	uint64_t held_messages; /* claimed or taken now */
	uint64_t held_bytes;
	uint64_t sent;	   /* messages since creation */
	uint64_t received; /* messages since creation */
	uint32_t waiting_senders;
	uint32_t waiting_receivers;
	int32_t last_sender;   /* pid in its own namespace; 0: none yet */
	int32_t last_receiver; /* pid in its own namespace; 0: none yet */
	int64_t last_send;     /* nanoseconds since the epoch, to about 4 ms; 0: never */
	int64_t last_receive;  /* nanoseconds since the epoch, to about 4 ms; 0: never */
	int64_t changed;       /* nanoseconds since the epoch: creation or last set */
	uint32_t uid;
	uint32_t gid;
	uint32_t mode;	 /* permission bits */
	uint64_t memory; /* bytes of the file */
};

NARU_API int naru_queue_stat(struct naru_queue *queue, struct naru_queue_stat *ret_stat);

/*
 * Change what is nonzero in @options: capacity, messages, mode; the owner and
 * the group by their flags. Growing reserves memory, for the ring, too. Shrinking below
 * what the queue holds loses nothing: senders wait until there is room again; the memory
 * stays reserved for a later growth.
 *
 * -ENOSPC	no room to grow
 * -EPERM	not the owner
 */
NARU_API int naru_queue_set(struct naru_queue *queue,
			    const struct naru_queue_options *options);

#ifdef __cplusplus
}
#endif

#endif /* NARU_QUEUE_H */
