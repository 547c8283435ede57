/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Parses the name, the mode and the owner of a range's node, /dev/vtl0_NAME. The functions
 * put them into the argument of VTL0_ADD. They return NULL, or a text that says what is
 * wrong.
 */
#ifndef NODE_H
#define NODE_H

#include <stdbool.h>

struct vtl0_add;

/* Also sets the mode to 0600, unless node_mode() has set one. */
const char *node_name(const char *text, struct vtl0_add *add);
/* An octal number of the bits 0666, and not 0. */
const char *node_mode(const char *text, struct vtl0_add *add);
/* USER, USER:GROUP or :GROUP; names or numbers. */
const char *node_owner(const char *text, struct vtl0_add *add);
/* True if a mode or an owner was given, and no name. */
bool node_is_nameless(const struct vtl0_add *add);

#endif
