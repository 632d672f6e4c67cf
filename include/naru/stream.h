/* SPDX-License-Identifier: MIT */
#ifndef NARU_STREAM_H
#define NARU_STREAM_H

/*
 * naru/stream.h - connections between processes: bytes, both ways, in order
 *
 * A server listens at a URL and accepts; a client connects to it; then both are the
 * same, and each reads what the other writes.
 *
 *	server:	listen -> accept ...		     } read, write, shutdown
 *	client:	connect				     } -> close
 *	copying:	write			       read
 *	in place:	reserve -> fill -> commit      peek -> use -> consume
 *
 * URLs:
 *
 *	local://NAME		of the space: 1 to NARU_NAME_MAX of [A-Za-z0-9._-]
 *	unix:///PATH		a Unix socket, which other programs may connect to, too
 *	tcp://HOST:PORT		HOST is a name, 192.0.2.1, or [2001:db8::1]; to listen
 *				also * (every address). PORT 0: any that is free.
 *	tls://HOST:PORT		TLS 1.3 over TCP
 *	fd://N			to listen only: the descriptor N, a stream socket of Unix
 *				or TCP that listens already, made by who started us; with
 *				a certificate in the options it speaks TLS. An ordinary
 *				socket: no shared memory.
 *
 * On one machine the bytes go through shared memory, and never enter the kernel: at
 * local:// always; at unix:// if both ends are naru's; at tcp:// if both ends are
 * naru's, in one network namespace, and use the same space. Otherwise, or where shared
 * memory cannot be had, it is an ordinary socket. naru_stream_stat() tells which. On a
 * socket nothing but the application's bytes is sent, so that the other end may be any
 * program.
 *
 * The end: the peer has closed the stream, or has died, in whichever way and at whatever
 * instruction: what it had written before comes first, all of it, then reads return 0
 * and writes -EPIPE. There is no SIGPIPE. A write may succeed although the peer died a
 * moment ago. What is written before a close arrives, also when nobody has accepted
 * yet. Over tls://, where an end without a word may be an attacker's doing, a death reads
 * as -ECONNRESET. So does, over tcp:// and tls://, that the other machine has not
 * been heard of for 25 seconds: when all is silent, it is asked whether it is there
 * (SO_KEEPALIVE after 10 s, then every 5 s, 3 times; TCP_USER_TIMEOUT 25 s).
 *
 * Handles: one thread may read a stream while another one writes to it; two that read,
 * or two that write, take turns. After fork(2), one of the two processes goes on with
 * the stream, and the other closes it, which leaves the connection as it is; over tls://
 * only the one that made it can go on. A listener belongs to one thread at a time.
 *
 * Every function that can wait has timeout_ms, and may also return -ETIMEDOUT, -EAGAIN
 * and -EINTR (see base.h). Every function that takes a stream may return
 *
 *	-EBADMSG	the peer has broken the rules of the shared memory. The stream
 *			cannot be used any more.
 *	-ECONNRESET	the network, or the peer, has broken the connection off
 */

#include <naru/base.h>
#include <naru/space.h>
#include <sys/types.h>
#include <sys/uio.h>

