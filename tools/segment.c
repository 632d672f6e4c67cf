/* SPDX-License-Identifier: MIT */
/* tools/segment.c - naru segment: make, fill, read, measure and remove segments */

#include <tools/away.h>
#include <tools/segment.h>

#include <errno.h>
#include <string.h>
#include <tools/object.h>
#include <tools/options.h>
#include <tools/report.h>
#include <tools/units.h>

#define FIELD(name) offsetof(struct nr_segment_options, name)

static const struct nr_option options[] = {
	{"size", 's', "SIZE", "create, resize: bytes, as 4096, 64K or 1G", nr_read_size,
	 FIELD(size)},
	{"mode", 0, "MODE", "create: its permissions, such as 0660; default 0600",
	 nr_read_mode, FIELD(mode)},
	{"huge", 0, NULL, "create: of huge pages, or fail", NULL, FIELD(huge)},
	{"offset", 'o', "N", "write, read: begin so many bytes behind the first",
	 nr_read_text, FIELD(offset_text)},
	{"file", 'f', "PATH", "write: PATH instead of standard input", nr_read_text,
	 FIELD(file)},
	{"length", 'n', "SIZE", "read: so many bytes; default all", nr_read_size,
	 FIELD(length)},
	{"hex", 'x', NULL, "read: as numbers and letters, as of hexdump -C", NULL,
	 FIELD(hex)},
	{"json", 'j', NULL, "stat: print JSON", NULL, FIELD(json)},
	{0},
};

/* The offset may be 0, which a size may not. */
static int read_offset(struct nr_segment_options *given)
{
	if (!given->offset_text || strcmp(given->offset_text, "0") == 0)
		return NR_OK;
	if (nr_read_size(given->offset_text, &given->offset))
		return nr_bad_usage(&nr_command_segment,
				    "--offset must be a number of bytes, such as 4096 or "
				    "64K, not \"%s\"",
				    given->offset_text);
	return NR_OK;
}

int nr_segment_failed(struct nr_tool *tool, const char *name, int error)
{
	const char *path = naru_space_path(tool->space);
	const char *space = nr_space_option(tool);
	const char *do_this = nr_remedy(error);

	if (error == -EOPNOTSUPP && nr_is_url(path))
		return nr_space_failed(path, error);
	switch (-error) {
	case ENOENT:
		return nr_failed(
			"no segment \"%s\" in %s; create it with: naru %ssegment "
			"create --size SIZE %s",
			name, path, space, name);
	case EEXIST:
		return nr_failed("there is a \"%s\" in %s already; take another name, or "
				 "remove it with: naru %srm %s",
				 name, path, space, name);
	case EACCES:
	case EPERM:
		return nr_object_denied(tool, name, "segment");
	case EINVAL:
		return nr_failed("segment \"%s\" cannot be so large; lower --size", name);
	case ENOSPC:
		return nr_failed("no room in %s for that segment; give it a smaller "
				 "--size, or another --space",
				 path);
	case EBADMSG:
		return nr_object_unfit(tool, name, "segment");
	case EPROTONOSUPPORT:
		return nr_failed(
			"segment \"%s\" is of another version of naru; remove it "
			"with: naru %srm %s",
			name, space, name);
	case EOPNOTSUPP:
		return nr_failed("no huge pages in %s; they need Linux 6.1 and a tmpfs, "
				 "and cannot be resized",
				 path);
	default:
		if (do_this)
			return nr_failed("segment \"%s\" in %s: %s; %s", name, path,
					 naru_error_text(error), do_this);
		return nr_failed("segment \"%s\" in %s: %s; try: naru %sdoctor", name,
				 path, naru_error_text(error), space);
	}
}

int nr_tool_open_segment(struct nr_tool *tool, const char *name, uint32_t flags,
			 struct naru_segment **ret_segment)
{
	struct naru_segment_options open = NARU_INIT(open, .flags = flags);
	int status = nr_tool_open_space(tool), r;

	if (status != NR_OK)
		return status;
	r = naru_segment_open(tool->space, name, &open, ret_segment);
	return r < 0 ? nr_segment_failed(tool, name, r) : NR_OK;
}

static int create(struct nr_tool *tool, const char *name,
		  const struct nr_segment_options *given)
{
	struct naru_segment_options create =
		NARU_INIT(create, .flags = given->huge ? NARU_HUGE_PAGES : 0,
			  .mode = given->mode, .length = given->size);
	struct naru_segment *segment;
	int status, r;

	if (given->size == 0)
		return nr_bad_usage(&nr_command_segment, "create needs --size SIZE");
	status = nr_tool_open_space(tool);
	if (status != NR_OK)
		return status;
	r = naru_segment_create(tool->space, name, &create, &segment);
	if (r < 0)
		return nr_segment_failed(tool, name, r);
	naru_segment_close(segment);
	return NR_OK;
}

