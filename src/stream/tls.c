/* SPDX-License-Identifier: MIT */

#include <stream/tls.h>

#include <base/log.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <stream/handle.h>
#include <stream/plain.h>
#include <sys/poller.h>
#include <sys/process.h>

#define MODULE "libnaru-tls.so.0"

/* Where to look for the module, and for nothing else: for tests, and odd places. */
#define DIRECTORY "NARU_MODULES"

enum { CAREFUL = 8192 }; /* bytes of a record that must fit */

/* So long may a full socket keep a stream from ending. */
enum { LINGER_MS = 1000 };

static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static const struct nr_tls_module *loaded;

static void *open_in(const char *directory)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", directory, MODULE) >= (int)sizeof(path))
		return NULL;
	return dlopen(path, RTLD_NOW | RTLD_LOCAL);
}

static void *open_library(void)
{
	const char *directory = secure_getenv(DIRECTORY);
	void *library;

	if (directory && directory[0])
		return open_in(directory);
	library = dlopen(MODULE, RTLD_NOW | RTLD_LOCAL);
	/* A directory that the linker does not search, but we were installed in. */
	return library ? library : open_in(NARU_LIBDIR);
}

static int load(void)
{
	void *library = open_library();
	const struct nr_tls_module *module =
		library ? dlsym(library, NR_TLS_SYMBOL) : NULL;

	if (!module) {
		const char *why = dlerror();

		nr_log("tls needs %s, which is not installed: %s", MODULE,
		       why ? why : "it cannot be loaded");
		return -ELIBACC;
	}
	if (module->version != NR_TLS_VERSION) {
		nr_log("tls needs %s of this version of naru, not of another", MODULE);
		return -ELIBACC;
	}
	loaded = module;
	return 0;
}

int nr_tls_load(const struct nr_tls_module **ret_module)
{
	int saved = errno, r = 0;

	pthread_mutex_lock(&guard);
	if (!loaded)
		r = load();
	if (r == 0)
		*ret_module = loaded;
	pthread_mutex_unlock(&guard);
	errno = saved;
	return r;
}

int nr_tls_stream(const struct nr_tls_module *module, struct nr_tls_session *session,
		  int fd, struct naru_stream **ret_stream)
{
	int r = nr_stream_open(fd, &nr_transport_tls, ret_stream);

	if (r < 0) {
		module->end(session);
		return r;
	}
	(*ret_stream)->module = module;
	(*ret_stream)->session = session;
	(*ret_stream)->pid = nr_process_id();
	return 0;
}

static ssize_t read_part(struct naru_stream *stream, const struct iovec *part,
			 struct nr_deadline *deadline)
{
	for (;;) {
		ssize_t n = stream->module->read(stream->session, part->iov_base,
						 part->iov_len);
		int r;

		if (n != -EAGAIN) {
			stream->over = n <= 0;
			return n < 0 ? nr_plain_error(n) : n;
		}
		r = nr_plain_wait(stream->fd,
				  stream->module->wants(stream->session, true), deadline);
		if (r < 0)
			return r;
	}
}

static ssize_t tls_read(struct naru_stream *stream, const struct iovec *parts, int count,
			struct nr_deadline *deadline)
{
	struct nr_deadline at_once = nr_deadline_in(0);
	ssize_t done = 0;

	for (int i = 0; i < count; i++) {
		ssize_t n;

		if (parts[i].iov_len == 0)
			continue;
		n = (ssize_t)nr_buffer_take(&stream->in, parts[i].iov_base,
					    parts[i].iov_len);
		if (n == 0)
			n = read_part(stream, &parts[i], done > 0 ? &at_once : deadline);
		if (n <= 0)
			return done > 0 ? done : n;
		done += n;
		if ((size_t)n < parts[i].iov_len)
			break;
	}
	return done;
}

static int wait_to_write(struct naru_stream *stream, struct nr_deadline *deadline)
{
	/* TLS 1.3 never reads in order to write. */
	return nr_plain_wait(stream->fd, POLLOUT, deadline);
}

/*
 * A record that the socket takes only half of cannot be taken back. Who waits for ever
 * waits for its end. For others there is none unless the socket has room for all of it:
 * when it says POLLOUT, a third of its buffer is free.
 */
static ssize_t write_record(struct naru_stream *stream, const void *data, size_t length,
			    const struct nr_deadline *deadline)
{
	struct pollfd socket = {.fd = stream->fd, .events = POLLOUT};

	if (deadline->timeout_ms >= 0) {
		if (nr_poll_descriptors(&socket, 1, 0) == 0)
			return -EAGAIN;
		if (length > CAREFUL)
			length = CAREFUL;
	}
	return stream->module->write(stream->session, data, length);
}

static ssize_t write_part(struct naru_stream *stream, const struct iovec *part,
			  struct nr_deadline *deadline)
{
	size_t done = 0;

	while (done < part->iov_len) {
		ssize_t n = write_record(stream, (char *)part->iov_base + done,
					 part->iov_len - done, deadline);

		if (n == -EAGAIN)
			n = wait_to_write(stream, deadline);
		else if (n < 0)
			n = nr_plain_error(n);
		if (n < 0)
			return done > 0 ? (ssize_t)done : n;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

static ssize_t tls_write(struct naru_stream *stream, const struct iovec *parts, int count,
			 struct nr_deadline *deadline)
{
	ssize_t done = 0;

	for (int i = 0; i < count; i++) {
		ssize_t n = write_part(stream, &parts[i], deadline);

		if (n < 0)
			return done > 0 ? done : n;
		done += n;
		if ((size_t)n < parts[i].iov_len)
			break;
	}
	while (stream->module->flush(stream->session) == -EAGAIN &&
	       wait_to_write(stream, deadline) == 0)
		;
	return done;
}

/* The peer must be told, or it takes the end for an accident. */
static int tls_end(struct naru_stream *stream)
{
	/* Who polls must not be kept waiting by a peer that does not read. */
	bool polls = nr_gauge_is_open(&stream->readable);
	struct nr_deadline deadline = nr_deadline_in(polls ? 0 : LINGER_MS);
	int r;

	while ((r = stream->module->shut(stream->session)) == -EAGAIN) {
		r = nr_plain_wait(stream->fd, POLLOUT, &deadline);
		if (r < 0 && r != -EINTR)
			break;
	}
	return r;
}

static int tls_settle(struct naru_stream *stream, enum naru_poll which)
{
	size_t buffered =
		nr_buffer_used(&stream->in) + stream->module->pending(stream->session);

	/* Unlike a socket's, the end of TLS is a record, and is read only once. */
	return nr_plain_settle(stream, which, buffered + stream->over);
}

static uint64_t tls_readable(struct naru_stream *stream)
{
	return nr_buffer_used(&stream->in) + stream->module->pending(stream->session);
}

static void tls_close(struct naru_stream *stream)
{
	if (!stream->ended && stream->pid == nr_process_id())
		tls_end(stream);
	stream->module->end(stream->session);
}

const struct nr_transport nr_transport_tls = {
	.kind = NARU_TRANSPORT_TLS,
	.read = tls_read,
	.write = tls_write,
	.end = tls_end,
	.settle = tls_settle,
	.readable = tls_readable,
	.close = tls_close,
};
