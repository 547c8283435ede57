// SPDX-License-Identifier: GPL-2.0
/*
 * Lockdown keeps root from memory of the kernel and of firmware. Reserved memory that an
 * administrator names by its address could be either. Memory that firmware sets aside for
 * programs (EFI_MEMORY_SP, "soft reserved") is neither: device-dax maps it on a
 * locked-down kernel, and so does this driver. Both trust the kernel command line, which
 * can make other RAM soft reserved (memmap=). A devicetree node compatible with vtl0,memory
 * sets memory aside for this driver, see
 * Documentation/devicetree/bindings/reserved-memory/vtl0,memory.yaml.
 */
#include <linux/ioport.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/of.h>
#include <linux/security.h>
#include <linux/string.h>

#include "compat.h"
#include "request.h"
#include "vtl0.h"

/* Moves the address at @arg to the end of @part, if it lies in @part. */
static int skip(struct resource *part, void *arg)
{
	u64 *pos = arg;

	if (part->start <= *pos && part->end >= *pos)
		*pos = part->end + 1;
	return 0;
}

#ifdef CONFIG_OF
/*
 * Returns a property as firmware wrote it, or NULL. With an overlay, which some vendors' kernels
 * let root load under lockdown as well, root adds nodes and changes properties: all of these are
 * OF_DYNAMIC. A caller reads the structure that was checked here, as of_property_read_u32() and
 * its like look the name up again, and an overlay can come between.
 */
static struct property *firmware_property(struct device_node *node, const char *name)
{
	struct property *prop = of_find_property(node, name, NULL);

#ifdef CONFIG_OF_DYNAMIC
	if (prop && of_property_check_flag(prop, OF_DYNAMIC))
		return NULL;
#endif
	return of_node_check_flag(node, OF_DYNAMIC) ? NULL : prop;
}

static bool has_string(struct device_node *node, const char *name, const char *wanted)
{
	struct property *prop = firmware_property(node, name);
	const char *string = NULL;

	while (prop && (string = of_prop_next_string(prop, string)))
		if (!strcmp(string, wanted))
			return true;
	return false;
}

/* #address-cells or #size-cells: 1 or 2; 0 if it is none of these. */
static int cells_of(struct device_node *node, const char *name)
{
	struct property *prop = firmware_property(node, name);
	u32 nr = prop && prop->length == sizeof(__be32) ? be32_to_cpup(prop->value) : 0;

	return nr <= 2 ? nr : 0;
}

static bool is_for_vtl0(struct device_node *node)
{
	/* an overlay cannot remove the status that firmware wrote */
	return has_string(node, "compatible", "vtl0,memory") && firmware_property(node, "no-map") &&
	       (!of_find_property(node, "status", NULL) || has_string(node, "status", "okay") ||
		has_string(node, "status", "ok"));
}

/* A device node has any number of ranges. */
static void skip_node(struct device_node *parent, struct device_node *node, u64 last, u64 *pos)
{
	int address = cells_of(parent, "#address-cells"), size = cells_of(parent, "#size-cells"), i;
	struct property *reg = firmware_property(node, "reg");

	if (!reg || !address || !size || !firmware_property(parent, "ranges"))
		return;
	for (i = 0; i + address + size <= reg->length / (int)sizeof(__be32); i += address + size) {
		const __be32 *cells = (const __be32 *)reg->value + i;
		struct resource part = { .start = of_read_number(cells, address) };

		part.end = part.start + of_read_number(cells + address, size) - 1;
		/* an empty one at 0 would end at the last address of all */
		if (part.end + 1 <= part.start)
			continue;
		part.end = min(part.end, last);
		skip(&part, pos);
	}
}

static void skip_devicetree(u64 last, u64 *pos)
{
	struct device_node *parent = of_find_node_by_path("/reserved-memory"), *node;

	for_each_child_of_node(parent, node)
		if (is_for_vtl0(node))
			skip_node(parent, node, last, pos);
	of_node_put(parent);
}
#else
static void skip_devicetree(u64 last, u64 *pos)
{
}
#endif

/*
 * Parts may touch, overlap and come in any order: goes on from part to part until none
 * leads further. compat_walk_soft_reserved() clips each to the range.
 */
static bool is_set_aside(u64 start, u64 length)
{
	u64 last = start + length - 1, pos = start, before;

	do {
		before = pos;
		compat_walk_soft_reserved(pos, last, &pos, skip);
		if (pos <= last)
			skip_devicetree(last, &pos);
	} while (pos != before && pos <= last);
	return pos > last;
}

/**
 * vtl0_locked_down() - does lockdown forbid to declare and to map this memory?
 * @start: physical address
 * @length: bytes, more than 0
 *
 * Return: 0, or -EPERM.
 */
int vtl0_locked_down(u64 start, u64 length)
{
	if (is_set_aside(start, length))
		return 0;
	return security_locked_down(LOCKDOWN_DEV_MEM);
}

/**
 * vtl0_locked_down_add() - does lockdown forbid to register this memory?
 * @start: physical address
 * @length: bytes, more than 0; the blocks of min_align in which the edges lie count as a whole,
 *	as they get struct pages
 *
 * Return: 0, or -EPERM.
 */
int vtl0_locked_down_add(u64 start, u64 length)
{
	u64 align = vtl0_geometry.min_align;
	u64 first = round_down(start, align);

	return vtl0_locked_down(first, round_up(start + length, align) - first);
}
