/* SPDX-License-Identifier: GPL-2.0 */
/* Machines, and the chunks that the planner must make of some ranges on x86-64. */
#ifndef _TESTS_VTL0_PLAN_CASES_H
#define _TESTS_VTL0_PLAN_CASES_H

#include "plan.h"
#include "units.h"

/* no cap of the order */
#define ANY 0xffffffffU

static const struct vtl0_geometry x86 = {
	.min_align = MIB(2),
	.page_shift = 12,
	.struct_page = 64,
	.nr_orders = 3,
	.orders = { 0, 9, 18 },
	.dedup = true,
};

struct plan_case {
	const char *what;
	u64 start;
	u64 length;
	unsigned int max_order;
	unsigned int nr;
	struct vtl0_piece piece[VTL0_MAX_PIECES];
};

static const struct plan_case plan_cases[] = {
	{ "2M", MIB(2), MIB(2), ANY, 1, { { MIB(2), MIB(2), 9 } } },
	{ "1G", GIB(1), GIB(1), ANY, 1, { { GIB(1), GIB(1), 18 } } },
	{ "1T from 0", 0, GIB(1024), ANY, 1, { { 0, GIB(1024), 18 } } },
	{ "beyond MAX_FOLIO_ORDER", 1ULL << 47, GIB(2), ANY, 1, { { 1ULL << 47, GIB(2), 18 } } },
	{ "capped at 9", 0, GIB(4), 9, 1, { { 0, GIB(4), 9 } } },
	{ "capped between", 0, GIB(4), 17, 1, { { 0, GIB(4), 9 } } },
	{ "capped below 9", 0, GIB(4), 8, 1, { { 0, GIB(4), 0 } } },
	{ "capped at 0", 0, GIB(4), 0, 1, { { 0, GIB(4), 0 } } },
	/* a 1G middle is worth both of its edges */
	{ "64G from 2M", MIB(2), GIB(64), ANY, 3, {
		{ MIB(2), GIB(1) - MIB(2), 9 },
		{ GIB(1), GIB(63), 18 },
		{ GIB(64), MIB(2), 9 } } },
	{ "1G in the middle", GIB(1) - MIB(2), GIB(1) + MIB(4), ANY, 3, {
		{ GIB(1) - MIB(2), MIB(2), 9 },
		{ GIB(1), GIB(1), 18 },
		{ GIB(2), MIB(2), 9 } } },
	{ "head and 1G", GIB(1) - MIB(2), GIB(1) + MIB(2), ANY, 2, {
		{ GIB(1) - MIB(2), MIB(2), 9 },
		{ GIB(1), GIB(1), 18 } } },
	{ "1G and tail", GIB(1), GIB(1) + MIB(2), ANY, 2, {
		{ GIB(1), GIB(1), 18 },
		{ GIB(2), MIB(2), 9 } } },
	{ "no whole 1G", MIB(2), GIB(1), ANY, 1, { { MIB(2), GIB(1), 9 } } },
	{ "middle, but capped", MIB(2), GIB(64), 9, 1, { { MIB(2), GIB(64), 9 } } },
};

struct part_case {
	u64 start, length, chunk, part;
};

static const struct part_case part_cases[] = {
	{ 0, GIB(1), 0, GIB(1) },
	{ GIB(3), GIB(5), 0, GIB(5) },
	{ MIB(2), GIB(1), MIB(4), MIB(2) },
	{ MIB(4), GIB(1), MIB(4), MIB(4) },
	{ MIB(4), MIB(2), MIB(4), MIB(2) },
	/* not a power of two */
	{ MIB(2), GIB(1), MIB(6), MIB(4) },
	{ MIB(6), GIB(1), MIB(6), MIB(6) },
	{ 0, GIB(1), 1ULL << 62, GIB(1) },
};

struct trim_case {
	u64 start, length;
	bool trim;
	int ret;
	u64 edge;
	u64 out_start, out_length;
};

static const struct trim_case trim_cases[] = {
	{ MIB(2), MIB(4), false, 0, 0, MIB(2), MIB(4) },
	{ MIB(2), MIB(4), true, 0, 0, MIB(2), MIB(4) },
	{ 4096, MIB(8), false, -EINVAL, 4096, 0, 0 },
	{ MIB(2), MIB(8) + 4096, false, -EINVAL, MIB(10) + 4096, 0, 0 },
	{ 4096, MIB(8), true, 0, 0, MIB(2), MIB(6) },
	{ 0x10000, 0x9fc00000 - 0x10000, true, 0, 0, MIB(2), 0x9fc00000 - MIB(2) },
	{ 4096, MIB(2), true, -EINVAL, 4096, 0, 0 },
	{ 0, 4096, true, -EINVAL, 0, 0, 0 },
	/* where rounding up would wrap */
	{ UINT64_MAX - 4096, 4096, true, -EINVAL, UINT64_MAX - 4096, 0, 0 },
	{ -MIB(6) + 1, MIB(6) - 2, true, 0, 0, -MIB(4), MIB(2) },
};

#endif /* _TESTS_VTL0_PLAN_CASES_H */
