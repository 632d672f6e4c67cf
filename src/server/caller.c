/* SPDX-License-Identifier: MIT */

#include <server/caller.h>

#include <stdio.h>
#include <string.h>

/* "192.0.2.1:7413", "[2001:db8::1]:7413" */
static void print_host(const char *address, char *ret_host, size_t size)
{
	const char *colon = strrchr(address, ':');
	size_t length = colon ? (size_t)(colon - address) : strlen(address);

	if (length > 1 && address[0] == '[') {
		address++;
		length -= 2;
	}
	if (strncmp(address, "::ffff:", 7) == 0 && strchr(address, '.')) {
		address += 7;
		length -= 7;
	}
	snprintf(ret_host, size, "%.*s", (int)length, address);
}

static bool is_loopback(const char *host)
{
	return strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0;
}

int nr_caller_describe(struct naru_stream *stream, struct nr_caller *ret_caller)
{
	struct naru_stream_stat stat = {.size = sizeof(stat)};
	struct nr_caller caller = {.who.size = sizeof(caller.who)};
	int r = naru_stream_peer(stream, &caller.who);

	if (r == 0)
		r = naru_stream_stat(stream, &stat);
	if (r < 0)
		return r;
	caller.local = stat.transport == NARU_TRANSPORT_MEMORY ||
		       stat.transport == NARU_TRANSPORT_UNIX;
	print_host(caller.who.address, caller.host, sizeof(caller.host));
	caller.loopback = !caller.local && is_loopback(caller.host);
	if (caller.local)
		snprintf(caller.name, sizeof(caller.name), "uid %u", caller.who.uid);
	else
		snprintf(caller.name, sizeof(caller.name), "%s",
			 caller.who.name[0] ? caller.who.name : caller.host);
	*ret_caller = caller;
	return 0;
}

bool nr_caller_is_same(const struct nr_caller *one, const struct nr_caller *other)
{
	return one->who.uid == other->who.uid &&
	       strcmp(one->who.name, other->who.name) == 0;
}
