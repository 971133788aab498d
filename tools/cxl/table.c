// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tables that fit the terminal: where there is no room, columns are left out, and
 * what still does not fit is cut. Without a terminal all of it is printed.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "capi.h"
#include "table.h"

#define GAP "  "

static int window(bool height)
{
	const char *variable = getenv(height ? "LINES" : "COLUMNS");
	struct winsize size;
	int value = 0;

	if (!isatty(STDOUT_FILENO))
		return 0;
	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size))
		value = height ? size.ws_row : size.ws_col;
	if (!value && variable)
		value = atoi(variable);
	if (value > 0)
		return value;
	return height ? 24 : 80;
}

/* Columns of the terminal on standard output, 0 if it is something else. */
int capi_width(void)
{
	return window(false);
}

int capi_height(void)
{
	return window(true);
}

void capi_table_begin(struct capi_table *table, const struct capi_column *columns, size_t count)
{
	memset(table, 0, sizeof(*table));
	table->columns = columns;
	table->count = count;
	table->titles = true;
}

/* A row: one text for each column; NULL is shown as "-". */
void capi_table_add(struct capi_table *table, ...)
{
	size_t i, first = table->rows * table->count;
	const char *text;
	va_list args;

	table->cells = capi_realloc(table->cells,
				    (first + table->count) * sizeof(*table->cells));
	va_start(args, table);
	for (i = 0; i < table->count; i++) {
		text = va_arg(args, const char *);
		table->cells[first + i] = capi_strdup(text ? text : "-");
	}
	va_end(args);
	table->rows++;
}

static int total_width(const struct capi_table *table, const int *widths)
{
	int total = 0;
	size_t i;

	for (i = 0; i < table->count; i++) {
		if (widths[i])
			total += widths[i] + (total ? strlen(GAP) : 0);
	}
	return total;
}

static void measure(const struct capi_table *table, int *widths)
{
	size_t row, i;
	int len;

	for (i = 0; i < table->count; i++) {
		widths[i] = table->titles ? strlen(table->columns[i].title) : 1;
		for (row = 0; row < table->rows; row++) {
			len = strlen(table->cells[row * table->count + i]);
			if (len > widths[i])
				widths[i] = len;
		}
	}
}

/* A column of width 0 is left out. */
static void leave_out(const struct capi_table *table, int *widths, int width)
{
	size_t i, worst;

	while (width && total_width(table, widths) > width) {
		worst = table->count;
		for (i = 0; i < table->count; i++) {
			if (!widths[i] || !table->columns[i].rank)
				continue;
			if (worst == table->count ||
			    table->columns[i].rank > table->columns[worst].rank)
				worst = i;
		}
		if (worst == table->count)
			return;
		widths[worst] = 0;
	}
}

static void print_row(const struct capi_table *table, const int *widths, int width,
		      char *const *cells)
{
	char *line __autofree = capi_strdup("");
	const char *cell;
	char *longer;
	size_t i, len;

	for (i = 0; i < table->count; i++) {
		if (!widths[i])
			continue;
		cell = cells ? cells[i] : table->columns[i].title;
		longer = capi_print("%s%s%*s", line, *line ? GAP : "",
				    table->columns[i].right ? widths[i] : -widths[i], cell);
		free(line);
		line = longer;
	}
	len = strlen(line);
	if (width && len > (size_t)width)
		len = width;
	while (len && line[len - 1] == ' ')
		len--;
	printf("%.*s\n", (int)len, line);
}

/**
 * capi_table_print() - print a table
 * @table: the table
 * @width: columns there are, 0 for any number
 */
void capi_table_print(const struct capi_table *table, int width)
{
	int widths[CAPI_COLUMNS_MAX];
	size_t row;

	measure(table, widths);
	leave_out(table, widths, width);
	if (table->titles)
		print_row(table, widths, width, NULL);
	for (row = 0; row < table->rows; row++)
		print_row(table, widths, width, &table->cells[row * table->count]);
}

void capi_table_end(struct capi_table *table)
{
	size_t i;

	for (i = 0; i < table->rows * table->count; i++)
		free(table->cells[i]);
	free(table->cells);
	table->cells = NULL;
	table->rows = 0;
}
