/* SPDX-License-Identifier: GPL-2.0 */
/* Finds the ranges that the devicetree reserves. */
#ifndef DEVICETREE_H
#define DEVICETREE_H

struct range;
struct ranges;

/*
 * Appends the ranges of @arg, NODE or NODE:N, to @ranges. NODE is the name of a node in
 * /reserved-memory, or the path of such a node or of a device whose memory-region names some.
 * With :N it is only the one with that number, from 0. Returns NULL, or a text that says what
 * is wrong; then nothing was appended.
 */
const char *devicetree_ranges(const char *arg, struct ranges *ranges);

/* The same for an @arg that has exactly one range. */
const char *devicetree_range(const char *arg, struct range *range);

#endif
