/* SPDX-License-Identifier: MIT */
/* tools/memory.c - memory for a tool: when there is none left it says so and ends */

#include <tools/memory.h>

#include <stdlib.h>
#include <string.h>
#include <tools/report.h>

static void *checked(void *memory)
{
	if (!memory)
		exit(nr_failed("no memory left; end other programs, then try again"));
	return memory;
}

void *nr_allocate(size_t size)
{
	return checked(calloc(1, size));
}

void *nr_reallocate(void *memory, size_t size)
{
	return checked(realloc(memory, size));
}

char *nr_copy_text(const char *text)
{
	return checked(strdup(text));
}
