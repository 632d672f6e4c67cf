/* SPDX-License-Identifier: MIT */

#include <stream/connect.h>

#include <base/atomic.h>
#include <base/log.h>
#include <errno.h>
#include <fcntl.h>
#include <space/space.h>
#include <stdio.h>
#include <stream/address.h>
#include <stream/door.h>
#include <stream/handle.h>
#include <stream/listener.h>
#include <stream/options.h>
#include <stream/plain.h>
#include <stream/tls.h>
#include <sys/file.h>
#include <sys/sockets.h>

struct connecting {
	struct naru_space *space;
	struct nr_url url;
	struct naru_stream_options options;
	struct nr_deadline deadline;
	_Atomic int *socket; /* stream/connect.h */
};

/* It waits with this one; -1: with none. */
static void wait_with(const struct connecting *connecting, int fd)
{
	nr_store_relaxed(connecting->socket, fd);
}

/* 0 is long past: who may not wait gets a moment all the same, where it is needed. */
static uint64_t until(struct connecting *connecting)
{
	return connecting->deadline.timeout_ms == 0
		       ? 0
		       : nr_deadline_until(&connecting->deadline);
}

/* Say hello at a socket that is naru's own. @fd becomes the stream's, always. */
static int introduce(const struct connecting *connecting, int fd,
		     struct naru_stream **ret_stream)
{
	struct nr_memory memory = {0};
	struct naru_stream *stream;
	int r;

	/* Where there is no such memory, the socket is enough. */
	if (!(connecting->options.flags & NARU_STREAM_PLAIN) && nr_memory_exists())
		nr_memory_open(&memory, connecting->options.capacity, NR_STREAM_CLIENT,
			       fd);
	wait_with(connecting, fd);
	r = nr_memory_say_hello(&memory, fd);
	wait_with(connecting, -1);
	if (r < 0) {
		nr_file_close(fd);
		return r == -EPIPE || r == -ECONNRESET ? -ECONNREFUSED : r;
	}
	r = nr_stream_open(
		fd, memory.capacity ? &nr_transport_memory : &nr_transport_unix, &stream);
	if (r < 0)
		return r;
	stream->memory = memory;
	*ret_stream = stream;
	return 0;
}

static int connect_local(struct connecting *connecting, struct naru_stream **ret_stream)
{
	char name[NARU_NAME_MAX + 8];
	int r = nr_space_resolve(connecting->space, &connecting->space);

	if (r == 0)
		r = nr_space_directory(connecting->space);
	if (r < 0)
		return r;
	snprintf(name, sizeof(name), ".%s.sock", connecting->url.name);
	r = nr_door_connect(r, name, until(connecting), NULL);
	return r < 0 ? r : introduce(connecting, r, ret_stream);
}

/*
 * The companion of a Unix socket. It must be of the same user, or somebody could have
 * put it beside a socket that is not his, in a directory for all.
 */
static int connect_companion(struct connecting *connecting, int directory)
{
	char name[NARU_NAME_MAX + 32];
	struct stat stat, companion;
	int fd;

	if (connecting->options.flags & NARU_STREAM_PLAIN ||
	    nr_file_stat_at(directory, connecting->url.name, &stat) < 0 ||
	    !S_ISSOCK(stat.st_mode))
		return -ENOENT;
	nr_listener_companion(connecting->url.name, stat.st_ino, name, sizeof(name));
	fd = nr_door_connect(directory, name, until(connecting), &companion);
	if (fd >= 0 && companion.st_uid != stat.st_uid) {
		nr_file_close(fd);
		return -ENOENT;
	}
	return fd;
}

static int connect_unix(struct connecting *connecting, struct naru_stream **ret_stream)
{
	const struct nr_url *url = &connecting->url;
	int directory = nr_file_open(AT_FDCWD, url->directory, O_PATH | O_DIRECTORY, 0);
	int fd;

	if (directory < 0)
		return directory;
	fd = connect_companion(connecting, directory);
	if (fd >= 0) {
		nr_file_close(directory);
		return introduce(connecting, fd, ret_stream);
	}
	fd = nr_door_connect(directory, url->name, until(connecting), NULL);
	nr_file_close(directory);
	return fd < 0 ? fd : nr_stream_open(fd, &nr_transport_unix, ret_stream);
}

