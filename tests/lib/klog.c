// SPDX-License-Identifier: GPL-2.0
/* See klog.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "klog.h"

void kernel_log(const char *fmt, ...)
{
	char text[256] = "vtl0-test: ";
	size_t len = strlen(text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text + len, sizeof(text) - len, fmt, ap);
	va_end(ap);
	write_file("/dev/kmsg", text);
}

int watch_log(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	lseek(fd, 0, SEEK_END);
	return fd;
}

/*
 * kobject_add_internal() prints each of its failures, also those that fault injection
 * caused. No driver can prevent that, so the line is no complaint about one.
 */
static bool no_memory_for_kobject(const char *text)
{
	return strstr(text, "kobject_add_internal failed") && strstr(text, "(error: -12 ");
}

/* A record is "PRIORITY,SEQ,TIME,...;TEXT\n...". */
bool log_complaint(int log, char *line, size_t size)
{
	static const char * const words[] = {
		"WARNING", "BUG", "emory", "esource", "remap", "isaligned", "vtl0",
	};
	char buf[8192];
	bool found = false;
	ssize_t n;

	/* EPIPE: the kernel overwrote records; the next read() returns the oldest left */
	while ((n = read(log, buf, sizeof(buf) - 1)) > 0 || (n < 0 && errno == EPIPE)) {
		char *text;

		if (n < 0)
			continue;
		buf[n] = '\0';
		text = strchr(buf, ';');
		/* facility 0, level up to warning */
		if (!text || strtoul(buf, NULL, 10) > 4 || no_memory_for_kobject(text))
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(words); i++)
			if (!found && strstr(text, words[i])) {
				snprintf(line, size, "%s", text + 1);
				found = true;
			}
	}
	return found;
}

u32 taint(void)
{
	char buf[32];

	if (read_file("/proc/sys/kernel/tainted", buf, sizeof(buf)) < 0)
		return 0;
	return strtoul(buf, NULL, 10) & (1U << 5 | 1U << 7 | 1U << 9);
}
