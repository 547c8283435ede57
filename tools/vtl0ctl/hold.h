/* SPDX-License-Identifier: GPL-2.0 */
/* Keeps what belongs to the open device until a signal comes. */
#ifndef HOLD_H
#define HOLD_H

#include <stddef.h>

struct common;

/* Says that it holds @nr of @what, unless JSON is wanted, and waits. */
void hold(const struct common *common, size_t nr, const char *what);

#endif
