/* SPDX-License-Identifier: GPL-2.0 */
/* Reads how much memory is free; fills and checks buffers. */
#ifndef _TESTS_MEMORY_H
#define _TESTS_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

#include "units.h"

/* A line of /proc/meminfo in bytes. */
u64 meminfo(const char *name);
/* A line of /proc/self/status in bytes ("VmPTE", "RssFile", ...), or -errno. */
long long status_bytes(const char *name);
/*
 * Free memory in bytes. Takes a second or longer, until the kernel has freed what it can.
 * On the debug kernel two calls may differ by some MiB, though nothing was allocated.
 */
u64 memory_available(void);
void *alloc_aligned(size_t alignment, size_t size);		/* NULL; free() */
/* Fill a buffer, and check it, with a pattern that depends on seed and position. */
void fill_pattern(void *buf, size_t size, u64 seed);
bool check_pattern(const void *buf, size_t size, u64 seed);

#endif /* _TESTS_MEMORY_H */
