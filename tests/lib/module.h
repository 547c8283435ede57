/* SPDX-License-Identifier: GPL-2.0 */
/* Loads and unloads modules by the system calls: modprobe would need a fork(). */
#ifndef _TESTS_MODULE_H
#define _TESTS_MODULE_H

#include <stdbool.h>

/* Both return 0 or -errno. */
int module_load(const char *name, const char *params);
int module_load_fd(int fd, const char *params);
/* Opens the file of a module. Returns a file descriptor or -errno. */
int module_file(const char *name);
/*
 * Returns 0 or -errno. @patient: tries for 10 seconds while that is EAGAIN or EBUSY, as
 * queued work may still hold a reference.
 */
int module_unload(const char *name, bool patient);

#endif /* _TESTS_MODULE_H */
