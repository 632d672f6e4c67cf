/* SPDX-License-Identifier: MIT */
/* tools/table.c - rows of text in columns as wide as they need to be */

#include <tools/table.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <tools/memory.h>
#include <tools/report.h>

void nr_table_add(struct nr_table *table, const char *const *cells)
{
	char **row = nr_allocate((size_t)table->columns * sizeof(*row));

	for (int i = 0; i < table->columns; i++) {
		row[i] = nr_copy_text(cells[i]);
		nr_make_plain(row[i]);
	}
	table->cells =
		nr_reallocate(table->cells, (table->rows + 1) * sizeof(*table->cells));
	table->cells[table->rows++] = row;
}

void nr_table_print(const struct nr_table *table, FILE *out)
{
	int widths[NR_COLUMNS_MAX] = {0};

	for (size_t row = 0; row < table->rows; row++) {
		for (int i = 0; i < table->columns; i++) {
			int length = (int)strlen(table->cells[row][i]);

			if (length > widths[i])
				widths[i] = length;
		}
	}
	for (size_t row = 0; row < table->rows; row++) {
		for (int i = 0; i < table->columns; i++) {
			bool last = i == table->columns - 1;
			int width = table->right & 1u << i ? widths[i] : -widths[i];

			fprintf(out, "%*s%s", last && width < 0 ? 0 : width,
				table->cells[row][i], last ? "\n" : "  ");
		}
	}
}

void nr_table_free(struct nr_table *table)
{
	for (size_t row = 0; row < table->rows; row++) {
		for (int i = 0; i < table->columns; i++)
			free(table->cells[row][i]);
		free(table->cells[row]);
	}
	free(table->cells);
	table->cells = NULL;
	table->rows = 0;
}
