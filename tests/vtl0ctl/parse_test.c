// SPDX-License-Identifier: GPL-2.0
/* Table-driven test of parse.c; prints KTAP. */
#include <stdint.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "parse.h"
#include "tap.h"
#include "units.h"

#define UNTOUCHED 0x5a5a5a5aULL

struct size_case {
	const char *text;
	const char *wrong;	/* part of the message; NULL if it is valid */
	uint64_t size;
};

static const struct size_case sizes[] = {
	{ "0", NULL, 0 },
	{ "1", NULL, 1 },
	{ "4096", NULL, 4096 },
	{ "010", NULL, 10 },
	{ "0000000000000000000000000001", NULL, 1 },
	{ "0x0", NULL, 0 },
	{ "0x10", NULL, 16 },
	{ "0X1f", NULL, 31 },
	{ "0xAbCdEf", NULL, 0xabcdef },
	{ "1k", NULL, 1024 },
	{ "1K", NULL, 1024 },
	{ "512M", NULL, 512ULL << 20 },
	{ "512m", NULL, 512ULL << 20 },
	{ "2G", NULL, 2ULL << 30 },
	{ "2g", NULL, 2ULL << 30 },
	{ "1T", NULL, 1ULL << 40 },
	{ "1t", NULL, 1ULL << 40 },
	{ "0G", NULL, 0 },
	{ "0x10K", NULL, 16 << 10 },
	{ "0x1G", NULL, 1ULL << 30 },
	{ "18446744073709551615", NULL, UINT64_MAX },
	{ "0xffffffffffffffff", NULL, UINT64_MAX },
	{ "0x0ffffffffffffffff", NULL, UINT64_MAX },
	{ "16777215T", NULL, 16777215ULL << 40 },
	{ "18014398509481983K", NULL, 18014398509481983ULL << 10 },
	{ "18446744073709551616", "64 bits", 0 },
	{ "99999999999999999999999999", "64 bits", 0 },
	{ "0x10000000000000000", "64 bits", 0 },
	{ "16777216T", "64 bits", 0 },
	{ "18014398509481984K", "64 bits", 0 },
	{ "", "missing", 0 },
	{ "0x", "missing", 0 },
	{ "0xg", "not a number", 0 },
	{ "0xK", "not a number", 0 },
	{ "x10", "not a number", 0 },
	{ "abc", "not a number", 0 },
	{ "G", "not a number", 0 },
	{ " 1", "not a number", 0 },
	{ "\t1", "not a number", 0 },
	{ "+1", "not a number", 0 },
	{ ".5G", "not a number", 0 },
	{ "-1", "negative", 0 },
	{ "-0", "negative", 0 },
	{ "0x-1", "negative", 0 },
	{ "1 ", "behind", 0 },
	{ "1\n", "behind", 0 },
	{ "1.5G", "behind", 0 },
	{ "1,000", "behind", 0 },
	{ "1 G", "behind", 0 },
	{ "1GB", "behind", 0 },
	{ "1GiB", "behind", 0 },
	{ "1GG", "behind", 0 },
	{ "1KM", "behind", 0 },
	{ "1P", "behind", 0 },
	{ "1E", "behind", 0 },
	{ "1e9", "behind", 0 },
	{ "12ab", "behind", 0 },
	{ "1+1", "behind", 0 },
	{ "1_000", "behind", 0 },
	{ "\xc2\xb9", "not a number", 0 },
};

struct range_case {
	const char *text;
	const char *wrong;
	uint64_t start, length;
};