#ifdef __cplusplus
extern "C" {
#endif

struct naru_listener;
struct naru_stream;

enum naru_stream_flags {
	NARU_STREAM_PLAIN = 1 << 0, /* an ordinary socket, never shared memory. At
				       local:// it is for the client to choose. */
};

/* A field left zero takes its default. Declare with NARU_INIT. */
struct naru_stream_options {
	size_t size;	   /* sizeof(struct naru_stream_options) */
	uint32_t flags;	   /* of enum naru_stream_flags */
	uint32_t mode;	   /* listen: who may connect by a socket's file; default 0600 */
	uint32_t backlog;  /* listen: connections that wait to be accepted; default 512 */
	uint64_t capacity; /* connect: bytes under way in shared memory, each way; a power
			      of two is made of it; default 1 MiB, at most 2^30 */

	/* For tls://, names of PEM files. */
	const char *certificate; /* our own, and those between it and the authority's */
	const char *key;	 /* of our certificate */
	const char *authority;	 /* who must have signed the peer's; see below */
	const char *host;	 /* connect: whom the server's certificate must name;
				    default: the URL's HOST */
};

/*
 * Listen at @url.
 *
 * A socket's file appears when it can be connected to, and is removed by
 * naru_listener_close(). One that a dead process has left is replaced.
 *
 * tls: certificate and key must be given. If authority is, every client must show a
 * certificate that it has signed.
 *
 * @space	NULL for the default space
 * @options	NULL for all defaults
 *
 * -EADDRINUSE		somebody listens there
 * -EADDRNOTAVAIL	HOST is not an address of this machine, or has none
 * -EINVAL		@url is not one, or an option is out of range
 * -EACCES		no permission to make the file, or for that port
 * -EEXIST		unix: there is a file of that name that is no socket
 * -EBADF		fd: it is no stream socket that listens. Otherwise it belongs to
 *			the listener, and is closed with it.
 * -ELIBACC		tls: libnaru-tls.so cannot be loaded; the log says why
 * -EKEYREJECTED	tls: certificate or key cannot be used; the log says why
 */
NARU_API int naru_listen(struct naru_space *space, const char *url,
			 const struct naru_stream_options *options,
			 struct naru_listener **ret_listener);

/*
 * Stop listening. Connections that nobody has accepted are closed. Accepts NULL. Always
 * returns NULL.
 */
NARU_API struct naru_listener *naru_listener_close(struct naru_listener *listener);

/* Where it listens, with the real PORT. Valid until it is closed. */
NARU_API const char *naru_listener_url(struct naru_listener *listener);

/*
 * A descriptor for poll(2), select(2) and epoll(7), level-triggered: wait for POLLIN,
 * then naru_accept() with timeout_ms 0, which may say -EAGAIN: a client that has only
 * begun to connect makes it ready, too. It belongs to the listener.
 */
NARU_API int naru_listener_fd(struct naru_listener *listener);

/*
 * Take the next connection. Clients that give up, break the rules, or fail to prove who
 * they are meanwhile are passed over, and the log says so.
 *
 * -EMFILE, -ENFILE, -ENOMEM	the connection waits on; close something, and call again
 */
NARU_API int naru_accept(struct naru_listener *listener, int timeout_ms,
			 struct naru_stream **ret_stream);

/*
 * Connect to @url. It does not wait for the accept. The time that it takes to look up a
 * HOST that is a name is not bounded by @timeout_ms.
 *
 * tls: the server's certificate must be signed by the authority, by default one of those
 * that the system trusts, and must name the host.
 *
 * -ECONNREFUSED	nobody listens there
 * -ENOENT		no socket of that name; there is no such HOST
 * -EACCES		no permission
 * -EHOSTUNREACH, -ENETUNREACH	nobody answers
 * -EINVAL		@url is not one, or an option is out of range
 * -ELIBACC		tls: libnaru-tls.so cannot be loaded; the log says why
 * -EKEYEXPIRED		tls: the server's certificate is not valid now
 * -EKEYREJECTED	tls: it is not signed by whom we trust, or is for another host,
 *			or our own cannot be used; the log says which
 * -EPROTO		tls: the peer refused us, or does not speak it; the log says more
 */
NARU_API int naru_connect(struct naru_space *space, const char *url,
			  const struct naru_stream_options *options, int timeout_ms,
			  struct naru_stream **ret_stream);

/*
 * Close this handle: the peer reads what we have written, then the end. Accepts NULL.
 * Always returns NULL.
 */
NARU_API struct naru_stream *naru_stream_close(struct naru_stream *stream);

/* Read what is there, at most @size bytes; waits for the first. 0: it is the end. */
NARU_API ssize_t naru_stream_read(struct naru_stream *stream, void *buffer, size_t size,
				  int timeout_ms);
NARU_API ssize_t naru_stream_readv(struct naru_stream *stream, const struct iovec *parts,
				   int count, int timeout_ms);

/*
 * Write @length bytes, and wait for room for all of them. Returns how many were written:
 * less than @length only if the time came, a signal handler ran or the connection ended
 * after the first of them; the next call says which. Over tls://, when a signal
 * handler ran, the last of it may leave only with the next call.
 *
 * -EPIPE	nobody will read it, or it comes after naru_stream_shutdown()
 * -ENOMEM	shared memory: the machine has no memory for the bytes
 * -EMFILE, -ENFILE	shared memory, which the first write makes: it takes a descriptor
 *			for a moment; close something, and call again
 */
NARU_API ssize_t naru_stream_write(struct naru_stream *stream, const void *data,
				   size_t length, int timeout_ms);
NARU_API ssize_t naru_stream_writev(struct naru_stream *stream, const struct iovec *parts,
				    int count, int timeout_ms);

/*
 * Get at least @least bytes of room to write to, in one piece. In shared memory it is
 * where the peer will read it. Nothing is sent before naru_stream_commit(); write no
 * other way meanwhile.
 *
 * @least	1 to the capacity
 *
 * Returns how many there are. -EMSGSIZE: @least is more than there can ever be.
 */
NARU_API ssize_t naru_stream_reserve(struct naru_stream *stream, size_t least,
				     int timeout_ms, void **ret_data);

/*
 * Send the first @length bytes of what is reserved; the rest is not reserved any more.
 * In shared memory it never waits. Returns as naru_stream_write().
 *
 * -EINVAL	so much is not reserved
 */
NARU_API ssize_t naru_stream_commit(struct naru_stream *stream, size_t length,
				    int timeout_ms);

/*
 * Look at the bytes that come next, at least @least of them and in one piece, without
 * taking them away. Valid until the next call that reads.
 *
 * @least	1 to the capacity
 *
 * Returns how many there are; less than @least only if the end comes before: 0 at the
 * end. -EMSGSIZE: @least is more than there can ever be.
 */
NARU_API ssize_t naru_stream_peek(struct naru_stream *stream, size_t least,
				  int timeout_ms, const void **ret_data);

/* Take away the first @length bytes that were seen. -EINVAL: they are not so many. */
NARU_API int naru_stream_consume(struct naru_stream *stream, size_t length);

/* No more will be written: the peer reads the end. Reading goes on. */
NARU_API int naru_stream_shutdown(struct naru_stream *stream);

/*
 * A descriptor for poll(2), select(2) and epoll(7), level-triggered: wait for POLLIN on
 * it, for NARU_WRITABLE too. It is ready when a read (write) would not wait, the end and
 * errors included. It belongs to the stream: do not read, write or close it. After it
 * says so, call with timeout_ms 0, which may say -EAGAIN all the same. Getting it costs
 * each call that changes the state a system call.
 *
 * @which	NARU_READABLE or NARU_WRITABLE
 *
 * Returns the descriptor.
 */
NARU_API int naru_stream_fd(struct naru_stream *stream, enum naru_poll which);

enum naru_transport {
	NARU_TRANSPORT_MEMORY = 1, /* shared memory */
	NARU_TRANSPORT_UNIX = 2,   /* a Unix socket */
	NARU_TRANSPORT_TCP = 3,
	NARU_TRANSPORT_TLS = 4,
};

struct naru_stream_stat {
	size_t size;	    /* sizeof(struct naru_stream_stat), set by the caller */
	uint32_t transport; /* of enum naru_transport */
	uint64_t capacity;  /* bytes that may be reserved or peeked at */
	uint64_t written;   /* bytes, by this handle */
	uint64_t read;	    /* bytes, by this handle */
	uint64_t readable;  /* bytes that are there, as far as this process can see */
	uint64_t sleeps;    /* times that a call had to sleep, in shared memory */
};

NARU_API int naru_stream_stat(struct naru_stream *stream,
			      struct naru_stream_stat *ret_stat);

/* Who is at the other end, as the kernel or its certificate says. */
struct naru_stream_peer {
	size_t size;	  /* sizeof(struct naru_stream_peer), set by the caller */
	int32_t pid;	  /* when it connected, or listened; 0: not on this machine */
	uint32_t uid;	  /* UINT32_MAX: not known */
	uint32_t gid;	  /* UINT32_MAX: not known */
	char address[64]; /* "192.0.2.1:7413"; "": not over the network */
	char name[256];	  /* tls: whom its certificate names; "": it has shown none */
};

NARU_API int naru_stream_peer(struct naru_stream *stream,
			      struct naru_stream_peer *ret_peer);

#ifdef __cplusplus
}
#endif

#endif /* NARU_STREAM_H */
