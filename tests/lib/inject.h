/* SPDX-License-Identifier: GPL-2.0 */
/* Fault injection, on kernels that have it. */
#ifndef _TESTS_INJECT_H
#define _TESTS_INJECT_H

#include <stdbool.h>

/*
 * Does the kernel have it? If so, also sets it up: by default allocations that may sleep,
 * of order 0 and of highmem do not fail.
 */
bool have_fail_nth(void);
/*
 * fail_nth() lets the n-th allocation of this thread from here on fail;
 * fail_nth_hit() ends that and returns whether there was an n-th one.
 */
void fail_nth(unsigned int n);
bool fail_nth_hit(void);
/* count_allocations() begins to count; counted_allocations() ends it, returns the number. */
void count_allocations(void);
unsigned int counted_allocations(void);

#endif /* _TESTS_INJECT_H */
