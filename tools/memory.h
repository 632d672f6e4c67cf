/* SPDX-License-Identifier: MIT */
#ifndef NARU_TOOLS_MEMORY_H
#define NARU_TOOLS_MEMORY_H

/*
 * tools/memory.h - memory for a tool: when there is none left it says so and ends
 */

#include <stddef.h>

void *nr_allocate(size_t size); /* zeroed */
void *nr_reallocate(void *memory, size_t size);
char *nr_copy_text(const char *text);

#endif /* NARU_TOOLS_MEMORY_H */
