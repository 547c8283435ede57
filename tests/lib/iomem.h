/* SPDX-License-Identifier: GPL-2.0 */
/* /proc/iomem. */
#ifndef _TESTS_IOMEM_H
#define _TESTS_IOMEM_H

#include <stdbool.h>

#include "units.h"

/* Calls found() for each entry until it returns true. */
bool iomem_walk(bool (*found)(u64 start, u64 length, const char *name, void *arg), void *arg);
/* Does a line have just this range and name (NULL: any)? */
bool iomem_has(u64 start, u64 length, const char *name);
/* The first entry of that name that has min_length bytes or more, or -ENOENT. */
int iomem_find(const char *name, u64 min_length, u64 *start, u64 *length);
/* The same for a window of PCI. */
int iomem_find_window(u64 min_length, u64 *start, u64 *length);

#endif /* _TESTS_IOMEM_H */
