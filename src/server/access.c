/* SPDX-License-Identifier: MIT */

#include <server/access.h>

#include <errno.h>
#include <fnmatch.h>
#include <server/rules.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WHY_MAX = 256 };

const char *nr_right_name(enum nr_right right)
{
	switch (right) {
	case NR_RIGHT_SEND:
		return "send";
	case NR_RIGHT_RECEIVE:
		return "receive";
	case NR_RIGHT_CREATE:
		return "create";
	case NR_RIGHT_REMOVE:
		return "remove";
	case NR_RIGHT_SET:
		return "set";
	case NR_RIGHT_LOOK:
		return "look";
	default:
		return "";
	}
}

/* @wanted: permission bits of which each must be there, in the class of the caller. */
static bool has_bits(struct nr_caller *caller, uint32_t uid, uint32_t gid, uint32_t mode,
		     uint32_t wanted)
{
	uint32_t own = nr_caller_uid(caller);

	if (own == 0)
		return true;
	if (own != UINT32_MAX && own == uid)
		mode >>= 6;
	else if (nr_caller_is_in(caller, gid))
		mode >>= 3;
	return (mode & wanted) == wanted;
}

static bool may_change_directory(struct nr_connection *connection, bool removes,
				 const struct naru_queue_stat *queue)
{
	const char *path = naru_space_path(connection->server->space);
	struct nr_caller *caller = &connection->caller;
	uint32_t uid = nr_caller_uid(caller);
	struct stat stat_;

	if (!path || stat(path, &stat_) < 0 ||
	    !has_bits(caller, stat_.st_uid, stat_.st_gid, stat_.st_mode, 03))
		return false;
	if (uid == 0 || !removes || !(stat_.st_mode & S_ISVTX))
		return true;
	return uid == stat_.st_uid || (queue && uid == queue->uid);
}

/* What the file's bits would say to the client itself. */
static bool is_permitted(struct nr_connection *connection, enum nr_right right,
			 const struct naru_queue_stat *queue, char *ret_why)
{
	struct nr_caller *caller = &connection->caller;
	uint32_t uid = nr_caller_uid(caller);

	switch (right) {
	case NR_RIGHT_CREATE:
		snprintf(ret_why, WHY_MAX,
			 "the permissions of the space do not allow it");
		if (!may_change_directory(connection, false, NULL))
			return false;
		snprintf(ret_why, WHY_MAX,
			 "this server cannot make queues that are another user's");
		return uid == geteuid() || geteuid() == 0;
	case NR_RIGHT_REMOVE:
		snprintf(ret_why, WHY_MAX,
			 "the permissions of the space do not allow it");
		return may_change_directory(connection, true, queue);
	case NR_RIGHT_SET:
		snprintf(ret_why, WHY_MAX, "it is another user's");
		return uid == 0 || (queue && uid != UINT32_MAX && uid == queue->uid);
	default:
		snprintf(ret_why, WHY_MAX, "its permissions do not allow it");
		return queue && has_bits(caller, queue->uid, queue->gid, queue->mode, 06);
	}
}

bool nr_access_is_served(const struct nr_server *server, const char *name)
{
	const char *const *patterns = server->options.patterns;

	for (int i = 0; patterns && patterns[i]; i++)
		if (fnmatch(patterns[i], name, 0) == 0)
			return true;
	return !patterns;
}

static bool is_allowed(struct nr_connection *connection, enum nr_right right,
		       const char *name, const struct naru_queue_stat *stat,
		       char *ret_why)
{
	struct nr_server *server = connection->server;

	if (!nr_access_is_served(server, name)) {
		snprintf(ret_why, WHY_MAX, "queues of such names are not served here");
		return false;
	}
	if (server->rules)
		return nr_rules_allow(server->rules, &connection->caller, right, name,
				      ret_why, WHY_MAX);
	return is_permitted(connection, right, stat, ret_why);
}

bool nr_access_has(struct nr_connection *connection, enum nr_right right,
		   const char *name, const struct naru_queue_stat *stat)
{
	char why[WHY_MAX];

	return is_allowed(connection, right, name, stat, why);
}

uint32_t nr_access_rights(struct nr_connection *connection, const char *name,
			  const struct naru_queue_stat *stat)
{
	uint32_t rights = 0;

	for (uint32_t right = 1; right & NR_RIGHTS; right <<= 1)
		if (nr_access_has(connection, (enum nr_right)right, name, stat))
			rights |= right;
	return rights;
}

static int deny(struct nr_connection *connection, const char *what, const char *name,
		const char *why)
{
	const struct nr_caller *caller = &connection->caller;

	nr_server_log(connection->server, "%s may not %s %s: %s", caller->name, what,
		      name, why);
	nr_answer_error(connection, -EACCES, "%s may not %s %s: %s", caller->name, what,
			name, why);
	return -EACCES;
}

int nr_access_check(struct nr_connection *connection, enum nr_right right,
		    const char *name, const struct naru_queue_stat *stat)
{
	char why[WHY_MAX];

	if (is_allowed(connection, right, name, stat, why))
		return 0;
	return deny(connection, nr_right_name(right), name, why);
}

void nr_access_deny_use(struct nr_connection *connection, const char *name,
			const struct naru_queue_stat *stat)
{
	char why[WHY_MAX] = "";

	/* What forbids it is most often the same for all. */
	is_allowed(connection, NR_RIGHT_SEND, name, stat, why);
	deny(connection, "use", name, why);
}

int nr_access_check_owner(struct nr_connection *connection, const char *name,
			  const struct naru_queue_options *options)
{
	struct nr_caller *caller = &connection->caller;
	uint32_t uid = nr_caller_uid(caller);

	if (connection->server->rules || uid == 0)
		return 0;
	if (options->flags & NARU_SET_OWNER && options->owner != uid)
		return deny(connection, "give away", name, "only root may");
	if (options->flags & NARU_SET_GROUP && !nr_caller_is_in(caller, options->group))
		return deny(connection, "give to that group", name,
			    "the group is not the user's");
	return 0;
}

/* To list a space costs time in proportion to it; whoever sees nothing need not have it.
 */
int nr_access_check_list(struct nr_connection *connection)
{
	const struct nr_rules *rules = connection->server->rules;

	if (!rules || nr_rules_may_allow(rules, &connection->caller, NR_RIGHT_LOOK))
		return 0;
	return deny(connection, nr_right_name(NR_RIGHT_LOOK), "at the space",
		    "no line allows it for any queue");
}

int nr_access_enter(struct nr_connection *connection)
{
	const struct nr_caller *caller = &connection->caller;

	if (connection->server->rules || caller->local || caller->loopback)
		return 0;
	return deny(connection, "come in", "from another machine",
		    "the server has no --access FILE");
}
