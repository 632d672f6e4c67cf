/* SPDX-License-Identifier: MIT */

#include <server/caller.h>

#include <grp.h>
#include <pwd.h>
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

/*
 * Now, and not when it is wanted: what it has sent can still be read when the connection
 * has gone, and another one may have its address. So it must be there afterwards.
 */
static int find_user(struct naru_stream *stream, struct nr_caller *caller)
{
	struct naru_stream_peer after = {.size = sizeof(after)};

	caller->who.uid = nr_loopback_user(caller->who.address, caller->who.here);
	return naru_stream_peer(stream, &after);
}

int nr_caller_describe(struct naru_stream *stream, const char *url,
		       struct nr_caller *ret_caller)
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
	caller.near = caller.local && strncmp(url, "tcp://", 6) == 0;
	print_host(caller.near ? url + 6 : caller.who.address, caller.host,
		   sizeof(caller.host));
	caller.loopback = !caller.local && is_loopback(caller.host);
	if (caller.loopback)
		r = find_user(stream, &caller);
	if (r < 0)
		return r;
	if (caller.who.name[0])
		strcpy(caller.name, caller.who.name);
	else if (caller.who.uid != UINT32_MAX)
		snprintf(caller.name, sizeof(caller.name), "uid %u", caller.who.uid);
	else
		strcpy(caller.name, caller.host);
	*ret_caller = caller;
	return 0;
}

uint32_t nr_caller_uid(const struct nr_caller *caller)
{
	return caller->who.uid;
}

/* Those beyond the limit are as if he were not in them. */
static void find_groups(struct nr_caller *caller)
{
	const struct passwd *user = getpwuid(nr_caller_uid(caller));
	gid_t groups[NR_CALLER_GROUPS];
	int count = NR_CALLER_GROUPS;

	caller->grouped = true;
	if (!user)
		return;
	if (getgrouplist(user->pw_name, user->pw_gid, groups, &count) < 0)
		count = NR_CALLER_GROUPS;
	memcpy(caller->groups, groups, (size_t)count * sizeof(groups[0]));
	caller->groups_count = count;
}

bool nr_caller_is_in(struct nr_caller *caller, uint32_t gid)
{
	if (nr_caller_uid(caller) == UINT32_MAX)
		return false;
	if (caller->who.gid == gid)
		return true;
	if (!caller->grouped)
		find_groups(caller);
	for (int i = 0; i < caller->groups_count; i++)
		if (caller->groups[i] == gid)
			return true;
	return false;
}

bool nr_caller_is_same(const struct nr_caller *before, const struct nr_caller *now)
{
	return strcmp(before->who.name, now->who.name) == 0 &&
	       (before->who.uid == UINT32_MAX || before->who.uid == nr_caller_uid(now));
}
