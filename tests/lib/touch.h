/* SPDX-License-Identifier: GPL-2.0 */
/* Memory whose access may raise a signal. */
#ifndef _TESTS_TOUCH_H
#define _TESTS_TOUCH_H

/*
 * Read (or write back) a byte. 0: it worked; > 0: SIGBUS, its si_code
 * (BUS_ADRERR, ...); < 0: -SIGSEGV.
 */
int touch(const void *addr);
int touch_write(void *addr);

#endif /* _TESTS_TOUCH_H */
