// SPDX-License-Identifier: GPL-2.0
/*
 * Lockdown keeps root from memory of the kernel and of firmware. Reserved memory that an
 * administrator names by its address could be either. Memory that firmware sets aside for
 * programs (EFI_MEMORY_SP, "soft reserved") is neither: device-dax maps it on a
 * locked-down kernel, and so does this driver. Both trust the kernel command line, which
 * can make other RAM soft reserved (memmap=). A devicetree sets memory aside by name, see
 * Documentation/devicetree/bindings/reserved-memory/vtl0,memory.yaml.
 */
#include <linux/ioport.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/security.h>

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

/* A device node has any number of ranges. */
static void skip_node(struct device_node *node, u64 last, u64 *pos)
{
	struct resource part;
	int i;

	for (i = 0; !of_address_to_resource(node, i, &part); i++) {
		/* an empty one at 0 would end at the last address of all */
		if (!resource_size(&part))
			continue;
		part.end = min(part.end, last);
		skip(&part, pos);
	}
}

static void skip_devicetree(u64 last, u64 *pos)
{
	struct device_node *parent = of_find_node_by_path("/reserved-memory"), *node;

	for_each_available_child_of_node(parent, node)
		if (of_device_is_compatible(node, "vtl0,memory") &&
		    of_property_read_bool(node, "no-map"))
			skip_node(node, last, pos);
	of_node_put(parent);
}

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
