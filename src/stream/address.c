/* SPDX-License-Identifier: MIT */

#include <stream/address.h>

#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/sockets.h>

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71 /* Linux 5.14 */
#endif

static int explain(int error, int saved)
{
	int r = -ENOENT;

	if (error == EAI_AGAIN)
		r = -EAGAIN;
	else if (error == EAI_MEMORY)
		r = -ENOMEM;
	else if (error == EAI_SYSTEM && errno)
		r = -errno;
	errno = saved;
	return r;
}

static int every_address(const struct nr_url *url, struct nr_address *ret_addresses)
{
	struct sockaddr_in6 six = {.sin6_family = AF_INET6};
	struct sockaddr_in four = {.sin_family = AF_INET};
	unsigned port = 0;

	for (const char *digit = url->port; *digit; digit++)
		port = port * 10 + (unsigned)(*digit - '0');
	six.sin6_port = four.sin_port = htons((uint16_t)port);
	memcpy(&ret_addresses[0].socket, &six, sizeof(six));
	ret_addresses[0].length = sizeof(six);
	memcpy(&ret_addresses[1].socket, &four, sizeof(four));
	ret_addresses[1].length = sizeof(four);
	return 2;
}

int nr_address_find(const struct nr_url *url, bool listen,
		    struct nr_address *ret_addresses)
{
	const struct addrinfo hints = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV | (listen ? AI_PASSIVE : 0),
	};
	struct addrinfo *list;
	int saved = errno, count = 0, error;

	if (listen && strcmp(url->host, "*") == 0)
		return every_address(url, ret_addresses);
	error = getaddrinfo(url->host, url->port, &hints, &list);
	if (error)
		return explain(error, saved);
	for (struct addrinfo *info = list; info && count < NR_ADDRESSES;
	     info = info->ai_next) {
		if (info->ai_addrlen > sizeof(ret_addresses->socket))
			continue;
		memcpy(&ret_addresses[count].socket, info->ai_addr, info->ai_addrlen);
		ret_addresses[count++].length = info->ai_addrlen;
	}
	freeaddrinfo(list);
	errno = saved;
	return count > 0 ? count : -ENOENT;
}

static const struct sockaddr_in *four_of(const struct sockaddr_storage *address)
{
	return (const void *)address;
}

static const struct sockaddr_in6 *six_of(const struct sockaddr_storage *address)
{
	return (const void *)address;
}

/* IPv4 in the clothes of IPv6: the peer of a socket that listens to both. */
static bool is_mapped(const struct sockaddr_storage *address)
{
	return address->ss_family == AF_INET6 &&
	       IN6_IS_ADDR_V4MAPPED(&six_of(address)->sin6_addr);
}

/* The four bytes of IPv4, or NULL. */
static const unsigned char *four_bytes(const struct sockaddr_storage *address)
{
	if (address->ss_family == AF_INET)
		return (const void *)&four_of(address)->sin_addr;
	if (is_mapped(address))
		return six_of(address)->sin6_addr.s6_addr + 12;
	return NULL;
}

unsigned nr_address_port(const struct sockaddr_storage *address)
{
	return ntohs(address->ss_family == AF_INET ? four_of(address)->sin_port
						   : six_of(address)->sin6_port);
}

/* Eight groups of hexadecimal digits, of which the longest row of zeros is left out. */
static void print_six(const unsigned char *bytes, char *text, size_t size)
{
	int from = -1, longest = 1, length = 0;

	for (int i = 0, row = 0; i < 8; i++) {
		row = bytes[2 * i] | bytes[2 * i + 1] ? 0 : row + 1;
		if (row > longest) {
			longest = row;
			from = i + 1 - row;
		}
	}
	for (int i = 0; i < 8 && length < (int)size; i++) {
		if (i == from) {
			length += snprintf(text + length, size - (size_t)length, "%s",
					   i == 0 ? "::" : ":");
			i += longest - 1;
			continue;
		}
		length +=
			snprintf(text + length, size - (size_t)length, "%x%s",
				 bytes[2 * i] << 8 | bytes[2 * i + 1], i < 7 ? ":" : "");
	}
}

