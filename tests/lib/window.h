/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Windows: RAM that the guest's kernel was told not to use, by memmap=SIZE$START on its
 * command line, which is what "lab run --reserve" adds.
 */
#ifndef _TESTS_WINDOW_H
#define _TESTS_WINDOW_H

#include <stdbool.h>

#include "units.h"

struct window {
	u64 start;
	u64 length;
};

/* Stores at most @max windows; returns how many it stored. */
unsigned int windows(struct window *w, unsigned int max);
/*
 * Finds the first window that has @length bytes behind its first multiple of @align. @out
 * begins there and goes to the end of the window.
 */
bool window_aligned(u64 align, u64 length, struct window *out);
/*
 * Returns the n-th window, or -ENOENT if there are not that many. tests/groups makes
 * window 0 1 GiB long and aligned to 1 GiB, window 1 smaller and aligned to 2 MiB only (with
 * pages of 16K to 4 MiB), the least that can be registered without VTL0_ADD_COVER.
 */
int env_range(unsigned int n, u64 *start, u64 *length);

#endif /* _TESTS_WINDOW_H */
