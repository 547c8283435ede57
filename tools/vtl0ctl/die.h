/* SPDX-License-Identifier: GPL-2.0 */
/* Prints messages to standard error; ends the program when memory runs out. */
#ifndef DIE_H
#define DIE_H

#include <stdarg.h>
#include <stddef.h>

/* Both print one line behind "vtl0ctl: "; usage() exits with STATUS_USAGE. */
void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void usage(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), noreturn));

/* These exit with STATUS_FAILED when there is no memory. */
void *xrealloc(void *p, size_t nr, size_t size);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *xvasprintf(const char *fmt, va_list args) __attribute__((format(printf, 1, 0)));

#endif
