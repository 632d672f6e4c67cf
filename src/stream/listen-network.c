/* SPDX-License-Identifier: MIT */

/* stream/listen-network.c - listen at addresses of the network */

#include <errno.h>
#include <netinet/in.h>
#include <space/space.h>
#include <stdio.h>
#include <stdlib.h>
#include <stream/address.h>
#include <stream/listener.h>
#include <string.h>
#include <sys/file.h>
#include <sys/sockets.h>

static void set_port(struct nr_address *address, unsigned port)
{
	struct sockaddr_in *four = (void *)&address->socket;
	struct sockaddr_in6 *six = (void *)&address->socket;

	if (address->socket.ss_family == AF_INET)
		four->sin_port = htons((uint16_t)port);
	else
		six->sin6_port = htons((uint16_t)port);
}

/* @every: at the addresses of IPv4, too. A descriptor. */
static int listen_at(const struct nr_address *address, bool every, uint32_t backlog)
{
	int family = address->socket.ss_family;
	int fd = nr_socket_open(family, SOCK_STREAM | SOCK_NONBLOCK);
	int r;

	if (fd < 0)
		return fd;
	/* What a connection before us has left in TIME_WAIT is no reason not to. */
	r = nr_socket_set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (r == 0 && family == AF_INET6)
		r = nr_socket_set(fd, IPPROTO_IPV6, IPV6_V6ONLY, !every);
	if (r == 0)
		r = nr_socket_bind(fd, (const struct sockaddr *)&address->socket,
				   address->length);
	if (r == 0)
		r = nr_socket_listen(fd, backlog);
	if (r < 0) {
		nr_file_close(fd);
		return r;
	}
	return fd;
}

/* Where clients of this machine find us without TCP; if it cannot be had, they do not. */
static void open_shortcut(struct naru_listener *listener, struct naru_space *space,
			  const struct sockaddr_storage *address, bool every)
{
	char name[NR_SHORTCUT_NAME];
	int directory;

	if (listener->options.flags & NARU_STREAM_PLAIN ||
	    nr_space_resolve(space, &space) < 0)
		return;
	directory = nr_space_directory(space);
	if (directory >= 0 && nr_address_shortcut(address, every, name) == 0)
		nr_listener_add_door(listener, NR_SOURCE_MEMORY, directory, name);
}

/* The URL as it was given, but for the port. */
static int set_url(struct naru_listener *listener, const struct nr_url *url,
		   unsigned port)
{
	bool six = strchr(url->host, ':') != NULL;
	size_t size = strlen(listener->url) + 8;
	char *text = malloc(size);

	if (!text)
		return -ENOMEM;
	snprintf(text, size, "%s://%s%s%s:%u", url->scheme == NR_URL_TLS ? "tls" : "tcp",
		 six ? "[" : "", url->host, six ? "]" : "", port);
	free(listener->url);
	listener->url = text;
	return 0;
}

static int add_address(struct naru_listener *listener, struct naru_space *space,
		       const struct nr_url *url, const struct nr_address *address,
		       bool every, unsigned *ret_port)
{
	bool tls = url->scheme == NR_URL_TLS;
	struct sockaddr_storage bound;
	int fd = listen_at(address, every, listener->options.backlog);
	int r;

	if (fd < 0)
		return fd;
	r = nr_socket_own_address(fd, &bound);
	if (r < 0) {
		nr_file_close(fd);
		return r;
	}
	r = nr_listener_add(listener, tls ? NR_SOURCE_TLS : NR_SOURCE_TCP, fd);
	if (r < 0)
		return r;
	*ret_port = nr_address_port(&bound);
	if (!tls)
		open_shortcut(listener, space, &bound, every);
	return 0;
}

/* A machine may do without IPv6, or without IPv4. */
static bool is_no_such_family(int error)
{
	return error == -EAFNOSUPPORT || error == -EADDRNOTAVAIL;
}

int nr_listener_open_network(struct naru_listener *listener, struct naru_space *space,
			     const struct nr_url *url)
{
	struct nr_address addresses[NR_ADDRESSES];
	bool every = strcmp(url->host, "*") == 0;
	int count = nr_address_find(url, true, addresses), opened = 0, r = 0;
	unsigned port = 0;

	if (count < 0)
		return count == -ENOENT ? -EADDRNOTAVAIL : count;
	for (int i = 0; i < count && listener->source_count + 2 <= NR_SOURCES; i++) {
		if (port)
			set_port(&addresses[i], port);
		r = add_address(listener, space, url, &addresses[i], every, &port);
		if (r < 0 && !is_no_such_family(r))
			return r;
		opened += r == 0;
		/* The first one takes IPv4 in, too. */
		if (every && r == 0)
			break;
	}
	if (opened == 0)
		return r == -EAFNOSUPPORT ? -EADDRNOTAVAIL : r;
	return set_url(listener, url, port);
}
