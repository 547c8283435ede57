/* SPDX-License-Identifier: GPL-2.0 */
/* Touches memory whose access may raise a signal. */
#ifndef _TESTS_TOUCH_H
#define _TESTS_TOUCH_H

/*
 * Reads a byte, touch_write() writes it back. Returns 0 if that raised no signal, the
 * si_code (BUS_ADRERR, ...) of a SIGBUS, or -SIGSEGV.
 */
int touch(const void *addr);
int touch_write(void *addr);

#endif /* _TESTS_TOUCH_H */
