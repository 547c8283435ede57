// SPDX-License-Identifier: GPL-2.0
/*
 * Lockdown keeps root from memory of the kernel and of firmware. Reserved memory that an
 * administrator names by its address could be either. Memory that firmware sets aside for
 * programs (EFI_MEMORY_SP, "soft reserved") is neither: device-dax maps it on a
 * locked-down kernel, and so does this driver. Both trust the kernel command line, which
 * can make other RAM soft reserved (memmap=).
 */
#include <linux/ioport.h>
#include <linux/math.h>
#include <linux/security.h>

#include "compat.h"
#include "request.h"
#include "vtl0.h"

static int add_size(struct resource *part, void *sum)
{
	*(u64 *)sum += resource_size(part);
	return 0;
}

/* compat_walk_soft_reserved() clips each part to the range. */
static bool is_soft_reserved(u64 start, u64 length)
{
	u64 sum = 0;

	compat_walk_soft_reserved(start, start + length - 1, &sum, add_size);
	return sum == length;
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
	if (is_soft_reserved(start, length))
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
