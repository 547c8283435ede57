// SPDX-License-Identifier: GPL-2.0
/* Prints the measurements as a table or as JSON. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "tap.h"

struct row {
	const char *section;
	char name[64];
	const char *unit;
	double vtl0;
	double other;
};

static struct row rows[128];
static unsigned int nr_rows;

void add_row(const char *section, const char *name, const char *unit, double vtl0,
	     double other)
{
	struct row *r = &rows[nr_rows++];

	if (nr_rows == ARRAY_SIZE(rows))
		die("too many results");
	r->section = section;
	snprintf(r->name, sizeof(r->name), "%s", name);
	r->unit = unit;
	r->vtl0 = vtl0;
	r->other = other;
}

void print_table(void)
{
	const char *mark = check ? "# " : "";
	const char *section = "";
	unsigned int i;

	for (i = 0; i < nr_rows; i++) {
		struct row *r = &rows[i];

		if (strcmp(section, r->section)) {
			section = r->section;
			printf("%s\n%s%-46s %12s %12s %8s\n", check ? "#" : "", mark,
			       section, "vtl0", "other", "ratio");
		}
		printf("%s  %-32s %11s %12.2f", mark, r->name, r->unit, r->vtl0);
		if (r->other)
			printf(" %12.2f %8.3f", r->other, r->vtl0 / r->other);
		putchar('\n');
	}
}

void print_json(void)
{
	unsigned int i;

	printf("[\n");
	for (i = 0; i < nr_rows; i++)
		printf("  {\"section\": \"%s\", \"name\": \"%s\", \"unit\": \"%s\", \"vtl0\": %.3f, \"other\": %.3f}%s\n",
		       rows[i].section, rows[i].name, rows[i].unit, rows[i].vtl0,
		       rows[i].other, i + 1 < nr_rows ? "," : "");
	printf("]\n");
}

void progress(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("# ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
}
