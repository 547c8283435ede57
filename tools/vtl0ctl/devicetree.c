// SPDX-License-Identifier: GPL-2.0
/*
 * Finds the ranges that the devicetree reserves. The kernel shows each node as a directory and
 * each property as a file: cells, which are big-endian words of 32 bits, or strings.
 */
#include <dirent.h>
#include <endian.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dev.h"
#include "devicetree.h"
#include "die.h"
#include "vtl0ctl.h"

#define MAX_CELLS 256		/* of a property; the kernel reserves 64 regions at most */

struct cells {
	uint32_t v[MAX_CELLS];
	size_t nr;
};

/* Opens "/NODE/PROPERTY"; returns NULL without it. */
static FILE *open_property(const char *node, const char *property)
{
	char *path = xasprintf("%s%s/%s", dev_devicetree(), node, property);
	FILE *file = fopen(path, "re");

	free(path);
	return file;
}

/* Returns whether the property is there and has whole cells. */
static bool read_cells(const char *node, const char *property, struct cells *cells)
{
	unsigned char bytes[sizeof(cells->v) + 1];
	FILE *file = open_property(node, property);
	size_t size, i;

	if (!file)
		return false;
	size = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	cells->nr = size / sizeof(uint32_t);
	memcpy(cells->v, bytes, cells->nr * sizeof(uint32_t));
	for (i = 0; i < cells->nr; i++)
		cells->v[i] = be32toh(cells->v[i]);
	return size && size % sizeof(uint32_t) == 0;
}

/* #address-cells or #size-cells of /reserved-memory: 1 or 2; 0 if it is none of these. */
static uint32_t cells_of(const char *property)
{
	struct cells cells;

	if (!read_cells("/reserved-memory", property, &cells) || cells.nr != 1 || cells.v[0] > 2)
		return 0;
	return cells.v[0];
}

static uint64_t number_at(const uint32_t *cells, uint32_t nr)
{
	return nr == 2 ? (uint64_t)cells[0] << 32 | cells[1] : cells[0];
}

static bool is_disabled(const char *node)
{
	FILE *file = open_property(node, "status");
	char status[16] = "";

	if (!file)
		return false;
	if (!fgets(status, sizeof(status), file))
		status[0] = '\0';
	fclose(file);
	return strcmp(status, "okay") && strcmp(status, "ok");
}

static bool is_node(const char *node)
{
	char *path = xasprintf("%s%s/.", dev_devicetree(), node);
	bool found = !access(path, F_OK);

	free(path);
	return found;
}

/* Appends what reg of @node says. */
static const char *append_reg(const char *node, struct ranges *ranges)
{
	uint32_t address = cells_of("#address-cells"), size = cells_of("#size-cells");
	struct cells reg;
	size_t i;

	if (is_disabled(node))
		return "the devicetree disables the node";
	if (!read_cells(node, "reg", &reg))
		return "the node has no usable reg";
	if (!address || !size)
		return "#address-cells or #size-cells of /reserved-memory is not 1 or 2";
	if (reg.nr % (address + size))
		return "reg of the node ends within a range";
	for (i = 0; i < reg.nr; i += address + size) {
		struct range range = {
			number_at(&reg.v[i], address), number_at(&reg.v[i + address], size)
		};

		if (!range.length || range.start + range.length < range.start)
			return "reg of the node has a range that is empty or beyond 64 bits";
		ranges->v = xrealloc(ranges->v, ranges->nr + 1, sizeof(range));
		ranges->v[ranges->nr++] = range;
	}
	return NULL;
}

/* The node in /reserved-memory that has this phandle, to be freed, or NULL. */
static char *find_phandle(uint32_t phandle)
{
	char *path = xasprintf("%s/reserved-memory", dev_devicetree()), *node = NULL;
	DIR *dir = opendir(path);
	struct dirent *entry;
	struct cells cells;

	free(path);
	while (dir && !node && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		node = xasprintf("/reserved-memory/%s", entry->d_name);
		if (read_cells(node, "phandle", &cells) && cells.nr == 1 && cells.v[0] == phandle)
			break;
		free(node);
		node = NULL;
	}
	if (dir)
		closedir(dir);
	return node;
}

/* Appends the regions that memory-region of a device names. */
static const char *append_regions(const struct cells *phandles, struct ranges *ranges)
{
	const char *wrong = NULL;
	size_t i;

	for (i = 0; !wrong && i < phandles->nr; i++) {
		char *node = find_phandle(phandles->v[i]);

		wrong = node ? append_reg(node, ranges) :
			       "its memory-region names no node in /reserved-memory";
		free(node);
	}
	return wrong;
}

static const char *append_node(const char *name, struct ranges *ranges)
{
	char *node = xasprintf("%s%s", *name == '/' ? "" : "/reserved-memory/", name);
	const char *wrong;
	struct cells cells;

	if (!is_node(""))
		wrong = "this machine has no devicetree";
	else if (!*name || !is_node(node))
		wrong = "the devicetree has no such node";
	else if (read_cells(node, "memory-region", &cells))
		wrong = append_regions(&cells, ranges);
	else if (!strncmp(node, "/reserved-memory/", 17))
		wrong = append_reg(node, ranges);
	else
		wrong = "the node has no memory-region, and is not in /reserved-memory";
	free(node);
	return wrong;
}

const char *devicetree_ranges(const char *arg, struct ranges *ranges)
{
	/* no name of a node has a colon */
	size_t before = ranges->nr, length = strcspn(arg, ":");
	char *name = xasprintf("%.*s", (int)length, arg);
	const char *wrong = NULL;
	uint32_t index = 0;

	if (arg[length])
		wrong = parse_number(arg + length + 1, INT_MAX, &index);
	if (!wrong)
		wrong = append_node(name, ranges);
	if (!wrong && arg[length] && index >= ranges->nr - before)
		wrong = "the node has fewer ranges: the first is :0";
	if (!wrong && arg[length]) {
		ranges->v[before] = ranges->v[before + index];
		ranges->nr = before + 1;
	}
	if (wrong)
		ranges->nr = before;
	free(name);
	return wrong;
}

const char *devicetree_range(const char *arg, struct range *range)
{
	struct ranges ranges = { };
	const char *wrong = devicetree_ranges(arg, &ranges);

	if (!wrong && ranges.nr > 1)
		wrong = "the node has several ranges: write :0 behind it for the first";
	if (!wrong)
		*range = ranges.v[0];
	free(ranges.v);
	return wrong;
}
