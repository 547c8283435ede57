/* SPDX-License-Identifier: GPL-2.0 */
/* Time, and waiting. */
#ifndef _TESTS_CLOCK_H
#define _TESTS_CLOCK_H

#include <stdbool.h>

#include "units.h"

/* CLOCK_MONOTONIC_RAW in nanoseconds. */
u64 now_ns(void);
/*
 * Seconds for what happens soon: many, as the host may be busy. It costs nothing where it
 * does happen.
 */
#define PATIENCE 60

/* Polls done(arg) for at most @seconds; returns whether it became true. */
bool wait_until(bool (*done)(void *arg), void *arg, unsigned int seconds);

#endif /* _TESTS_CLOCK_H */
