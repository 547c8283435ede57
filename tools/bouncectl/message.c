// SPDX-License-Identifier: GPL-2.0
/* Prints error messages to standard error. */
#include <stdarg.h>
#include <stdio.h>

#include "bouncectl.h"

int complain(const char *fmt, ...)
{
	va_list args;

	fputs("bouncectl: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	return STATUS_FAILED;
}

int usage(const char *what)
{
	complain("%s (see bouncectl --help)", what);
	return STATUS_USAGE;
}
