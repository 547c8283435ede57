/* SPDX-License-Identifier: GPL-2.0 */
/* Reads and writes whole files, such as those of procfs and sysfs. */
#ifndef _TESTS_FILE_H
#define _TESTS_FILE_H

#include <stddef.h>
#include <sys/types.h>

/* Reads up to @size - 1 bytes and adds a NUL. Returns the number of bytes or -errno. */
ssize_t read_file(const char *path, char *buf, size_t size);
/* Reads all of it, for the caller to free. Returns NULL if the file cannot be opened. */
char *slurp(const char *path);
/* Writes @text by one write(). Returns 0 or -errno. */
int write_file(const char *path, const char *text);

#endif /* _TESTS_FILE_H */
