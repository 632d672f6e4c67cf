/* SPDX-License-Identifier: MIT */

/* server/loopback.c - whose is a TCP socket of this machine? */

#include <arpa/inet.h>
#include <server/caller.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As the kernel prints it: words of the machine's order, in hexadecimal digits. */
struct endpoint {
	char text[48];
};

static bool print_four(const char *host, unsigned port, struct endpoint *ret_endpoint)
{
	uint32_t address;

	if (inet_pton(AF_INET, host, &address) != 1)
		return false;
	snprintf(ret_endpoint->text, sizeof(ret_endpoint->text), "%08X:%04X", address,
		 port);
	return true;
}

static bool print_six(const char *host, unsigned port, struct endpoint *ret_endpoint)
{
	uint32_t address[4];

	if (inet_pton(AF_INET6, host, address) != 1)
		return false;
	snprintf(ret_endpoint->text, sizeof(ret_endpoint->text), "%08X%08X%08X%08X:%04X",
		 address[0], address[1], address[2], address[3], port);
	return true;
}

/* Connected sockets of that address. If they are of several users, it is nobody's. */
static uint32_t find(const char *path, const struct endpoint *endpoint, uint32_t uid)
{
	enum { ESTABLISHED = 1 };
	FILE *file = fopen(path, "re");
	char line[512], local[48];
	unsigned state;
	uint32_t found;

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, " %*d: %47s %*s %x %*s %*s %*s %u", local, &state,
			   &found) != 3 ||
		    state != ESTABLISHED || strcmp(local, endpoint->text) != 0)
			continue;
		if (uid != UINT32_MAX && uid != found) {
			fclose(file);
			return UINT32_MAX;
		}
		uid = found;
	}
	if (file)
		fclose(file);
	return uid;
}

uint32_t nr_loopback_user(const char *address)
{
	char host[64], mapped[80];
	const char *colon = strrchr(address, ':');
	struct endpoint endpoint;
	uint32_t uid = UINT32_MAX;
	unsigned port;

	if (!colon || colon == address)
		return UINT32_MAX;
	port = (unsigned)strtoul(colon + 1, NULL, 10);
	snprintf(host, sizeof(host), "%.*s", (int)(colon - address), address);
	if (host[0] == '[') {
		host[strlen(host) - 1] = '\0';
		if (print_six(host + 1, port, &endpoint))
			uid = find("/proc/net/tcp6", &endpoint, UINT32_MAX);
		if (strncmp(host + 1, "::ffff:", 7) != 0)
			return uid;
		memmove(host, host + 8, strlen(host + 8) + 1);
	}
	/* A client of IPv4 has a socket of IPv4, or one of IPv6 with a mapped address. */
	if (uid == UINT32_MAX && print_four(host, port, &endpoint))
		uid = find("/proc/net/tcp", &endpoint, uid);
	snprintf(mapped, sizeof(mapped), "::ffff:%s", host);
	if (uid == UINT32_MAX && print_six(mapped, port, &endpoint))
		uid = find("/proc/net/tcp6", &endpoint, uid);
	return uid;
}
