/* SPDX-License-Identifier: GPL-2.0 */
/* Modules, without modprobe: no fork. */
#ifndef _TESTS_MODULE_H
#define _TESTS_MODULE_H

#include <stdbool.h>

/* 0 or -errno. */
int module_load(const char *name, const char *params);
int module_load_fd(int fd, const char *params);
/* The file of a module, or -errno. */
int module_file(const char *name);
/* Tries for a while if it is EAGAIN and @patient: work may hold a reference. */
int module_unload(const char *name, bool patient);

#endif /* _TESTS_MODULE_H */
