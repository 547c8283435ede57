/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel log. */
#ifndef _TESTS_KLOG_H
#define _TESTS_KLOG_H

#include <stdbool.h>
#include <stddef.h>

#include "units.h"

/* Write a line, so that a report behind it can be attributed. */
void kernel_log(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/*
 * The log from here on: watch_log() returns an fd, log_complaint() whether a line
 * about memory, resources or a WARNING at level warning or worse came since, and
 * which.
 */
int watch_log(void);
bool log_complaint(int log, char *line, size_t size);
/* Bits 5, 7, 9 of /proc/sys/kernel/tainted: bad page, oops, warning. */
u32 taint(void);

#endif /* _TESTS_KLOG_H */
