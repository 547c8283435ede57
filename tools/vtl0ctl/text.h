/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Values as text, and a table with aligned columns. The functions return an
 * array by value, so that several fit into one printf(): addr_text(x).s
 */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
	char s[48];
};

struct text addr_text(uint64_t addr);		/* 0x40000000 */
struct text size_text(uint64_t size);		/* exact: 514M, 4097 */
struct text about_text(uint64_t size);		/* rounded down: 1.5G */
struct text range_text(uint64_t start, uint64_t length); /* 0x40000000+1G */

struct text cookie_text(const uint8_t cookie[16]);	/* as a UUID; empty if all 0 */

const char *state_text(uint32_t state);

/* Cells are added row by row; columns start with '<' (left) or '>' (right). */
struct table {
	const char *const *columns;
	size_t nr_columns;
	char **cells;
	size_t nr_cells;
};

void table_cell(struct table *table, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void table_print(const struct table *table);
void table_free(struct table *table);

#endif
