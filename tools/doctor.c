/* SPDX-License-Identifier: MIT */
/* tools/doctor.c - naru doctor: find what is wrong in a space, and mend it */

#include <tools/command.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <tools/away.h>
#include <tools/json.h>
#include <tools/memory.h>
#include <tools/options.h>
#include <tools/program.h>
#include <tools/report.h>
#include <tools/units.h>

struct doctor_options {
	bool repair;
	bool json;
};

#define FIELD(name) offsetof(struct doctor_options, name)

static const struct nr_option options[] = {
	{"repair", 'r', NULL, "put right what can be, without losing messages", NULL,
	 FIELD(repair)},
	{"json", 'j', NULL, "print JSON", NULL, FIELD(json)},
	{0},
};

static const char *severity_text(enum naru_severity severity)
{
	switch (severity) {
	case NARU_SEVERITY_OK:
		return "ok";
	case NARU_SEVERITY_NOTICE:
		return "notice";
	case NARU_SEVERITY_WARNING:
		return "warning";
	case NARU_SEVERITY_ERROR:
		return "error";
	}
	return "unknown";
}

static void print_finding(void *data, const struct naru_finding *finding)
{
	char *object = nr_copy_text(finding->object ? finding->object : "");

	(void)data;
	nr_make_plain(object);
	printf("%-8s  %s%s%s\n",
	       finding->repaired ? "repaired" : severity_text(finding->severity), object,
	       finding->object ? ": " : "", finding->text);
	free(object);
}

static void add_finding(void *data, const struct naru_finding *finding)
{
	struct json_object *entry = json_object_new_object();

	nr_json_text(entry, "severity", severity_text(finding->severity));
	nr_json_text(entry, "object", finding->object);
	nr_json_text(entry, "text", finding->text);
	json_object_object_add(entry, "repaired",
			       json_object_new_boolean(finding->repaired));
	json_object_array_add(data, entry);
}

static void print_space(const char *path, const struct naru_space_stat *stat)
{
	char memory[NR_UNIT_MAX], size[NR_UNIT_MAX], room[NR_UNIT_MAX];

	printf("space     %s: %" PRIu32 " object%s of %s, used by %" PRIu32 " of %" PRIu32
	       " processes, %s of %s free\n",
	       path, stat->objects, stat->objects == 1 ? "" : "s",
	       nr_print_size(stat->memory, memory), stat->peers, stat->peers_max,
	       nr_print_size(stat->filesystem_free, room),
	       nr_print_size(stat->filesystem_size, size));
}

static void add_space(struct json_object *root, const struct naru_space_stat *stat)
{
	nr_json_number(root, "peers", stat->peers);
	nr_json_number(root, "peers_stale", stat->peers_stale);
	nr_json_number(root, "peers_max", stat->peers_max);
	nr_json_number(root, "objects", stat->objects);
	nr_json_number(root, "memory", stat->memory);
	nr_json_number(root, "filesystem_size", stat->filesystem_size);
	nr_json_number(root, "filesystem_free", stat->filesystem_free);
}

static int check_json(struct nr_tool *tool, int flags, const struct naru_space_stat *stat)
{
	struct json_object *root = json_object_new_object();
	struct json_object *findings = json_object_new_array();
	int left = naru_space_check(tool->space, flags, add_finding, findings);

	nr_json_text(root, "space", naru_space_path(tool->space));
	add_space(root, stat);
	json_object_object_add(root, "findings", findings);
	if (left >= 0) {
		nr_json_number(root, "problems", (uint64_t)left);
		nr_json_print(root);
	} else {
		json_object_put(root);
	}
	return left;
}

static int check_text(struct nr_tool *tool, int flags, const struct naru_space_stat *stat)
{
	int left;

	print_space(naru_space_path(tool->space), stat);
	left = naru_space_check(tool->space, flags, print_finding, NULL);
	if (left == 0)
		puts("ok        nothing is wrong");
	else if (left > 0)
		printf("%d left to put right%s\n", left,
		       flags & NARU_CHECK_REPAIR
			       ? ""
			       : "; do what the lines say, or try: naru "
				 "doctor --repair");
	return left;
}

static const char *obstacle_text(enum nr_obstacle obstacle)
{
	switch (obstacle) {
	case NR_OBSTACLE_NONE:
		break;
	case NR_OBSTACLE_MISSING:
		return "there is no such program";
	case NR_OBSTACLE_UNREADABLE:
		return "it cannot be read, so nobody knows";
	case NR_OBSTACLE_STATIC:
		return "it is linked statically, and loads no library: link it again "
		       "with "
		       "-lnaru-sysv";
	case NR_OBSTACLE_PRIVILEGED:
		return "it gets a user, a group or capabilities when it starts, and then "
		       "nothing is preloaded: link it with -lnaru-sysv, or start it as "
		       "that user";
	case NR_OBSTACLE_FOREIGN:
		return "it is no program, or one of another machine, word size or C "
		       "library than naru";
	case NR_OBSTACLE_RAW:
		return "it seems to make System V calls by an instruction of its own, "
		       "which cannot be taken over";
	}
	return NULL;
}

/* naru doctor -- PROGRAM: can naru run help it? */
static int check_program(const char *name)
{
	char path[PATH_MAX] = "";
	enum nr_obstacle obstacle = nr_program_look(name, path);
	const char *text = obstacle_text(obstacle);

	if (!text) {
		printf("ok        %s: naru run can run it\n", path);
		return NR_OK;
	}
	printf("%-8s  %s: %s\n", obstacle == NR_OBSTACLE_RAW ? "warning" : "error",
	       path[0] ? path : name, text);
	return NR_FAILED;
}

static int run(struct nr_tool *tool, int argc, char **argv)
{
	struct doctor_options given = {0};
	struct naru_space_stat stat = {.size = sizeof(stat)};
	int first = nr_options_parse(tool, &nr_command_doctor, argc, argv, &given);
	int status, r;

	if (first <= 0)
		return -first;
	if (argc == first + 1 && (given.repair || given.json))
		return nr_bad_usage(&nr_command_doctor,
				    "--repair and --json are for a space, not for a "
				    "program; another space is given with --space");
	if (argc == first + 1)
		return check_program(argv[first]);
	if (argc > first)
		return nr_bad_usage(&nr_command_doctor,
				    "it takes one program, without arguments; another "
				    "space is given with --space");
	status = nr_tool_open_space(tool);
	if (status != NR_OK)
		return status;
	r = nr_is_away(tool, "") ? -EOPNOTSUPP : naru_space_stat(tool->space, &stat);
	if (r == 0) {
		int flags = given.repair ? NARU_CHECK_REPAIR : 0;

		r = given.json ? check_json(tool, flags, &stat)
			       : check_text(tool, flags, &stat);
	}
	if (r < 0)
		return nr_space_failed(naru_space_path(tool->space), r);
	return r > 0 ? NR_FAILED : NR_OK;
}

const struct nr_command nr_command_doctor = {
	.name = "doctor",
	.usage = "[--repair] [--json] | PROGRAM",
	.summary = "find what is wrong in a space, and mend it",
	.text = "Ends with 1 when something is left to put right. With PROGRAM: can naru "
		"run help it?\n",
	.options = options,
	.run = run,
};
