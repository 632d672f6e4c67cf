/* SPDX-License-Identifier: MIT */
#ifndef NARU_STREAM_ADDRESS_H
#define NARU_STREAM_ADDRESS_H

/* stream/address.h - addresses of the network, and whether they are this machine's */

#include <stdbool.h>
#include <stream/url.h>
#include <sys/socket.h>

struct nr_address {
	struct sockaddr_storage socket;
	socklen_t length;
};

enum { NR_ADDRESSES = 16, NR_ADDRESS_TEXT = 64 };

/*
 * What HOST and PORT mean, the best first; at most NR_ADDRESSES. Returns how many there
 * are. @listen: to bind to; "*" is every address, of IPv6 and IPv4.
 *
 * -ENOENT	there is no such host
 * -EAGAIN	it could not be found out just now
 */
int nr_address_find(const struct nr_url *url, bool listen,
		    struct nr_address *ret_addresses);

/* "192.0.2.1:80", "[2001:db8::1]:80". */
void nr_address_print(const struct sockaddr_storage *address,
		      char ret_text[NR_ADDRESS_TEXT]);

unsigned nr_address_port(const struct sockaddr_storage *address);

/* Is it one of this machine's, in this network namespace? */
bool nr_address_is_own(const struct nr_address *address);

enum { NR_SHORTCUTS = 3, NR_SHORTCUT_NAME = 80 };

/*
 * The names, in the space, of the sockets where a listener at this address would be
 * found without TCP: the narrowest first. They name the network namespace, too. Returns
 * how many there are, or an error: the kernel does not tell which namespace it is.
 */
int nr_address_shortcuts(const struct sockaddr_storage *address,
			 char ret_names[NR_SHORTCUTS][NR_SHORTCUT_NAME]);

/* The one of them that a listener at this address has. @every: at IPv4's as well. */
int nr_address_shortcut(const struct sockaddr_storage *address, bool every,
			char ret_name[NR_SHORTCUT_NAME]);

#endif /* NARU_STREAM_ADDRESS_H */
