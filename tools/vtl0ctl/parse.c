// SPDX-License-Identifier: GPL-2.0
/*
 * Numbers, sizes and ranges as users write them. strtoull() is not used: it
 * skips blanks, takes a minus sign and reads a leading zero as octal.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "parse.h"

#define TOO_LARGE "the number does not fit into 64 bits"
#define PAGE_MASK 0xfffULL

static int digit_value(char c, unsigned int base)
{
	int value;

	if (c >= '0' && c <= '9')
		value = c - '0';
	else if (c >= 'a' && c <= 'f')
		value = c - 'a' + 10;
	else if (c >= 'A' && c <= 'F')
		value = c - 'A' + 10;
	else
		return -1;
	return value < (int)base ? value : -1;
}

static const char *digits(const char **pos, unsigned int base, uint64_t *value)
{
	const char *p = *pos;
	uint64_t v = 0;

	if (*p == '-')
		return "a number cannot be negative";
	if (digit_value(*p, base) < 0)
		return *p ? "not a number" : "a number is missing";
	for (; digit_value(*p, base) >= 0; p++)
		if (__builtin_mul_overflow(v, base, &v) ||
		    __builtin_add_overflow(v, digit_value(*p, base), &v))
			return TOO_LARGE;
	*pos = p;
	*value = v;
	return NULL;
}

static unsigned int suffix_shift(char c)
{
	switch (c) {
	case 'k': case 'K':
		return 10;
	case 'm': case 'M':
		return 20;
	case 'g': case 'G':
		return 30;
	case 't': case 'T':
		return 40;
	}
	return 0;
}

/* Reads a size and leaves *pos at the first character behind it. */
static const char *size_at(const char **pos, uint64_t *size)
{
	const char *p = *pos, *wrong;
	unsigned int base = 10, shift;
	uint64_t v;

	if (p[0] == '0' && (p[1] == 'x' || p[1] == 'X')) {
		base = 16;
		p += 2;
	}
	wrong = digits(&p, base, &v);
	if (wrong)
		return wrong;
	shift = suffix_shift(*p);
	if (shift) {
		p++;
		if (v > UINT64_MAX >> shift)
			return TOO_LARGE;
		v <<= shift;
	}
	*pos = p;
	*size = v;
	return NULL;
}

const char *parse_size(const char *text, uint64_t *size)
{
	const char *wrong;
	uint64_t v;

	wrong = size_at(&text, &v);
	if (wrong)
		return wrong;
	if (*text)
		return "unknown characters behind the number (the suffixes are K, M, G and T)";
	*size = v;
	return NULL;
}

static const char *end_to_length(uint64_t start, uint64_t end, uint64_t *length)
{
	/*
	 * /proc/iomem prints the last byte. Taken for END it would not be aligned,
	 * and --trim would drop the last block.
	 */
	if ((end & PAGE_MASK) == PAGE_MASK)
		return "END is the first byte behind the range, this one looks like its last "
		       "byte: write END plus 1";
	if (end < start)
		return "END is below START";
	*length = end - start;
	return NULL;
}

const char *parse_range(const char *text, struct range *range)
{
	uint64_t start, second, end;
	const char *wrong;
	char separator;

	wrong = size_at(&text, &start);
	if (wrong)
		return wrong;
	separator = *text;
	if (separator != '+' && separator != '-')
		return "a range is START+LENGTH or START-END";
	wrong = parse_size(text + 1, &second);
	if (!wrong && separator == '-')
		wrong = end_to_length(start, second, &second);
	if (wrong)
		return wrong;
	if (!second)
		return "the range is empty";
	if (__builtin_add_overflow(start, second, &end))
		return "START plus LENGTH does not fit into 64 bits";
	*range = (struct range) { .start = start, .length = second };
	return NULL;
}

const char *parse_number(const char *text, uint32_t max, uint32_t *number)
{
	const char *wrong;
	uint64_t v;

	wrong = digits(&text, 10, &v);
	if (wrong)
		return wrong;
	if (*text)
		return "unknown characters behind the number";
	if (v > max)
		return "the number is too large";
	*number = v;
	return NULL;
}

const char *parse_cookie(const char *text, uint8_t cookie[16])
{
	uint8_t bytes[16] = { };
	unsigned int nr = 0;
	bool any = false;

	for (; *text; text++) {
		char digit[2] = { *text };

		if (*text == '-' && nr)
			continue;
		if (!isxdigit((unsigned char)*text))
			return "a cookie is 32 hexadecimal digits, as of a UUID";
		if (nr == 32)
			return "a cookie has 32 digits, these are more";
		bytes[nr / 2] |= strtoul(digit, NULL, 16) << (nr % 2 ? 0 : 4);
		any |= *text != '0';
		nr++;
	}
	if (nr < 32)
		return "a cookie has 32 digits, these are fewer";
	if (!any)
		return "a cookie cannot be zero";
	memcpy(cookie, bytes, sizeof(bytes));
	return NULL;
}
