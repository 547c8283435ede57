/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's functions that drivers/vtl0/plan.c uses, for user space. */
#ifndef _VTL0_TESTS_KERNEL_SHIM_H
#define _VTL0_TESTS_KERNEL_SHIM_H

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

#include "units.h"

/* As in the kernel the sizes are powers of two. */
static inline u64 shim_power(u64 size)
{
	assert(size && !(size & (size - 1)));
	return size;
}

#define IS_ALIGNED(x, a)	(((x) & (shim_power(a) - 1)) == 0)
#define round_down(x, a)	((x) & ~(shim_power(a) - 1))
#define round_up(x, a)		((((x) - 1) | (shim_power(a) - 1)) + 1)
#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))
#define min(a, b)		((a) < (b) ? (a) : (b))

#define EXPORT_SYMBOL_IF_KUNIT(symbol)

#endif /* _VTL0_TESTS_KERNEL_SHIM_H */