void nr_address_print(const struct sockaddr_storage *address,
		      char ret_text[NR_ADDRESS_TEXT])
{
	const unsigned char *four = four_bytes(address);
	char six[48] = "";

	if (four) {
		snprintf(ret_text, NR_ADDRESS_TEXT, "%u.%u.%u.%u:%u", four[0], four[1],
			 four[2], four[3], nr_address_port(address));
	} else if (address->ss_family == AF_INET6) {
		print_six(six_of(address)->sin6_addr.s6_addr, six, sizeof(six));
		snprintf(ret_text, NR_ADDRESS_TEXT, "[%s]:%u", six,
			 nr_address_port(address));
	} else {
		ret_text[0] = '\0';
	}
}

static bool is_loopback(const struct sockaddr_storage *address)
{
	const unsigned char *four = four_bytes(address);

	if (four)
		return four[0] == 127;
	return IN6_IS_ADDR_LOOPBACK(&six_of(address)->sin6_addr);
}

static bool same_host(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
	const unsigned char *four_a = four_bytes(a), *four_b = four_bytes(b);

	if (four_a && four_b)
		return memcmp(four_a, four_b, 4) == 0;
	return !four_a && !four_b &&
	       memcmp(&six_of(a)->sin6_addr, &six_of(b)->sin6_addr, 16) == 0;
}

/* To one's own address one comes from it. A datagram socket asks without a packet. */
bool nr_address_is_own(const struct nr_address *address)
{
	struct sockaddr_storage from;
	int fd, r;

	if (is_loopback(&address->socket))
		return true;
	fd = nr_socket_open(address->socket.ss_family, SOCK_DGRAM);
	if (fd < 0)
		return false;
	r = nr_socket_connect(fd, (const struct sockaddr *)&address->socket,
			      address->length, 0);
	if (r == 0)
		r = nr_socket_own_address(fd, &from);
	nr_file_close(fd);
	return r == 0 && same_host(&from, &address->socket);
}

/* Which network namespace this is. */
static int namespace_cookie(uint64_t *ret_cookie)
{
	int fd = nr_socket_open(AF_UNIX, SOCK_STREAM);
	int r = fd;

	if (fd < 0)
		return r;
	r = nr_socket_get(fd, SOL_SOCKET, SO_NETNS_COOKIE, ret_cookie,
			  sizeof(*ret_cookie));
	nr_file_close(fd);
	return r;
}

static void print_shortcut(uint64_t cookie, const struct sockaddr_storage *address,
			   const char *which, char name[NR_SHORTCUT_NAME])
{
	const unsigned char *bytes = four_bytes(address);
	int length = bytes ? 4 : 16;
	int used = snprintf(name, NR_SHORTCUT_NAME, ".tcp-%" PRIx64 "-%u-%s", cookie,
			    nr_address_port(address), which);

	if (!bytes)
		bytes = six_of(address)->sin6_addr.s6_addr;
	for (int i = 0; i < length && !which[0]; i++)
		used += snprintf(name + used, NR_SHORTCUT_NAME - (size_t)used, "%02x",
				 bytes[i]);
}

int nr_address_shortcuts(const struct sockaddr_storage *address,
			 char ret_names[NR_SHORTCUTS][NR_SHORTCUT_NAME])
{
	uint64_t cookie;
	int r = namespace_cookie(&cookie);

	if (r < 0)
		return r;
	print_shortcut(cookie, address, "", ret_names[0]);
	print_shortcut(cookie, address, four_bytes(address) ? "any4" : "any6",
		       ret_names[1]);
	print_shortcut(cookie, address, "any", ret_names[2]);
	return NR_SHORTCUTS;
}

static bool is_any(const struct sockaddr_storage *address)
{
	static const unsigned char zeros[16];

	if (address->ss_family == AF_INET)
		return memcmp(zeros, &four_of(address)->sin_addr, 4) == 0;
	return memcmp(zeros, &six_of(address)->sin6_addr, 16) == 0;
}

int nr_address_shortcut(const struct sockaddr_storage *address, bool every,
			char ret_name[NR_SHORTCUT_NAME])
{
	const char *which = "";
	uint64_t cookie;
	int r = namespace_cookie(&cookie);

	if (r < 0)
		return r;
	if (is_any(address))
		which = every ? "any" : address->ss_family == AF_INET ? "any4" : "any6";
	print_shortcut(cookie, address, which, ret_name);
	return 0;
}
