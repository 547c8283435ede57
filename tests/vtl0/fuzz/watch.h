/* SPDX-License-Identifier: GPL-2.0 */
/* Watches the workers of vtl0_fuzz. */
#ifndef _VTL0_FUZZ_WATCH_H
#define _VTL0_FUZZ_WATCH_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Returns when all workers have ended: they are stopped after @seconds, or when the callers
 * have made their calls. Says each minute how far it is, with @traced also what KCOV saw. If a
 * worker stands still that ends the program, and is a failure.
 */
void watch(uint64_t seconds, bool traced);
/* By all callers together. */
uint64_t calls_begun(void);

#endif /* _VTL0_FUZZ_WATCH_H */