static int resize(struct nr_tool *tool, const char *name,
		  const struct nr_segment_options *given)
{
	struct naru_segment_options set = NARU_INIT(set, .length = given->size);
	struct naru_segment_stat stat = {.size = sizeof(stat)};
	struct naru_segment *segment;
	int status, r;

	if (given->size == 0)
		return nr_bad_usage(&nr_command_segment, "resize needs --size SIZE");
	status = nr_tool_open_segment(tool, name, 0, &segment);
	if (status != NR_OK)
		return status;
	r = naru_segment_set(segment, &set);
	if (r == -EINVAL && naru_segment_stat(segment, &stat) == 0 &&
	    given->size < stat.length)
		status = nr_failed("segment \"%s\" is larger than that; it can only grow",
				   name);
	else if (r < 0)
		status = nr_segment_failed(tool, name, r);
	naru_segment_close(segment);
	return status;
}

static int remove_it(struct nr_tool *tool, const char *name,
		     const struct nr_segment_options *given)
{
	int status = nr_tool_open_space(tool), r;

	(void)given;
	if (status != NR_OK)
		return status;
	r = naru_segment_remove(tool->space, name);
	if (r == -ENOENT)
		return nr_failed("no segment \"%s\" in %s; see which there are with: "
				 "naru %sls",
				 name, naru_space_path(tool->space),
				 nr_space_option(tool));
	return r < 0 ? nr_segment_failed(tool, name, r) : NR_OK;
}

static const struct action {
	const char *name;
	const char *letters; /* of the options that it takes; 'm' mode, 'h' huge */
	int (*run)(struct nr_tool *tool, const char *name,
		   const struct nr_segment_options *given);
} actions[] = {
	{"create", "smh", create},	  {"write", "of", nr_segment_write},
	{"read", "onx", nr_segment_read}, {"stat", "j", nr_segment_show},
	{"resize", "s", resize},	  {"rm", "", remove_it},
};

static const struct action *find_action(const char *name)
{
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (strcmp(actions[i].name, name) == 0)
			return &actions[i];
	return NULL;
}

/* What was given that this action has no use for; NULL: nothing. */
static const char *find_unfit(const struct action *action,
			      const struct nr_segment_options *given)
{
	const struct {
		bool is_given;
		char letter;
		const char *name;
	} all[] = {
		{given->size != 0, 's', "size"}, {given->mode != 0, 'm', "mode"},
		{given->huge, 'h', "huge"},	 {given->offset_text, 'o', "offset"},
		{given->file, 'f', "file"},	 {given->length != 0, 'n', "length"},
		{given->hex, 'x', "hex"},	 {given->json, 'j', "json"},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i].is_given && !strchr(action->letters, all[i].letter))
			return all[i].name;
	return NULL;
}

static int run(struct nr_tool *tool, int argc, char **argv)
{
	struct nr_segment_options given = {0};
	int first = nr_options_parse(tool, &nr_command_segment, argc, argv, &given);
	const struct action *action;
	const char *unfit;
	int status;

	if (first <= 0)
		return -first;
	action = first < argc ? find_action(argv[first]) : NULL;
	if (!action)
		return nr_bad_usage(&nr_command_segment,
				    "say what: create, write, read, stat, resize or rm");
	unfit = find_unfit(action, &given);
	if (unfit)
		return nr_bad_usage(&nr_command_segment, "%s takes no --%s", action->name,
				    unfit);
	if (argc - first != 2)
		return nr_bad_usage(&nr_command_segment,
				    "%s takes the name of one segment", action->name);
	status = read_offset(&given);
	if (status == NR_OK)
		status = nr_check_name(argv[first + 1], "segment");
	return status != NR_OK ? status : action->run(tool, argv[first + 1], &given);
}

const struct nr_command nr_command_segment = {
	.name = "segment",
	.usage = "create|write|read|stat|resize|rm [OPTION...] SEGMENT",
	.summary = "make, fill, read, measure and remove segments",
	.text = "A segment is memory that processes share: see man naru_segment.\n"
		"write copies its input there, and then rings the segment's bell; read\n"
		"copies from there to standard output. Neither takes the segment's "
		"lock.\n",
	.options = options,
	.run = run,
};
