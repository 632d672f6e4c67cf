/* SPDX-License-Identifier: MIT */

/* stream/adopt.c - listen at a socket that was made by who started us: fd://N */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <stream/address.h>
#include <stream/listener.h>
#include <string.h>
#include <sys/sockets.h>
#include <sys/un.h>

/* -EBADF: no stream socket that listens. */
static int check(int fd)
{
	int type = 0, listens = 0;
	int r = nr_socket_get(fd, SOL_SOCKET, SO_TYPE, &type, sizeof(type));

	if (r == 0)
		r = nr_socket_get(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens,
				  sizeof(listens));
	return r < 0 || type != SOCK_STREAM || !listens ? -EBADF : 0;
}

/* Where it is, in the words that a client needs. */
static int set_url(struct naru_listener *listener, const struct sockaddr_storage *address)
{
	const struct sockaddr_un *local = (const void *)address;
	char text[sizeof(local->sun_path) + 32], at[NR_ADDRESS_TEXT];
	char *url;

	if (address->ss_family == AF_UNIX) {
		/* An abstract name cannot be said. */
		if (local->sun_path[0] != '/')
			return 0;
		snprintf(text, sizeof(text), "unix://%.*s", (int)sizeof(local->sun_path),
			 local->sun_path);
	} else {
		nr_address_print(address, at);
		snprintf(text, sizeof(text), "%s://%s", listener->context ? "tls" : "tcp",
			 at);
	}
	url = strdup(text);
	if (!url)
		return -ENOMEM;
	free(listener->url);
	listener->url = url;
	return 0;
}

int nr_listener_adopt(struct naru_listener *listener, const struct nr_url *url)
{
	int fd = (int)strtol(url->name, NULL, 10), r = check(fd);
	struct sockaddr_storage address = {0};
	enum nr_source_kind kind = NR_SOURCE_UNIX;

	if (r == 0)
		r = nr_socket_own_address(fd, &address);
	if (r == 0)
		r = nr_socket_adopt(fd);
	if (r < 0)
		return r;
	if (address.ss_family == AF_INET || address.ss_family == AF_INET6)
		kind = listener->context ? NR_SOURCE_TLS : NR_SOURCE_TCP;
	else if (address.ss_family != AF_UNIX || listener->context)
		return -EBADF;
	r = set_url(listener, &address);
	return r < 0 ? r : nr_listener_add(listener, kind, fd);
}
