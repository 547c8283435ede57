/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Faults on request, for tests: /sys/kernel/debug/bounce_blk/ on kernels with
 * fault injection.
 */
#ifndef _BOUNCE_INJECT_H
#define _BOUNCE_INJECT_H

#include <linux/types.h>

#ifdef CONFIG_FAULT_INJECTION_DEBUG_FS
/* Is this allocation to fail? */
bool bounce_inject_alloc(unsigned int order);
/* Waits between submission and copy; only where sleeping is allowed. */
void bounce_inject_delay(void);
void bounce_inject_init(void);
void bounce_inject_exit(void);
#else
static inline bool bounce_inject_alloc(unsigned int order) { return false; }
static inline void bounce_inject_delay(void) { }
static inline void bounce_inject_init(void) { }
static inline void bounce_inject_exit(void) { }
#endif

#endif /* _BOUNCE_INJECT_H */
