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

#define MAX_CELLS 256		/* of a property: its value is read into a buffer of this size */

struct cells {
	uint32_t v[MAX_CELLS];
	size_t nr;
};

enum reading { READ, ABSENT, BROKEN, LONG };

/* Opens "/NODE/PROPERTY"; returns NULL without it. */
static FILE *open_property(const char *node, const char *property)
{
	char *path = xasprintf("%s%s/%s", dev_devicetree(), node, property);
	FILE *file = fopen(path, "re");

	free(path);
	return file;
}

static bool has_property(const char *node, const char *property)
{
	char *path = xasprintf("%s%s/%s", dev_devicetree(), node, property);
	bool found = !access(path, F_OK);

	free(path);
	return found;
}

static bool is_node(const char *node)
{
	return has_property(node, ".");
}

/* LONG if there are more than MAX_CELLS, BROKEN if there is none or the last one is not whole. */
static enum reading read_cells(const char *node, const char *property, struct cells *cells)
{
	unsigned char bytes[sizeof(cells->v) + 1];
	FILE *file = open_property(node, property);
	size_t size, i;

	if (!file)
		return ABSENT;
	size = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	if (size > sizeof(cells->v))
		return LONG;
	if (!size || size % sizeof(uint32_t))
		return BROKEN;
	cells->nr = size / sizeof(uint32_t);
	memcpy(cells->v, bytes, size);
	for (i = 0; i < cells->nr; i++)
		cells->v[i] = be32toh(cells->v[i]);
	return READ;
}

/* #address-cells or #size-cells: 1 or 2; 0 if it is none of these. */
static uint32_t cells_of(const char *node, const char *property)
{
	struct cells cells;
	enum reading reading = read_cells(node, property, &cells);

	/* what the kernel takes for a root without it */
	if (reading == ABSENT && !*node)
		return 1;
	if (reading != READ || cells.nr != 1 || cells.v[0] > 2)
		return 0;
	return cells.v[0];
}

/* Checks /reserved-memory as __reserved_mem_check_root() does; gives the cells of a range. */
static const char *parent_cells(uint32_t *address, uint32_t *size)
{
	*address = cells_of("/reserved-memory", "#address-cells");
	*size = cells_of("/reserved-memory", "#size-cells");
	if (!*address || !*size)
		return "#address-cells or #size-cells of /reserved-memory is not 1 or 2";
	if (*address != cells_of("", "#address-cells") || *size != cells_of("", "#size-cells"))
		return "the kernel ignores /reserved-memory: its cells differ from the root's";
	if (!has_property("/reserved-memory", "ranges"))
		return "the kernel ignores /reserved-memory: it has no ranges";
	return NULL;
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

/* Appends what reg of @node says. */
static const char *append_reg(const char *node, struct ranges *ranges)
{
	static const char *const unread[] = {
		[ABSENT] = "the node has no reg",
		[BROKEN] = "reg of the node is empty or ends within a cell",
		[LONG] = "reg of the node is too long: this program reads 256 cells",
	};
	const char *wrong;
	uint32_t address, size;
	struct cells reg;
	size_t i;

	if (is_disabled(node))
		return "the devicetree disables the node";
	wrong = unread[read_cells(node, "reg", &reg)];
	if (!wrong)
		wrong = parent_cells(&address, &size);
	if (wrong)
		return wrong;
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

static bool has_phandle(const char *node, uint32_t phandle)
{
	struct cells cells;

	/* old compilers write only the second */
	if (read_cells(node, "phandle", &cells) != READ &&
	    read_cells(node, "linux,phandle", &cells) != READ)
		return false;
	return cells.nr == 1 && cells.v[0] == phandle;
}

/* The node in /reserved-memory that has this phandle, to be freed, or NULL. */
static char *find_phandle(uint32_t phandle)
{
	char *path = xasprintf("%s/reserved-memory", dev_devicetree()), *node = NULL;
	DIR *dir = opendir(path);
	struct dirent *entry;

	free(path);
	while (dir && !node && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		node = xasprintf("/reserved-memory/%s", entry->d_name);
		if (has_phandle(node, phandle))
			break;
		free(node);
		node = NULL;
	}
	if (dir)
		closedir(dir);
	return node;
}

/* Appends the regions that memory-region of a device names. */
static const char *append_regions(const char *device, struct ranges *ranges)
{
	static const char *const unread[] = {
		[ABSENT] = "the node has no memory-region, and is not in /reserved-memory",
		[BROKEN] = "memory-region of the node is empty or ends within a cell",
		[LONG] = "memory-region of the node is too long: this program reads 256 cells",
	};
	struct cells phandles;
	const char *wrong;
	size_t i;

	if (is_disabled(device))
		return "the devicetree disables the node";
	wrong = unread[read_cells(device, "memory-region", &phandles)];
	for (i = 0; !wrong && i < phandles.nr; i++) {
		char *node = find_phandle(phandles.v[i]);

		wrong = node ? append_reg(node, ranges) :
			       "its memory-region names no node in /reserved-memory";
		free(node);
	}
	return wrong;
}

/*
 * Returns whether it is the name of a node, or a path of such names: for the file system "." and
 * ".." lead to other nodes, and a name with a slash to one that is no child.
 */
static bool is_name(const char *name)
{
	if (*name != '/' && strchr(name, '/'))
		return false;
	if (*name == '/')
		name++;
	while (*name && *name != '/' && *name != '.') {
		name += strcspn(name, "/");
		if (!*name)
			return true;
		name++;
	}
	return false;
}

/* Returns whether it is a child of /reserved-memory: the kernel reserves nothing for others. */
static bool is_reserved(const char *node)
{
	static const char parent[] = "/reserved-memory/";

	return !strncmp(node, parent, strlen(parent)) && !strchr(node + strlen(parent), '/');
}

static const char *append_node(const char *name, struct ranges *ranges)
{
	char *node = xasprintf("%s%s", *name == '/' ? "" : "/reserved-memory/", name);
	const char *wrong;

	if (!is_node(""))
		wrong = "this machine has no devicetree";
	else if (!is_name(name) || !is_node(node))
		wrong = "the devicetree has no such node";
	else if (is_reserved(node) && !has_property(node, "memory-region"))
		wrong = append_reg(node, ranges);
	else
		wrong = append_regions(node, ranges);
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
