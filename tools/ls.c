/* SPDX-License-Identifier: MIT */
/* tools/ls.c - naru ls: list the objects of a space */

#include <tools/command.h>

#include <inttypes.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <tools/json.h>
#include <tools/ls.h>
#include <tools/memory.h>
#include <tools/options.h>
#include <tools/report.h>
#include <tools/table.h>
#include <tools/units.h>

struct ls_options {
	bool json;
	bool sysv;
};

static const struct nr_option options[] = {
	{"json", 'j', NULL, "print JSON, with every number in full", NULL,
	 offsetof(struct ls_options, json)},
	{"sysv", 0, NULL, "the System V objects instead, as ipcs(1) prints them", NULL,
	 offsetof(struct ls_options, sysv)},
	{0},
};

struct object {
	char *name;
	enum naru_kind kind;
	uint32_t uid;
	uint32_t mode;
	uint64_t memory;
	bool known; /* the stat is there */
	struct naru_queue_stat stat;
	struct naru_segment_stat segment;
};

struct listing {
	size_t count;
	struct object *objects;
};

static int collect(void *data, const struct naru_entry *entry)
{
	struct listing *listing = data;

	listing->objects = nr_reallocate(listing->objects,
					 (listing->count + 1) * sizeof(struct object));
	listing->objects[listing->count++] = (struct object){
		.name = nr_copy_text(entry->name),
		.kind = entry->kind,
		.uid = entry->uid,
		.mode = entry->mode,
		.memory = entry->memory,
	};
	return 0;
}

static void look_into_segment(struct nr_tool *tool, struct object *object)
{
	struct naru_segment_options reading = NARU_INIT(reading, .flags = NARU_READ_ONLY);
	struct naru_segment *segment;

	object->segment = (struct naru_segment_stat){.size = sizeof(object->segment)};
	if (naru_segment_open(tool->space, object->name, &reading, &segment) < 0)
		return;
	object->known = naru_segment_stat(segment, &object->segment) == 0;
	naru_segment_close(segment);
}

/* What cannot be opened is listed all the same. */
static void look_into(struct nr_tool *tool, struct object *object)
{
	struct naru_queue *queue;

	if (object->kind == NARU_KIND_SEGMENT)
		look_into_segment(tool, object);

	object->stat = (struct naru_queue_stat){.size = sizeof(object->stat)};
	if (object->kind != NARU_KIND_QUEUE ||
	    naru_queue_open(tool->space, object->name, NULL, &queue) < 0)
		return;
	object->known = naru_queue_stat(queue, &object->stat) == 0;
	naru_queue_close(queue);
}

static int by_name(const void *left, const void *right)
{
	return strcmp(((const struct object *)left)->name,
		      ((const struct object *)right)->name);
}

static const char *kind_text(enum naru_kind kind)
{
	return kind == NARU_KIND_QUEUE	   ? "queue"
	       : kind == NARU_KIND_SEGMENT ? "segment"
	       : kind == NARU_KIND_SET	   ? "set"
					   : "unknown";
}

static const char *owner_text(uint32_t uid, char *text)
{
	const struct passwd *entry = getpwuid(uid);

	if (entry)
		return entry->pw_name;
	snprintf(text, NR_UNIT_MAX, "%" PRIu32, uid);
	return text;
}

static void add_row(struct nr_table *table, const struct object *object)
{
	const struct naru_queue_stat *stat = &object->stat;
	char messages[NR_UNIT_MAX] = "-", bytes[NR_UNIT_MAX] = "-";
	char capacity[NR_UNIT_MAX] = "-", used[NR_UNIT_MAX] = "-";
	char mode[8], owner[NR_UNIT_MAX];

	if (object->known && object->kind == NARU_KIND_SEGMENT) {
		nr_print_size(object->segment.length, bytes);
		snprintf(used, sizeof(used), "%" PRIu64 " attached",
			 object->segment.attachments);
	} else if (object->known) {
		nr_print_count(stat->messages, messages);
		nr_print_size(stat->bytes, bytes);
		nr_print_size(stat->capacity, capacity);
		snprintf(used, sizeof(used), "%.0f%%",
			 100.0 * (double)(stat->bytes + stat->held_bytes) /
				 (double)stat->capacity);
	}
	snprintf(mode, sizeof(mode), "%04o", object->mode & 07777);
	nr_table_add(table, (const char *[]){object->name, kind_text(object->kind),
					     messages, bytes, capacity, used, mode,
					     owner_text(object->uid, owner)});
}

static void print_table(const struct listing *listing)
{
	struct nr_table table = {.columns = 8, .right = 0x3c};

	nr_table_add(&table, (const char *[]){"NAME", "KIND", "MESSAGES", "BYTES",
					      "CAPACITY", "USED", "MODE", "OWNER"});
	for (size_t i = 0; i < listing->count; i++)
		add_row(&table, &listing->objects[i]);
	nr_table_print(&table, stdout);
	nr_table_free(&table);
}

static void print_json(struct nr_tool *tool, const struct listing *listing)
{
	struct json_object *root = json_object_new_object();
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < listing->count; i++) {
		const struct object *object = &listing->objects[i];
		struct json_object *entry = json_object_new_object();
		char mode[8];

		nr_json_text(entry, "name", object->name);
		nr_json_text(entry, "kind", kind_text(object->kind));
		if (object->known && object->kind == NARU_KIND_SEGMENT) {
			nr_json_segment(entry, &object->segment);
		} else if (object->known) {
			nr_json_queue(entry, &object->stat);
		} else {
			snprintf(mode, sizeof(mode), "%04o", object->mode & 07777);
			nr_json_number(entry, "uid", object->uid);
			nr_json_text(entry, "mode", mode);
			nr_json_number(entry, "memory", object->memory);
		}
		json_object_array_add(array, entry);
	}
	nr_json_text(root, "space", naru_space_path(tool->space));
	json_object_object_add(root, "objects", array);
	nr_json_print(root);
}

static int run(struct nr_tool *tool, int argc, char **argv)
{
	struct ls_options given = {0};
	struct listing listing = {0};
	int first = nr_options_parse(tool, &nr_command_ls, argc, argv, &given);
	int status, r;

	if (first <= 0)
		return -first;
	if (argc > first + 1)
		return nr_bad_usage(&nr_command_ls, "it lists one space at a time");
	if (given.sysv && given.json)
		return nr_bad_usage(&nr_command_ls, "give either --json or --sysv");
	if (argc > first)
		tool->space_path = argv[first];
	status = nr_tool_open_space(tool);
	if (status != NR_OK)
		return status;
	if (given.sysv)
		return nr_ls_sysv(tool);
	r = naru_space_list(tool->space, collect, &listing);
	if (r < 0) {
		status = nr_space_failed(naru_space_path(tool->space), r);
	} else {
		for (size_t i = 0; i < listing.count; i++)
			look_into(tool, &listing.objects[i]);
		if (listing.count > 0)
			qsort(listing.objects, listing.count, sizeof(struct object),
			      by_name);
		if (given.json)
			print_json(tool, &listing);
		else
			print_table(&listing);
	}
	for (size_t i = 0; i < listing.count; i++)
		free(listing.objects[i].name);
	free(listing.objects);
	return status;
}

const struct nr_command nr_command_ls = {
	.name = "ls",
	.usage = "[--json | --sysv] [SPACE]",
	.summary = "list the queues and segments of a space",
	.text = "SPACE is a directory, or the URL of a server; default: that of "
		"--space.\n"
		"Numbers are shown of queues that may be read and written, and of "
		"segments\nthat may be read, else a dash.\n",
	.options = options,
	.run = run,
};
