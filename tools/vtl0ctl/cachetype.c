// SPDX-License-Identifier: GPL-2.0
/*
 * Finds out why memory is mapped uncached: an MTRR says so (/proc/mtrr), or an earlier
 * mapping of it is uncached, whose type x86 then gives every later one (its list of PAT
 * types is in debugfs).
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "cachetype.h"
#include "dev.h"
#include "die.h"
#include "text.h"

/* A line of either file: an address range and its type. */
struct entry {
	uint64_t start;
	uint64_t length;
	char type[32];
};

/* PAT: [mem 0x0000000100000000-0x0000000100001000] uncached-minus */
static bool read_memtype(const char *line, struct entry *e)
{
	uint64_t end;

	if (sscanf(line, "PAT: [mem %" SCNx64 "-%" SCNx64 "] %31s", &e->start, &end,
		   e->type) != 3 || end <= e->start)
		return false;
	e->length = end - e->start;
	return true;
}

/* reg00: base=0x0c0000000 ( 3072MB), size= 1024MB, count=1: uncachable */
static bool read_mtrr(const char *line, struct entry *e)
{
	const char *size = strstr(line, "size=");
	const char *type = strrchr(line, ' ');
	char unit;

	if (sscanf(line, "reg%*u: base=%" SCNx64, &e->start) != 1 || !size || !type)
		return false;
	if (sscanf(size, "size=%" SCNu64 "%cB", &e->length, &unit) != 2 ||
	    sscanf(type, " %31s", e->type) != 1)
		return false;
	e->length <<= unit == 'M' ? 20 : 10;
	return true;
}

/* Finds the first entry that overlaps and is not write-back. Closes @file. */
static bool find(FILE *file, bool (*read)(const char *line, struct entry *e),
		 uint64_t start, uint64_t length, struct entry *e)
{
	char *line = NULL;
	bool found = false;
	size_t size = 0;

	if (!file)
		return false;
	while (!found && getline(&line, &size, file) > 0)
		found = read(line, e) && strcmp(e->type, "write-back") &&
			e->start < start + length && start < e->start + e->length;
	free(line);
	fclose(file);
	return found;
}

char *cachetype_reason(uint64_t start, uint64_t length)
{
	struct entry e;

	if (find(dev_memtypes(), read_memtype, start, length, &e))
		return xasprintf("a program or driver maps %s %s (PAT)",
				 range_text(e.start, e.length).s, e.type);
	if (find(dev_mtrrs(), read_mtrr, start, length, &e))
		return xasprintf("an MTRR makes %s %s",
				 range_text(e.start, e.length).s, e.type);
	return NULL;
}
