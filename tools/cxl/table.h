/* SPDX-License-Identifier: GPL-2.0-only */
/* Tables that fit the terminal. */
#ifndef CAPI_TABLE_H
#define CAPI_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#define CAPI_COLUMNS_MAX 16

/**
 * struct capi_column - a column of a table
 * @title: its heading
 * @right: numbers, aligned to the right
 * @rank: columns of a higher rank are left out first where there is no room;
 *	those of rank 0 stay
 */
struct capi_column {
	const char *title;
	bool right;
	int rank;
};

/**
 * struct capi_table - a table
 * @columns: the columns
 * @count: how many
 * @rows: number of rows
 * @cells: @rows * @count texts
 * @titles: print the headings
 */
struct capi_table {
	const struct capi_column *columns;
	size_t count;
	size_t rows;
	char **cells;
	bool titles;
};

int capi_width(void);
int capi_height(void);
void capi_table_begin(struct capi_table *table, const struct capi_column *columns,
		      size_t count);
void capi_table_add(struct capi_table *table, ...);
void capi_table_print(const struct capi_table *table, int width);
void capi_table_end(struct capi_table *table);

#endif /* CAPI_TABLE_H */
