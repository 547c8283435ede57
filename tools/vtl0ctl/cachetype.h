/* SPDX-License-Identifier: GPL-2.0 */
/* Finds out why memory is mapped uncached. */
#ifndef CACHETYPE_H
#define CACHETYPE_H

#include <stdint.h>

/*
 * Returns a text that names a part of the range which is not write-back, and the cause:
 * a mapping (PAT) or an MTRR. The caller frees it. NULL if there is no such part.
 */
char *cachetype_reason(uint64_t start, uint64_t length);

#endif
