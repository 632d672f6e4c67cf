/* SPDX-License-Identifier: MIT */
/* tools/away.c - queues and spaces that a server has */

#include <tools/away.h>

#include <errno.h>
#include <naru/stream.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tools/object.h>
#include <tools/report.h>

/* So long a server may take to be there at all. */
enum { ANSWER_MS = 2000 };

bool nr_is_url(const char *text)
{
	return strstr(text, "://") != NULL;
}

bool nr_is_away(const struct nr_tool *tool, const char *name)
{
	const char *path;

	if (nr_is_url(name))
		return true;
	path = tool->space_path ? tool->space_path : getenv("NARU_SPACE");
	return path && nr_is_url(path);
}

const char *nr_where(struct nr_tool *tool, const char *name)
{
	static char text[4352];
	char *mark;

	if (!nr_is_url(name))
		return naru_space_path(tool->space);
	snprintf(text, sizeof(text), "%s", name);
	mark = strrchr(text, '#');
	if (!mark)
		mark = strrchr(text, '/');
	*mark = '\0';
	return text;
}

void nr_away_begin(void)
{
	naru_set_log(nr_print_log, NULL);
}

static bool is_network(const char *url)
{
	return strncmp(url, "tcp://", 6) == 0 || strncmp(url, "tls://", 6) == 0;
}

int nr_server_failed(const char *url, int error)
{
	switch (-error) {
	case EINVAL:
		return nr_failed("\"%s\" is no URL of a server: tcp://HOST:PORT, "
				 "tls://HOST:PORT, unix:///PATH or local://NAME",
				 url);
	case ENOENT:
		if (is_network(url))
			return nr_failed("there is no host of that name: %s", url);
		/* fall through */
	case ECONNREFUSED:
		return nr_failed("nobody serves at %s; start there: naru serve --listen "
				 "URL",
				 url);
	case EAGAIN:
		return nr_failed("the name of the host cannot be looked up just now: %s",
				 url);
	case EACCES:
	case EPERM:
		return nr_failed("no permission for the server at %s; ask who runs it",
				 url);
	case EHOSTUNREACH:
	case ENETUNREACH:
		return nr_failed("%s cannot be reached", url);
	case EUSERS:
		return nr_failed("the server at %s has as many clients as it may have; "
				 "end some, or ask who runs it",
				 url);
	case ECONNRESET:
		return nr_failed("the connection to %s was broken off, and cannot be had "
				 "again",
				 url);
	case EPROTO:
		return nr_failed("what answers at %s is no server of queues", url);
	case EPROTONOSUPPORT:
		return nr_failed("the server at %s is of another version of naru", url);
	case ETIMEDOUT:
		nr_failed("the server at %s did not answer in time", url);
		return NR_TIMED_OUT;
	case EINTR:
		return NR_INTERRUPTED;
	default:
		return nr_failed("the server at %s: %s", url, naru_error_text(error));
	}
}

/* Can the server be reached? 0, or why not. */
static int reach(const struct nr_tool *tool, const char *name, const char *where)
{
	struct naru_stream *stream = NULL;
	int r = naru_connect(nr_is_url(name) ? tool->space : NULL, where, NULL, ANSWER_MS,
			     &stream);

	naru_stream_close(stream);
	return r;
}

/* An argument was refused. */
static int refused(struct nr_tool *tool, const char *name, const char *where)
{
	if (nr_is_url(name) && (!nr_is_name(name + strlen(where) + 1) ||
				reach(tool, name, where) == -EINVAL))
		return nr_failed("\"%s\" is no URL of a queue: tcp://HOST:PORT/QUEUE, "
				 "tls://HOST:PORT/QUEUE, unix:///PATH#QUEUE or "
				 "local://NAME#QUEUE",
				 name);
	return nr_failed("queue \"%s\" at %s cannot be so large; lower --capacity or "
			 "--messages",
			 name, where);
}

/* The library says so of a queue, and of a server. */
static int not_there(struct nr_tool *tool, const char *name, const char *where)
{
	int r = reach(tool, name, where);

	if (r == -ENOENT || r == -ECONNREFUSED)
		return nr_server_failed(where, r);
	return nr_failed("no queue \"%s\" at %s; create it with: naru %ssend --create "
			 "%s ...",
			 name, where, nr_space_option(tool), name);
}

int nr_away_failed(struct nr_tool *tool, const char *name, int error)
{
	const char *where = nr_where(tool, name);

	switch (-error) {
	case EINVAL:
		return refused(tool, name, where);
	case ENOENT:
		return not_there(tool, name, where);
	case EEXIST:
		return nr_failed("there is a queue \"%s\" already", name);
	case EACCES:
	case EPERM:
		return nr_failed("no permission for queue \"%s\" at %s; ask who runs the "
				 "server there",
				 name, where);
	case EPROTONOSUPPORT:
		return nr_failed("the server at %s, or its queue \"%s\", is of another "
				 "version of naru",
				 where, name);
	case EMSGSIZE:
		return nr_failed("the message is larger than queue \"%s\" can hold, or "
				 "than the server at %s passes on",
				 name, where);
	case ENOSPC:
		return nr_failed("there is no room at %s for that queue; give it a "
				 "smaller --capacity",
				 where);
	case ESTALE:
		return nr_failed(
			"the server at %s was started again, or not reached for too "
			"long: what was received last from queue \"%s\" may come "
			"again",
			where, name);
	case EIDRM:
		return nr_failed("queue \"%s\" was removed while it was in use", name);
	case EBADMSG:
		return nr_failed("queue \"%s\" at %s: %s", name, where,
				 naru_error_text(error));
	default:
		return nr_server_failed(where, error);
	}
}
