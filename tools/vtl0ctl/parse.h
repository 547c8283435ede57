/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Numbers, sizes and ranges as users write them. Every function returns NULL,
 * or a text that names the fault; then nothing was stored.
 */
#ifndef PARSE_H
#define PARSE_H

#include <stdint.h>

struct range {
	uint64_t start;
	uint64_t length;
};

/* Decimal or 0x, with a suffix K, M, G or T for 2^10, 2^20, 2^30 or 2^40. */
const char *parse_size(const char *text, uint64_t *size);

/* START+LENGTH, or START-END where END is the first byte behind the range. */
const char *parse_range(const char *text, struct range *range);

/* 32 hexadecimal digits, as of a UUID, with "-" between any of them; not all 0. */
const char *parse_cookie(const char *text, uint8_t cookie[16]);

/* A decimal number from 0 to max, without a suffix. */
const char *parse_number(const char *text, uint32_t max, uint32_t *number);

#endif
