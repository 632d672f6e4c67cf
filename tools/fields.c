/* SPDX-License-Identifier: MIT */
/* tools/fields.c - what is known of an object: the lines that all kinds have */

#include <tools/fields.h>

#include <inttypes.h>
#include <stdio.h>
#include <tools/units.h>

void nr_field_use(const char *label, int64_t time, int32_t pid)
{
	char text[NR_UNIT_MAX];

	printf("%-14s %s", label, nr_print_time(time, text));
	if (pid != 0)
		printf(" by process %" PRId32, pid);
	putchar('\n');
}

void nr_field_permissions(uint32_t mode, uint32_t uid, uint32_t gid)
{
	printf("permissions    %04o, user %" PRIu32 ", group %" PRIu32 "\n", mode & 07777,
	       uid, gid);
}
