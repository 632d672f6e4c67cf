/* SPDX-License-Identifier: MIT */

/* server/loopback.c - whose is the other end of a TCP connection of this machine? */

#include <arpa/inet.h>
#include <server/caller.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As the kernel prints it: words of the machine's order, in hexadecimal digits. */
struct endpoint {
	char text[48];
};

/* "127.0.0.1:80", "[::1]:80". @six: as a socket of IPv6 has it, mapped if need be. */
static bool print(const char *address, bool six, struct endpoint *ret_endpoint)
{
	const char *colon = strrchr(address, ':');
	bool is_six = address[0] == '[';
	char host[80];
	uint32_t words[4];
	int length;

	if (!colon || (is_six && !six))
		return false;
	length = (int)(colon - address);
	if (is_six)
		snprintf(host, sizeof(host), "%.*s", length - 2, address + 1);
	else
		snprintf(host, sizeof(host), "%s%.*s", six ? "::ffff:" : "", length,
			 address);
	if (inet_pton(six ? AF_INET6 : AF_INET, host, words) != 1)
		return false;
	length = 0;
	for (int i = 0; i < (six ? 4 : 1); i++)
		length += snprintf(ret_endpoint->text + length, 9, "%08X", words[i]);
	snprintf(ret_endpoint->text + length, sizeof(ret_endpoint->text) - (size_t)length,
		 ":%04X", (unsigned)strtoul(colon + 1, NULL, 10));
	return true;
}

/* One whose other end we have: it has been connected, and is not yet forgotten. */
static bool is_connected(unsigned state)
{
	enum {
		ESTABLISHED = 1,
		FIN_WAIT1 = 4,
		FIN_WAIT2 = 5,
		CLOSE_WAIT = 8,
		LAST_ACK = 9,
		CLOSING = 11,
	};

	switch (state) {
	case ESTABLISHED:
	case FIN_WAIT1:
	case FIN_WAIT2:
	case CLOSE_WAIT:
	case LAST_ACK:
	case CLOSING:
		return true;
	default:
		return false;
	}
}

/*
 * There is one connection between two endpoints, but several of one. A socket without an
 * inode has no owner (it is closed, or not accepted), and is shown as root's.
 */
static uint32_t find(const char *path, const struct endpoint *local,
		     const struct endpoint *remote)
{
	FILE *file = fopen(path, "re");
	char line[512], from[48], to[48];
	uint32_t uid = UINT32_MAX, found;
	unsigned long inode;
	unsigned state;

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, " %*d: %47s %47s %x %*s %*s %*s %u %*s %lu", from, to,
			   &state, &found, &inode) != 5 ||
		    strcmp(from, local->text) != 0 || strcmp(to, remote->text) != 0)
			continue;
		if (!is_connected(state) || inode == 0 ||
		    (uid != UINT32_MAX && uid != found)) {
			uid = UINT32_MAX;
			break;
		}
		uid = found;
	}
	if (file)
		fclose(file);
	return uid;
}

uint32_t nr_loopback_user(const char *address, const char *here)
{
	struct endpoint local, remote;
	uint32_t uid = UINT32_MAX;

	/* A client of IPv4 has a socket of IPv4, or one of IPv6 with a mapped address. */
	if (print(address, false, &local) && print(here, false, &remote))
		uid = find("/proc/net/tcp", &local, &remote);
	if (uid == UINT32_MAX && print(address, true, &local) &&
	    print(here, true, &remote))
		uid = find("/proc/net/tcp6", &local, &remote);
	return uid;
}
