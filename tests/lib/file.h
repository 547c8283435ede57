/* SPDX-License-Identifier: GPL-2.0 */
/* Files of procfs and sysfs, whole. */
#ifndef _TESTS_FILE_H
#define _TESTS_FILE_H

#include <stddef.h>
#include <sys/types.h>

/* Up to @size - 1 bytes, NUL-terminated. The number of bytes or -errno. */
ssize_t read_file(const char *path, char *buf, size_t size);
/* All of it; the caller frees it. NULL and errno if it cannot be read. */
char *slurp(const char *path);
/* With one write(). 0 or -errno. */
int write_file(const char *path, const char *text);

#endif /* _TESTS_FILE_H */
