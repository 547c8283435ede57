/* SPDX-License-Identifier: GPL-2.0 */
/* Writes to the kernel log, and watches it. */
#ifndef _TESTS_KLOG_H
#define _TESTS_KLOG_H

#include <stdbool.h>
#include <stddef.h>

#include "units.h"

/* Writes a line, which tells what test a later report belongs to. */
void kernel_log(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/*
 * watch_log() returns a file descriptor that reads the log from here on, or -errno.
 * log_complaint() returns whether the kernel has since printed a line of level warning or
 * worse about memory, resources or vtl0, or a WARNING, and copies the first one.
 */
int watch_log(void);
bool log_complaint(int log, char *line, size_t size);
/* Bits 5, 7, 9 of /proc/sys/kernel/tainted: bad page, oops, warning. */
u32 taint(void);

#endif /* _TESTS_KLOG_H */
