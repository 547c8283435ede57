// SPDX-License-Identifier: GPL-2.0
/* Sends the guest's verdict to boot.sh. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "guest.h"

int verdict_fd = -1;

/**
 * verdict() - write a line to the port that tools/lab/boot.sh reads
 * @fmt: a word and its value, with the newline
 */
void verdict(const char *fmt, ...)
{
	char line[256];
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (len >= (int)sizeof(line))
		len = sizeof(line) - 1;
	if (write(verdict_fd, line, len) != len)
		fprintf(stderr, "lab: cannot write the verdict: %s", line);
}

/** power_off() - end the guest */
void power_off(void)
{
	sync();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

/**
 * fail() - end the guest with a line that says why the lab failed
 * @what: what failed, for example "cannot open"
 * @name: the file or module; errno says why
 */
void fail(const char *what, const char *name)
{
	char why[128];

	snprintf(why, sizeof(why), "%s", strerror(errno));
	fprintf(stderr, "lab: %s %s: %s\n", what, name, why);
	if (verdict_fd >= 0)
		verdict("fail %s %s: %s\n", what, name, why);
	power_off();
}
