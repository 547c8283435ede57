/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Say why a request failed, in a sentence that names addresses and ends with the errno's
 * name. The caller frees it. Functions with @fd may send the driver further requests.
 */
#ifndef MESSAGE_H
#define MESSAGE_H

#include <linux/vtl0.h>

char *why_open(int err, const char *path);
char *why_add(int err, int fd, const struct vtl0_add *add);
char *why_plan(int err, int fd, const struct vtl0_plan *plan);
char *why_remove(int err, int fd, const struct vtl0_remove *remove);
char *why_window(int err, int fd, const struct vtl0_window *window);
char *why_other(int err);

#endif
