/* SPDX-License-Identifier: GPL-2.0 */
/*
 * RAM that the guest's kernel was told not to use: memmap=SIZE$START on its command
 * line, "lab run --reserve".
 */
#ifndef _TESTS_WINDOW_H
#define _TESTS_WINDOW_H

#include <stdbool.h>

#include "units.h"

struct window {
	u64 start;
	u64 length;
};

/* Their number; at most @max are stored. */
unsigned int windows(struct window *w, unsigned int max);
/* The first that has @length bytes when cut to its part aligned to @align. */
bool window_aligned(u64 align, u64 length, struct window *out);
/*
 * The n-th; -ENOENT if there are not that many. Window 0 is meant to be 1 GiB and
 * aligned to that, window 1 smaller and aligned to 2 MiB only.
 */
int env_range(unsigned int n, u64 *start, u64 *length);

#endif /* _TESTS_WINDOW_H */
