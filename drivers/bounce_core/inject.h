/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Faults on request, for tests: /sys/kernel/debug/bounce_core/ on kernels with
 * fault injection, and by a KUnit test that replaces bounce_inject_alloc() or
 * bounce_inject_copy().
 */
#ifndef _BOUNCE_INJECT_H
#define _BOUNCE_INJECT_H

#include <linux/types.h>

#if defined(CONFIG_FAULT_INJECTION_DEBUG_FS)
bool bounce_inject_alloc(unsigned int order);
bool bounce_inject_copy(void);
void bounce_inject_delay(void);
void bounce_inject_init(void);
void bounce_inject_exit(void);
#else
static inline bool bounce_inject_alloc(unsigned int order) { return false; }
static inline bool bounce_inject_copy(void) { return false; }
static inline void bounce_inject_delay(void) { }
static inline void bounce_inject_init(void) { }
static inline void bounce_inject_exit(void) { }
#endif

#endif /* _BOUNCE_INJECT_H */
