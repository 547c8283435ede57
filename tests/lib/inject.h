/* SPDX-License-Identifier: GPL-2.0 */
/* Fault injection, on kernels that have it. */
#ifndef _TESTS_INJECT_H
#define _TESTS_INJECT_H

#include <stdbool.h>

/* Also sets it up: allocations that may sleep, of any order and zone, fail, too. */
bool have_fail_nth(void);
/*
 * fail_nth() lets the n-th allocation of this thread from here on fail;
 * fail_nth_hit() ends that and returns whether there were so many.
 */
void fail_nth(unsigned int n);
bool fail_nth_hit(void);
/* Counts the allocations of a call: begin, and the number since. */
void count_allocations(void);
unsigned int counted_allocations(void);

#endif /* _TESTS_INJECT_H */