/* A listener of this machine, and of this space, without TCP. A descriptor. */
static int connect_shortcut(struct connecting *connecting,
			    const struct nr_address *address)
{
	char names[NR_SHORTCUTS][NR_SHORTCUT_NAME];
	int directory, count, fd = -ENOENT;

	if (connecting->options.flags & NARU_STREAM_PLAIN || !nr_address_is_own(address))
		return -ENOENT;
	directory = nr_space_resolve(connecting->space, &connecting->space);
	if (directory == 0)
		directory = nr_space_directory(connecting->space);
	if (directory < 0)
		return directory;
	count = nr_address_shortcuts(&address->socket, names);
	for (int i = 0; i < count && fd < 0; i++)
		fd = nr_door_connect(directory, names[i], until(connecting), NULL);
	return fd;
}

static int connect_tcp(struct connecting *connecting, const struct nr_address *address)
{
	int fd = nr_socket_open(address->socket.ss_family, SOCK_STREAM);
	int r;

	if (fd < 0)
		return fd;
	nr_stream_tune_tcp(fd);
	wait_with(connecting, fd);
	r = nr_socket_connect(fd, (const struct sockaddr *)&address->socket,
			      address->length, until(connecting));
	wait_with(connecting, -1);
	if (r < 0) {
		nr_file_close(fd);
		return r;
	}
	return fd;
}

static int shake(struct connecting *connecting, const struct nr_tls_module *module,
		 struct nr_tls_session *session, int fd)
{
	int r;

	while ((r = module->shake(session)) == -EAGAIN) {
		r = nr_plain_wait(fd, module->wants(session, false),
				  &connecting->deadline);
		if (r < 0)
			return r;
	}
	return r;
}

static int secure(struct connecting *connecting, int fd, struct naru_stream **ret_stream)
{
	const char *host = connecting->options.host ? connecting->options.host
						    : connecting->url.host;
	const struct nr_tls_module *module;
	struct nr_tls_context *context;
	struct nr_tls_session *session = NULL;
	int r = nr_tls_load(&module);

	if (r == 0)
		r = module->open(&connecting->options, false, nr_log, &context);
	if (r == 0) {
		r = module->begin(context, fd, host, &session);
		/* What the session needs of it, it holds. */
		module->close(context);
	}
	if (r == 0) {
		wait_with(connecting, fd);
		r = shake(connecting, module, session, fd);
		wait_with(connecting, -1);
	}
	if (r == 0)
		return nr_tls_stream(module, session, fd, ret_stream);
	if (session)
		module->end(session);
	nr_file_close(fd);
	return r;
}

static int connect_network(struct connecting *connecting, struct naru_stream **ret_stream)
{
	struct nr_address addresses[NR_ADDRESSES];
	bool tls = connecting->url.scheme == NR_URL_TLS;
	int count = nr_address_find(&connecting->url, false, addresses);
	int fd = count < 0 ? count : -ENOENT;

	for (int i = 0; i < count; i++) {
		fd = tls ? -ENOENT : connect_shortcut(connecting, &addresses[i]);
		if (fd >= 0)
			return introduce(connecting, fd, ret_stream);
		fd = connect_tcp(connecting, &addresses[i]);
		if (fd >= 0)
			return tls ? secure(connecting, fd, ret_stream)
				   : nr_stream_open(fd, &nr_transport_tcp, ret_stream);
		if (fd == -EINTR || fd == -ETIMEDOUT)
			break;
	}
	return fd;
}

int nr_connect(struct naru_space *space, const char *url,
	       const struct naru_stream_options *options, int timeout_ms,
	       _Atomic int *socket, struct naru_stream **ret_stream)
{
	struct connecting connecting = {
		.space = space,
		.deadline = nr_deadline_in(timeout_ms),
		.socket = socket,
	};
	int r = nr_stream_options(options, &connecting.options);

	if (r == 0)
		r = nr_url_parse(url, &connecting.url);
	if (r < 0)
		return r;
	switch (connecting.url.scheme) {
	case NR_URL_LOCAL:
		r = connect_local(&connecting, ret_stream);
		break;
	case NR_URL_UNIX:
		r = connect_unix(&connecting, ret_stream);
		break;
	case NR_URL_FD:
		r = -EINVAL;
		break;
	default:
		r = connect_network(&connecting, ret_stream);
	}
	return r == -ETIMEDOUT ? nr_deadline_error(&connecting.deadline) : r;
}

int naru_connect(struct naru_space *space, const char *url,
		 const struct naru_stream_options *options, int timeout_ms,
		 struct naru_stream **ret_stream)
{
	_Atomic int ignored = -1;

	return nr_connect(space, url, options, timeout_ms, &ignored, ret_stream);
}
