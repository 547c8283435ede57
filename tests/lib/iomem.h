/* SPDX-License-Identifier: GPL-2.0 */
/* Reads /proc/iomem. */
#ifndef _TESTS_IOMEM_H
#define _TESTS_IOMEM_H

#include <stdbool.h>

#include "units.h"

/* Calls found() for each entry until that returns true; returns whether it did. */
bool iomem_walk(bool (*found)(u64 start, u64 length, const char *name, void *arg), void *arg);
/* Does an entry have exactly this range, and this name (NULL: any)? */
bool iomem_has(u64 start, u64 length, const char *name);
/* Finds the first entry called @name of @min_length bytes or more. Returns 0 or -ENOENT. */
int iomem_find(const char *name, u64 min_length, u64 *start, u64 *length);
/* Where RAM begins, and with it the direct map of arm64; 0 if that is not listed. */
u64 iomem_first_ram(void);
/*
 * As iomem_find(), for a part without a device of the PCI host bridge's window above that:
 * address space of devices.
 */
int iomem_find_window(u64 min_length, u64 *start, u64 *length);

#endif /* _TESTS_IOMEM_H */
