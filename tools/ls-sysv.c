/* SPDX-License-Identifier: MIT */
/* tools/ls-sysv.c - naru ls --sysv: what ipcs(1) prints */

#include <tools/ls.h>

#include <inttypes.h>
#include <naru/sysv.h>
#include <pwd.h>
#include <stdio.h>
#include <tools/report.h>

enum { OWNER_WIDTH = 10 };

static void print_start(const struct naru_sysv_entry *entry)
{
	const struct passwd *owner = getpwuid(entry->uid);
	char number[16];

	snprintf(number, sizeof(number), "%" PRIu32, entry->uid);
	printf("0x%08" PRIx32 " %-10d %-10.*s %-10" PRIo32, entry->key, entry->id,
	       OWNER_WIDTH, owner ? owner->pw_name : number, entry->mode);
}

static int print_queue(void *data, const struct naru_sysv_entry *entry)
{
	(void)data;
	print_start(entry);
	printf(" %-12" PRIu64 " %-12" PRIu64 "\n", entry->bytes, entry->messages);
	return 0;
}

static int print_segment(void *data, const struct naru_sysv_entry *entry)
{
	(void)data;
	print_start(entry);
	printf(" %-10" PRIu64 " %-10" PRIu64 " %-6s %-6s\n", entry->size,
	       entry->attachments, entry->removed ? "dest" : "",
	       entry->locked ? "locked" : "");
	return 0;
}

static int print_set(void *data, const struct naru_sysv_entry *entry)
{
	(void)data;
	print_start(entry);
	printf(" %-10" PRIu64 "\n", entry->size);
	return 0;
}

static const struct {
	enum naru_sysv_kind kind;
	const char *title;
	const char *columns;
	int (*print)(void *data, const struct naru_sysv_entry *entry);
} parts[] = {
	{NARU_SYSV_QUEUE, "Message Queues",
	 "key        msqid      owner      perms      used-bytes   messages    ",
	 print_queue},
	{NARU_SYSV_SEGMENT, "Shared Memory Segments",
	 "key        shmid      owner      perms      bytes      nattch     status      ",
	 print_segment},
	{NARU_SYSV_SET, "Semaphore Arrays",
	 "key        semid      owner      perms      nsems     ", print_set},
};

int nr_ls_sysv(struct nr_tool *tool)
{
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		int r;

		printf("\n------ %s --------\n%s\n", parts[i].title, parts[i].columns);
		r = naru_sysv_list(tool->space, parts[i].kind, parts[i].print, NULL);
		if (r < 0)
			return nr_space_failed(naru_space_path(tool->space), r);
	}
	putchar('\n');
	return NR_OK;
}
