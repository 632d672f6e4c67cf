/* SPDX-License-Identifier: MIT */

#include <stream/listener.h>

#include <base/log.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <space/space.h>
#include <stdio.h>
#include <stdlib.h>
#include <stream/options.h>
#include <stream/url.h>
#include <string.h>
#include <sys/file.h>
#include <sys/poller.h>

int nr_listener_add(struct naru_listener *listener, enum nr_source_kind kind, int fd)
{
	struct nr_source *source = &listener->sources[listener->source_count];
	int r = -ENOSPC;

	if (listener->source_count < NR_SOURCES)
		r = nr_poller_add(listener->poller, fd, EPOLLIN,
				  (uint64_t)listener->source_count);
	if (r < 0) {
		nr_file_close(fd);
		return r;
	}
	*source = (struct nr_source){.kind = kind, .fd = fd};
	listener->source_count++;
	return 0;
}

int nr_listener_add_door(struct naru_listener *listener, enum nr_source_kind kind,
			 int directory, const char *name)
{
	struct nr_source *source = &listener->sources[listener->source_count];
	struct nr_door door;
	int r;

	if (listener->source_count == NR_SOURCES)
		return -ENOSPC;
	r = nr_door_open(directory, name, listener->options.mode,
			 listener->options.backlog, &door);
	if (r < 0)
		return r;
	r = nr_poller_add(listener->poller, door.fd, EPOLLIN,
			  (uint64_t)listener->source_count);
	if (r < 0) {
		nr_door_close(&door);
		return r;
	}
	*source = (struct nr_source){
		.kind = kind, .fd = door.fd, .has_door = true, .door = door};
	listener->source_count++;
	return 0;
}

void nr_listener_companion(const char *name, uint64_t inode, char *ret_name, size_t size)
{
	snprintf(ret_name, size, ".%s-%" PRIx64 ".naru", name, inode);
}

static int open_local(struct naru_listener *listener, struct naru_space *space,
		      const struct nr_url *url)
{
	char name[NARU_NAME_MAX + 8];
	int r;

	if (listener->options.flags & NARU_STREAM_PLAIN)
		return -EINVAL;
	r = nr_space_resolve(space, &space);
	if (r == 0)
		r = nr_space_directory(space);
	if (r < 0)
		return r;
	snprintf(name, sizeof(name), ".%s.sock", url->name);
	r = nr_listener_add_door(listener, NR_SOURCE_MEMORY, r, name);
	return r == -EEXIST ? -EADDRINUSE : r;
}

/* Without a companion it is a Unix socket like others. */
static void open_companion(struct naru_listener *listener, int directory)
{
	const struct nr_door *door = &listener->sources[0].door;
	char name[sizeof(door->name) + 32];

	nr_listener_companion(door->name, door->inode, name, sizeof(name));
	nr_listener_add_door(listener, NR_SOURCE_MEMORY, directory, name);
}

static int open_unix(struct naru_listener *listener, const struct nr_url *url)
{
	int directory = nr_file_open(AT_FDCWD, url->directory, O_PATH | O_DIRECTORY, 0);
	int r;

	if (directory < 0)
		return directory;
	r = nr_listener_add_door(listener, NR_SOURCE_UNIX, directory, url->name);
	if (r == 0 && !(listener->options.flags & NARU_STREAM_PLAIN))
		open_companion(listener, directory);
	nr_file_close(directory);
	return r;
}

static int open_tls(struct naru_listener *listener)
{
	int r;

	if (!listener->options.certificate || !listener->options.key)
		return -EINVAL;
	r = nr_tls_load(&listener->module);
	if (r < 0)
		return r;
	return listener->module->open(&listener->options, true, nr_log,
				      &listener->context);
}

static int open_sources(struct naru_listener *listener, struct naru_space *space,
			const struct nr_url *url)
{
	int r = 0;

	switch (url->scheme) {
	case NR_URL_LOCAL:
		return open_local(listener, space, url);
	case NR_URL_UNIX:
		return open_unix(listener, url);
	case NR_URL_TLS:
		r = open_tls(listener);
		break;
	case NR_URL_FD:
		if (listener->options.certificate)
			r = open_tls(listener);
		return r < 0 ? r : nr_listener_adopt(listener, url);
	case NR_URL_TCP:
		break;
	}
	return r < 0 ? r : nr_listener_open_network(listener, space, url);
}

static int open_all(struct naru_listener *listener, struct naru_space *space,
		    const char *text, const struct nr_url *url)
{
	int r = nr_poller_open();

	if (r < 0)
		return r;
	listener->poller = r;
	listener->url = strdup(text);
	if (!listener->url)
		return -ENOMEM;
	r = open_sources(listener, space, url);
	/* The files were read; the names are the caller's. */
	listener->options.certificate = listener->options.key = NULL;
	listener->options.authority = listener->options.host = NULL;
	return r;
}

int naru_listen(struct naru_space *space, const char *url,
		const struct naru_stream_options *options,
		struct naru_listener **ret_listener)
{
	struct naru_stream_options chosen;
	struct naru_listener *listener;
	struct nr_url parsed;
	int saved = errno, r;

	r = nr_stream_options(options, &chosen);
	if (r == 0)
		r = nr_url_parse(url, &parsed);
	if (r < 0)
		return r;
	listener = calloc(1, sizeof(*listener));
	if (!listener) {
		errno = saved;
		return -ENOMEM;
	}
	listener->options = chosen;
	listener->poller = -1;
	for (int i = 0; i < NR_PENDING; i++)
		listener->pending[i].fd = -1;
	r = open_all(listener, space, url, &parsed);
	if (r < 0)
		naru_listener_close(listener);
	else
		*ret_listener = listener;
	errno = saved;
	return r;
}

static void close_pending(struct naru_listener *listener, struct nr_pending *pending)
{
	if (pending->session)
		listener->module->end(pending->session);
	if (pending->fd >= 0)
		nr_file_close(pending->fd);
}

struct naru_listener *naru_listener_close(struct naru_listener *listener)
{
	int saved = errno;

	if (!listener)
		return NULL;
	for (int i = 0; i < listener->source_count; i++) {
		if (listener->sources[i].has_door)
			nr_door_close(&listener->sources[i].door);
		else
			nr_file_close(listener->sources[i].fd);
	}
	for (int i = 0; i < NR_PENDING; i++)
		close_pending(listener, &listener->pending[i]);
	if (listener->context)
		listener->module->close(listener->context);
	if (listener->poller >= 0)
		nr_file_close(listener->poller);
	free(listener->url);
	free(listener);
	errno = saved;
	return NULL;
}

const char *naru_listener_url(struct naru_listener *listener)
{
	return listener->url;
}

int naru_listener_fd(struct naru_listener *listener)
{
	return listener->poller;
}
