/* SPDX-License-Identifier: GPL-2.0 */
/* Finds out why memory is mapped uncached. */
#ifndef CACHETYPE_H
#define CACHETYPE_H

#include <stdint.h>

/*
 * What of the range has another cache type than write-back, and by what: a mapping
 * (PAT) or an MTRR. NULL if neither says so.
 */
char *cachetype_reason(uint64_t start, uint64_t length);

#endif
