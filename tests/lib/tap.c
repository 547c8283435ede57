// SPDX-License-Identifier: GPL-2.0
/* See tap.h. */
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"

static pthread_mutex_t tap_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned int tap_planned, tap_run, tap_failed;

void tap_plan(unsigned int tests)
{
	tap_planned = tests;
	printf("KTAP version 1\n1..%u\n", tests);
	fflush(stdout);
}

static void tap_line(bool ok, const char *directive, const char *fmt, va_list ap)
{
	pthread_mutex_lock(&tap_lock);
	tap_run++;
	tap_failed += !ok;
	printf("%sok %u - ", ok ? "" : "not ", tap_run);
	vprintf(fmt, ap);
	printf("%s%s\n", directive ? " # SKIP " : "", directive ?: "");
	fflush(stdout);
	pthread_mutex_unlock(&tap_lock);
}

bool tap_ok(bool ok, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tap_line(ok, NULL, fmt, ap);
	va_end(ap);
	return ok;
}

void tap_skip(const char *reason, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tap_line(true, reason, fmt, ap);
	va_end(ap);
}

void tap_note(const char *fmt, ...)
{
	va_list ap;

	pthread_mutex_lock(&tap_lock);
	va_start(ap, fmt);
	printf("# ");
	vprintf(fmt, ap);
	putchar('\n');
	va_end(ap);
	fflush(stdout);
	pthread_mutex_unlock(&tap_lock);
}

int tap_status(void)
{
	return tap_failed || tap_run != tap_planned;
}

void tap_skip_all(const char *name, const char *reason)
{
	tap_plan(1);
	tap_skip(reason, "%s", name);
	exit(0);
}

void die(const char *fmt, ...)
{
	int err = errno;
	va_list ap;

	va_start(ap, fmt);
	printf("Bail out! ");
	vprintf(fmt, ap);
	printf(": %s\n", strerror(err));
	va_end(ap);
	fflush(stdout);
	_exit(1);
}
