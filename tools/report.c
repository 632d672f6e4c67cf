/* SPDX-License-Identifier: MIT */
/* tools/report.c - errors in one line that tells what to do */

#include <tools/report.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tools/away.h>
#include <tools/object.h>
#include <tools/progress.h>
#include <unistd.h>

enum { TEXT_MAX = 9216 }; /* two paths, and what is said of them */

void nr_make_plain(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 127)
			*text = '?';
}

/* One line, whatever the names in it hold. */
static void print(char line[TEXT_MAX], const char *format, va_list arguments)
	__attribute__((format(printf, 2, 0)));

static void print(char line[TEXT_MAX], const char *format, va_list arguments)
{
	vsnprintf(line, TEXT_MAX, format, arguments);
	nr_make_plain(line);
}

int nr_failed(const char *format, ...)
{
	char line[TEXT_MAX];
	va_list arguments;

	va_start(arguments, format);
	print(line, format, arguments);
	va_end(arguments);
	nr_progress_wipe();
	fprintf(stderr, "naru: %s\n", line);
	return NR_FAILED;
}

int nr_bad_usage(const struct nr_command *command, const char *format, ...)
{
	char line[TEXT_MAX];
	va_list arguments;

	va_start(arguments, format);
	print(line, format, arguments);
	va_end(arguments);
	nr_progress_wipe();
	fprintf(stderr, "naru %s: %s; see: naru help %s\n", command->name, line,
		command->name);
	return NR_BAD_USAGE;
}

void nr_print_log(void *data, const char *line)
{
	(void)data;
	nr_failed("%s", line);
}

int nr_file_failed(const char *what, const char *path)
{
	int error = errno;

	if (error == ENOENT)
		return nr_failed("there is no file %s", path);
	if (error == EACCES)
		return nr_failed("no permission to %s %s", what, path);
	if (error == ENOSPC)
		return nr_failed("cannot %s %s: its file system is full; make room, then "
				 "try again",
				 what, path);
	if (error == EISDIR)
		return nr_failed("cannot %s %s: it is a directory", what, path);
	return nr_failed("cannot %s %s: %s", what, path, strerror(error));
}

const char *nr_remedy(int error)
{
	switch (-error) {
	case EMFILE:
		return "raise the limit with: ulimit -n";
	case ENFILE:
		return "end some processes";
	case ENOMEM:
		return "end some processes, or raise the limit with: ulimit -v";
	case EFBIG:
		return "make it smaller, or raise the limit with: ulimit -f";
	default:
		return NULL;
	}
}

int nr_space_failed(const char *path, int error)
{
	const char *do_this = nr_remedy(error);

	if (error == -EOPNOTSUPP)
		return nr_failed(
			"%s is a server: that can be done only where its space is", path);
	if (!do_this && nr_is_url(path))
		return nr_server_failed(path, error);
	switch (-error) {
	case ENOENT:
		if (access(path, F_OK) == 0)
			return nr_failed("no files can be made in %s, so it can be no "
					 "space; give another with --space",
					 path);
		return nr_failed("no directory %s; make the space with: mkdir -m 700 %s",
				 path, path);
	case ENOTDIR:
		return nr_failed("%s is no directory; a space is one: give another with "
				 "--space",
				 path);
	case EACCES:
		return nr_failed("no permission to use the space %s; give another with "
				 "--space, or ask its owner for group access",
				 path);
	case EUSERS:
		return nr_failed("too many processes use the space %s; end some, or give "
				 "another with --space",
				 path);
	case ENOSPC:
		return nr_failed(
			"the file system of %s is full; remove queues (naru rm), or "
			"give another space with --space",
			path);
	case EROFS:
		return nr_failed("the file system of %s is read-only; give another space "
				 "with --space",
				 path);
	default:
		return nr_failed("cannot use the space %s: %s; %s", path,
				 naru_error_text(error),
				 do_this ? do_this : "try: naru doctor");
	}
}

const char *nr_space_option(const struct nr_tool *tool)
{
	static char text[4096];

	if (!tool->space_path)
		return "";
	snprintf(text, sizeof(text), "--space %s ", tool->space_path);
	return text;
}

int nr_queue_failed(struct nr_tool *tool, const char *name, int error)
{
	const char *do_this = nr_remedy(error);
	const char *path, *space;

	if (!do_this && nr_is_away(tool, name))
		return nr_away_failed(tool, name, error);
	path = nr_where(tool, name);
	space = nr_space_option(tool);
	switch (-error) {
	case ENOENT:
		return nr_failed(
			"no queue \"%s\" in %s; create it with: naru %ssend --create "
			"%s ...",
			name, path, space, name);
	case EEXIST:
		return nr_failed("there is a queue \"%s\" in %s already", name, path);
	case EACCES:
	case EPERM:
		return nr_object_denied(tool, name, "queue");
	case EINVAL:
		return nr_failed("queue \"%s\" cannot be so large; lower --capacity or "
				 "--messages",
				 name);
	case ENOSPC:
		return nr_failed(
			"no room in %s for that queue; give it a smaller --capacity, "
			"or another --space",
			path);
	case EIDRM:
		return nr_failed("queue \"%s\" was removed while it was in use", name);
	case EBADMSG:
		return nr_object_unfit(tool, name, "queue");
	case EPROTONOSUPPORT:
		return nr_failed(
			"queue \"%s\" is of another version of naru; empty it with "
			"that, or remove it with: naru %srm %s",
			name, space, name);
	case EAGAIN:
		return nr_failed("queue \"%s\" would have to be waited for", name);
	case ETIMEDOUT:
		nr_failed("queue \"%s\" did not answer in time", name);
		return NR_TIMED_OUT;
	case EINTR:
		return NR_INTERRUPTED;
	default:
		if (do_this)
			return nr_failed("queue \"%s\" in %s: %s; %s", name, path,
					 naru_error_text(error), do_this);
		return nr_failed("queue \"%s\" in %s: %s; try: naru %sdoctor", name, path,
				 naru_error_text(error), space);
	}
}

/* What the library takes as the default space; it cannot tell after a failure. */
static const char *default_path(void)
{
	static char text[64];
	const char *path = getenv("NARU_SPACE");

	if (path && *path)
		return path;
	snprintf(text, sizeof(text), "/dev/shm/naru-%u", (unsigned int)geteuid());
	return text;
}

int nr_tool_open_space(struct nr_tool *tool)
{
	const char *path = tool->space_path;
	int r;

	if (nr_is_away(tool, ""))
		nr_away_begin();
	r = naru_space_open(path, NULL, &tool->space);

	return r < 0 ? nr_space_failed(path ? path : default_path(), r) : NR_OK;
}

int nr_tool_open_queue(struct nr_tool *tool, const char *name,
		       const struct naru_queue_options *options,
		       struct naru_queue **ret_queue)
{
	int status = NR_OK, r;

	if (nr_is_url(name))
		nr_away_begin();
	else
		status = nr_check_name(name, "queue");
	if (status == NR_OK && (!nr_is_url(name) || tool->space_path))
		status = nr_tool_open_space(tool);
	if (status != NR_OK)
		return status;
	r = naru_queue_open(tool->space, name, options, ret_queue);
	return r < 0 ? nr_queue_failed(tool, name, r) : NR_OK;
}
