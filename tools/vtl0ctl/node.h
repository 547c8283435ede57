/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The node of a range, /dev/vtl0_NAME, as users describe it. The functions put what
 * they read into the argument of VTL0_ADD and return NULL, or a text that names the
 * fault.
 */
#ifndef NODE_H
#define NODE_H

#include <stdbool.h>

struct vtl0_add;

/* Also gives it mode 0600, unless one was set before. */
const char *node_name(const char *text, struct vtl0_add *add);
/* Octal, of the bits 0666. */
const char *node_mode(const char *text, struct vtl0_add *add);
/* USER, USER:GROUP or :GROUP; names or numbers. */
const char *node_owner(const char *text, struct vtl0_add *add);
/* Mode or owner were set, and there is no name. */
bool node_is_nameless(const struct vtl0_add *add);

#endif