static const struct range_case ranges[] = {
	{ "0+1", NULL, 0, 1 },
	{ "0x40000000+1G", NULL, 1ULL << 30, 1ULL << 30 },
	{ "1G+0x40000000", NULL, 1ULL << 30, 1ULL << 30 },
	{ "4G+512M", NULL, 4ULL << 30, 512ULL << 20 },
	{ "4G-6G", NULL, 4ULL << 30, 2ULL << 30 },
	{ "0-1", NULL, 0, 1 },
	{ "0x1000-0x2000", NULL, 0x1000, 0x1000 },
	{ "0x1000-0x20ff", NULL, 0x1000, 0x10ff },
	{ "0x1000-0x27ff", NULL, 0x1000, 0x17ff },
	{ "4096-0x2000", NULL, 0x1000, 0x1000 },
	{ "1M-2M", NULL, 1 << 20, 1 << 20 },
	{ "0+18446744073709551615", NULL, 0, UINT64_MAX },
	{ "0xfffffffffffff000+0xfff", NULL, 0xfffffffffffff000, 0xfff },
	{ "0-0xfffffffffffff000", NULL, 0, 0xfffffffffffff000 },
	{ "5+4095", NULL, 5, 4095 },
	{ "0xfff+1", NULL, 0xfff, 1 },
	{ "0xfffffffffffff000+0x1000", "64 bits", 0, 0 },
	{ "0xffffffffffffffff+1", "64 bits", 0, 0 },
	{ "1+0xffffffffffffffff", "64 bits", 0, 0 },
	{ "16777215T+1T", "64 bits", 0, 0 },
	{ "16777216T+1", "64 bits", 0, 0 },
	{ "1+16777216T", "64 bits", 0, 0 },
	{ "0x40000000-0x7fffffff", "plus 1", 0, 0 },
	{ "0-0xffffffffffffffff", "plus 1", 0, 0 },
	{ "0-4095", "plus 1", 0, 0 },
	{ "2G-1G", "below START", 0, 0 },
	{ "1-0", "below START", 0, 0 },
	{ "1G-1G", "empty", 0, 0 },
	{ "1G+0", "empty", 0, 0 },
	{ "0-0", "empty", 0, 0 },
	{ "1G", "START+LENGTH", 0, 0 },
	{ "0x", "missing", 0, 0 },
	{ "", "missing", 0, 0 },
	{ "+", "not a number", 0, 0 },
	{ "+1G", "not a number", 0, 0 },
	{ "-1G", "negative", 0, 0 },
	{ "-1G+1G", "negative", 0, 0 },
	{ "1G+", "missing", 0, 0 },
	{ "1G-", "missing", 0, 0 },
	{ "1G+-1", "negative", 0, 0 },
	{ "1G--1", "negative", 0, 0 },
	{ "1G++1G", "not a number", 0, 0 },
	{ "1G-+1G", "not a number", 0, 0 },
	{ "1G+1G+1G", "behind", 0, 0 },
	{ "1G-2G-3G", "behind", 0, 0 },
	{ "1G+1G ", "behind", 0, 0 },
	{ "1G +1G", "START+LENGTH", 0, 0 },
	{ "1G+ 1G", "not a number", 0, 0 },
	{ "1G@1G", "START+LENGTH", 0, 0 },
	{ "1G:2G", "START+LENGTH", 0, 0 },
	{ "1GB+1G", "START+LENGTH", 0, 0 },
	{ "zero+1G", "not a number", 0, 0 },
	{ "100000000-17fffffff", "behind", 0, 0 },
};

struct number_case {
	const char *text;
	const char *wrong;
	uint32_t max, number;
};

static const struct number_case numbers[] = {
	{ "0", NULL, 63, 0 },
	{ "18", NULL, 63, 18 },
	{ "63", NULL, 63, 63 },
	{ "09", NULL, 63, 9 },
	{ "4294967295", NULL, UINT32_MAX, UINT32_MAX },
	{ "64", "too large", 63, 0 },
	{ "4294967296", "too large", UINT32_MAX, 0 },
	{ "18446744073709551616", "64 bits", UINT32_MAX, 0 },
	{ "", "missing", 63, 0 },
	{ "-1", "negative", 63, 0 },
	{ "auto", "not a number", 63, 0 },
	{ "0x9", "behind", 63, 0 },
	{ "1K", "behind", 63, 0 },
	{ "9 ", "behind", 63, 0 },
};

/* @same: the values are as expected, or untouched where it had to fail. */
static void judge(const char *what, const char *text, const char *expected,
		  const char *wrong, bool same)
{
	bool ok = same && !wrong == !expected &&
		  (!wrong || strstr(wrong, expected));
	char shown[128] = "";
	size_t used = 0;

	for (; *text && used < sizeof(shown) - 5; text++)
		used += sprintf(shown + used, *text > ' ' && *text <= '~' ? "%c" : "\\x%02x",
				(unsigned char)*text);
	if (!ok)
		tap_note("expected \"%s\", got \"%s\", values %s", expected ?: "success",
			 wrong ?: "success", same ? "right" : "wrong");
	tap_ok(ok, "%s \"%s\"", what, shown);
}

static void test_sizes(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		const struct size_case *c = &sizes[i];
		uint64_t size = UNTOUCHED;
		const char *wrong = parse_size(c->text, &size);

		judge("size", c->text, c->wrong, wrong,
		      size == (c->wrong ? UNTOUCHED : c->size));
	}
}

static void test_ranges(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		const struct range_case *c = &ranges[i];
		struct range r = { UNTOUCHED, UNTOUCHED };
		const char *wrong = parse_range(c->text, &r);

		judge("range", c->text, c->wrong, wrong,
		      r.start == (c->wrong ? UNTOUCHED : c->start) &&
		      r.length == (c->wrong ? UNTOUCHED : c->length));
	}
}

static void test_numbers(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		const struct number_case *c = &numbers[i];
		uint32_t number = UNTOUCHED;
		const char *wrong = parse_number(c->text, c->max, &number);

		judge("number", c->text, c->wrong, wrong,
		      number == (c->wrong ? UNTOUCHED : c->number));
	}
}

int main(void)
{
	tap_plan(ARRAY_SIZE(sizes) + ARRAY_SIZE(ranges) + ARRAY_SIZE(numbers));
	test_sizes();
	test_ranges();
	test_numbers();
	return tap_status();
}
