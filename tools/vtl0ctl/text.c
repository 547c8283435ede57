// SPDX-License-Identifier: GPL-2.0
/* Values as text, and a table with aligned columns. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/vtl0.h>

#include "die.h"
#include "text.h"
#include "vtl0ctl.h"

static const char suffixes[] = "\0KMGT";

struct text addr_text(uint64_t addr)
{
	struct text t;

	snprintf(t.s, sizeof(t.s), "0x%" PRIx64, addr);
	return t;
}

struct text size_text(uint64_t size)
{
	unsigned int i = 0;
	struct text t;

	while (size && !(size % 1024) && suffixes[i + 1]) {
		size /= 1024;
		i++;
	}
	snprintf(t.s, sizeof(t.s), "%" PRIu64 "%.1s", size, &suffixes[i]);
	return t;
}

struct text about_text(uint64_t size)
{
	uint64_t tenths = 0;
	unsigned int i = 0;
	struct text t;

	while (size >= 1024 && suffixes[i + 1]) {
		tenths = size % 1024 * 10 / 1024;
		size /= 1024;
		i++;
	}
	if (tenths)
		snprintf(t.s, sizeof(t.s), "%" PRIu64 ".%" PRIu64 "%.1s", size,
			 tenths, &suffixes[i]);
	else
		snprintf(t.s, sizeof(t.s), "%" PRIu64 "%.1s", size, &suffixes[i]);
	return t;
}

struct text cookie_text(const uint8_t cookie[16])
{
	struct text t = { "" };
	bool any = false;
	size_t at = 0;
	int i;

	for (i = 0; i < 16; i++) {
		any |= cookie[i];
		at += sprintf(t.s + at, "%s%02x", i >= 4 && i <= 10 && !(i % 2) ? "-" : "",
			      cookie[i]);
	}
	return any ? t : (struct text) { "" };
}

struct text range_text(uint64_t start, uint64_t length)
{
	struct text t, size = size_text(length);

	/* At most 18 + 1 + 21 characters; gcc knows the last number only by the ".24". */
	snprintf(t.s, sizeof(t.s), "0x%" PRIx64 "+%.24s", start, size.s);
	return t;
}

const char *state_text(uint32_t state)
{
	switch (state) {
	case VTL0_STATE_ADDING:
		return "adding";
	case VTL0_STATE_LIVE:
		return "live";
	case VTL0_STATE_REMOVING:
		return "removing";
	case VTL0_STATE_DRAINING:
		return "draining";
	}
	return "unknown";
}

void table_cell(struct table *table, const char *fmt, ...)
{
	va_list args;

	table->cells = xrealloc(table->cells, table->nr_cells + 1,
				sizeof(*table->cells));
	va_start(args, fmt);
	table->cells[table->nr_cells++] = xvasprintf(fmt, args);
	va_end(args);
}

static int column_width(const struct table *table, size_t column)
{
	size_t width = strlen(table->columns[column] + 1), len, i;

	for (i = column; i < table->nr_cells; i += table->nr_columns) {
		len = strlen(table->cells[i]);
		if (len > width)
			width = len;
	}
	return width;
}

static void print_cell(const struct table *table, size_t column, int width,
		       const char *cell)
{
	bool last = column + 1 == table->nr_columns;

	if (table->columns[column][0] == '>')
		printf("%*s", width, cell);
	else
		printf("%-*s", last ? 0 : width, cell);
	fputs(last ? "\n" : "  ", stdout);
}

void table_print(const struct table *table)
{
	int *widths = xrealloc(NULL, table->nr_columns, sizeof(*widths));
	size_t i;

	for (i = 0; i < table->nr_columns; i++)
		widths[i] = column_width(table, i);
	for (i = 0; i < table->nr_columns; i++)
		print_cell(table, i, widths[i], table->columns[i] + 1);
	for (i = 0; i < table->nr_cells; i++)
		print_cell(table, i % table->nr_columns,
			   widths[i % table->nr_columns], table->cells[i]);
	free(widths);
}

void table_free(struct table *table)
{
	size_t i;

	for (i = 0; i < table->nr_cells; i++)
		free(table->cells[i]);
	free(table->cells);
	table->cells = NULL;
	table->nr_cells = 0;
}
