// SPDX-License-Identifier: GPL-2.0
/* Prints the error messages of vtl0ctl, and ends it when it cannot go on. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "die.h"
#include "vtl0ctl.h"

static void print_line(const char *fmt, va_list args)
{
	fputs("vtl0ctl: ", stderr);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
}

void complain(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print_line(fmt, args);
	va_end(args);
}

void usage(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print_line(fmt, args);
	va_end(args);
	exit(STATUS_USAGE);
}

void *xrealloc(void *p, size_t nr, size_t size)
{
	p = reallocarray(p, nr, size);
	if (!p) {
		complain("%s", strerror(ENOMEM));
		exit(STATUS_FAILED);
	}
	return p;
}

char *xvasprintf(const char *fmt, va_list args)
{
	char *s;

	if (vasprintf(&s, fmt, args) < 0) {
		complain("%s", strerror(ENOMEM));
		exit(STATUS_FAILED);
	}
	return s;
}

char *xasprintf(const char *fmt, ...)
{
	va_list args;
	char *s;

	va_start(args, fmt);
	s = xvasprintf(fmt, args);
	va_end(args);
	return s;
}
