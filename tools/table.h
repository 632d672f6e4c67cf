/* SPDX-License-Identifier: MIT */
#ifndef NARU_TOOLS_TABLE_H
#define NARU_TOOLS_TABLE_H

/*
 * tools/table.h - rows of text in columns as wide as they need to be
 */

#include <stdio.h>

enum { NR_COLUMNS_MAX = 8 };

struct nr_table {
	int columns;
	unsigned int right; /* bit n: column n is set to the right */
	size_t rows;
	char ***cells; /* cells[row][column] */
};

/* @cells: as many strings as there are columns; copied. */
void nr_table_add(struct nr_table *table, const char *const *cells);

void nr_table_print(const struct nr_table *table, FILE *out);
void nr_table_free(struct nr_table *table);

#endif /* NARU_TOOLS_TABLE_H */
