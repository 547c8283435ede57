/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Prints results as KTAP, for tests that do not use the harness of the kernel's selftests.
 * Threads may call these functions at the same time.
 */
#ifndef _TESTS_TAP_H
#define _TESTS_TAP_H

#include <stdbool.h>

void tap_plan(unsigned int tests);
bool tap_ok(bool ok, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void tap_skip(const char *reason, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* A line that begins with "# ": progress, or a diagnostic. */
void tap_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* 0 if all tests of the plan ran and passed, else 1 */
int tap_status(void);
/* Prints a plan of one test and skips that; does not return. */
void tap_skip_all(const char *name, const char *reason) __attribute__((noreturn));
/* Prints "Bail out!", the text and that of errno; does not return. */
void die(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif /* _TESTS_TAP_H */
