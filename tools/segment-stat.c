/* SPDX-License-Identifier: MIT */
/* tools/segment-stat.c - naru segment stat: all there is to know about one segment */

#include <tools/segment.h>

#include <inttypes.h>
#include <stdio.h>
#include <tools/fields.h>
#include <tools/json.h>
#include <tools/report.h>
#include <tools/units.h>

static void print_lock(const struct naru_segment_stat *stat)
{
	static const char *const damages[] = {
		"", "; a process died with it: the next owner is told",
		"; given up after a process had died with it: nobody gets it any more"};

	if (stat->lock_owner != 0)
		printf("lock           held by process %" PRId32 "%s\n", stat->lock_owner,
		       damages[stat->damaged % 3]);
	else
		printf("lock           free%s\n", damages[stat->damaged % 3]);
}

static void print_text(struct nr_tool *tool, const char *name,
		       const struct naru_segment_stat *stat)
{
	char one[NR_UNIT_MAX], two[NR_UNIT_MAX];

	printf("segment        %s in %s\n", name, naru_space_path(tool->space));
	printf("size           %s%s\n", nr_print_size(stat->length, one),
	       stat->huge ? ", of huge pages" : "");
	printf("attached       %s times\n", nr_print_count(stat->attachments, one));
	print_lock(stat);
	printf("latest value   up to %s, written %s times\n",
	       nr_print_size(stat->latest, one), nr_print_count(stat->sequence, two));
	nr_field_use("created", stat->created, stat->creator);
	nr_field_use("changed", stat->changed, 0);
	nr_field_use("last attach", stat->last_attach, stat->last_attacher);
	nr_field_use("last detach", stat->last_detach, stat->last_detacher);
	nr_field_permissions(stat->mode, stat->uid, stat->gid);
	printf("memory         %s\n", nr_print_size(stat->memory, one));
}

static void print_json(struct nr_tool *tool, const char *name,
		       const struct naru_segment_stat *stat)
{
	struct json_object *root = json_object_new_object();

	nr_json_text(root, "name", name);
	nr_json_text(root, "space", naru_space_path(tool->space));
	nr_json_segment(root, stat);
	nr_json_print(root);
}

int nr_segment_show(struct nr_tool *tool, const char *name,
		    const struct nr_segment_options *given)
{
	struct naru_segment_stat stat = {.size = sizeof(stat)};
	struct naru_segment *segment;
	int status = nr_tool_open_segment(tool, name, NARU_READ_ONLY, &segment), r;

	if (status != NR_OK)
		return status;
	r = naru_segment_stat(segment, &stat);
	if (r < 0)
		status = nr_segment_failed(tool, name, r);
	else if (given->json)
		print_json(tool, name, &stat);
	else
		print_text(tool, name, &stat);
	naru_segment_close(segment);
	return status;
}
