// SPDX-License-Identifier: GPL-2.0
/*
 * The planner as the kernel has it: with the geometry of this machine and the
 * kernel's own macros. ../host runs it on more machines and more ranges.
 */
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/prandom.h>

#include "vtl0.h"
#include "plan_cases.h"

#define NR_RANDOM 20000

static void plan_cases_test(struct kunit *test)
{
	struct vtl0_layout l;
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(plan_cases); i++) {
		const struct plan_case *c = &plan_cases[i];

		vtl0_layout_range(&x86, c->start, c->length, c->max_order, &l);
		KUNIT_ASSERT_EQ_MSG(test, l.nr, c->nr, "%s", c->what);
		for (j = 0; j < l.nr; j++) {
			KUNIT_EXPECT_EQ_MSG(test, l.piece[j].start, c->piece[j].start,
					    "%s", c->what);
			KUNIT_EXPECT_EQ_MSG(test, l.piece[j].length, c->piece[j].length,
					    "%s", c->what);
			KUNIT_EXPECT_EQ_MSG(test, l.piece[j].order, c->piece[j].order,
					    "%s", c->what);
		}
	}
}

static void geometry_test(struct kunit *test)
{
	const struct vtl0_geometry *g = &vtl0_geometry;
	unsigned int i;

	KUNIT_EXPECT_EQ(test, 1U << g->page_shift, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, g->struct_page, sizeof(struct page));
	KUNIT_EXPECT_EQ(test, g->min_align, memremap_compat_align());
	KUNIT_ASSERT_GE(test, g->nr_orders, 1);
	KUNIT_ASSERT_LE(test, g->nr_orders, VTL0_MAX_ORDERS);
	KUNIT_EXPECT_EQ(test, g->orders[0], 0);
	for (i = 1; i < g->nr_orders; i++)
		KUNIT_EXPECT_GT(test, g->orders[i], g->orders[i - 1]);
	/* row 2: never one that no inserter takes */
	KUNIT_EXPECT_LE(test, g->orders[g->nr_orders - 1], PUD_ORDER);
	if (IS_ENABLED(CONFIG_X86_64))
		KUNIT_EXPECT_EQ(test, g->nr_orders, 3);
}

/* Some of any magnitude, some nearly aligned to 1G. */
static u64 random_bytes(struct rnd_state *rnd)
{
	u64 v = (u64)prandom_u32_state(rnd) << 20 >> prandom_u32_state(rnd) % 16;

	if (prandom_u32_state(rnd) % 2)
		v = ALIGN_DOWN(v, GIB(1)) + prandom_u32_state(rnd) % 3 * MIB(2);
	return ALIGN_DOWN(v, vtl0_geometry.min_align);
}

static unsigned int ctz_order(u64 bits, unsigned int max_order)
{
	const struct vtl0_geometry *g = &vtl0_geometry;
	unsigned int i, order = 0;

	for (i = 0; i < g->nr_orders; i++)
		if (g->orders[i] <= max_order && IS_ALIGNED(bits, PAGE_SIZE << g->orders[i]))
			order = g->orders[i];
	return order;
}

static bool useful(unsigned int order)
{
	unsigned int i;

	for (i = 0; i < vtl0_geometry.nr_orders; i++)
		if (vtl0_geometry.orders[i] == order)
			return true;
	return false;
}

/* Exactly the range, ascending, aligned, never hungrier than one pgmap. */
static void check_layout(struct kunit *test, u64 start, u64 length, unsigned int max_order)
{
	const struct vtl0_geometry *g = &vtl0_geometry;
	u64 pos = start, bytes = 0, one;
	struct vtl0_layout l;
	unsigned int i;

	vtl0_layout_range(g, start, length, max_order, &l);
	KUNIT_ASSERT_GE(test, l.nr, 1);
	KUNIT_ASSERT_LE(test, l.nr, VTL0_MAX_PIECES);
	for (i = 0; i < l.nr; i++) {
		struct vtl0_piece *p = &l.piece[i];

		KUNIT_ASSERT_EQ(test, p->start, pos);
		KUNIT_ASSERT_GT(test, p->length, 0);
		KUNIT_ASSERT_LE(test, p->order, max_order);
		KUNIT_ASSERT_TRUE(test, useful(p->order));
		KUNIT_ASSERT_TRUE(test, IS_ALIGNED(p->start | p->length, PAGE_SIZE << p->order));
		KUNIT_ASSERT_TRUE(test, IS_ALIGNED(p->start | p->length, g->min_align));
		pos += p->length;
		bytes += vtl0_memmap_bytes(g, p->length, p->order);
	}
	KUNIT_ASSERT_EQ(test, pos, start + length);
	one = vtl0_memmap_bytes(g, length, ctz_order(start | (start + length), max_order));
	KUNIT_ASSERT_LE(test, bytes * 100, one * 105);
}

static void random_ranges_test(struct kunit *test)
{
	static const unsigned int caps[] = { ANY, ANY, 18, 17, 9, 8, 0 };
	struct rnd_state rnd;
	unsigned int i;

	prandom_seed_state(&rnd, 0x76746c30);
	for (i = 0; i < NR_RANDOM; i++) {
		u64 start = random_bytes(&rnd);
		u64 length = random_bytes(&rnd) ?: vtl0_geometry.min_align;

		check_layout(test, start, length, caps[prandom_u32_state(&rnd) % ARRAY_SIZE(caps)]);
	}
}

static void parts_test(struct kunit *test)
{
	static const struct {
		u64 start, length, chunk, part;
	} cases[] = {
		{ 0, GIB(1), 0, GIB(1) },
		{ MIB(2), GIB(1), MIB(4), MIB(2) },
		{ MIB(4), GIB(1), MIB(4), MIB(4) },
		{ MIB(4), MIB(2), MIB(4), MIB(2) },
		/* not a power of two */
		{ MIB(2), GIB(1), MIB(6), MIB(4) },
		{ MIB(6), GIB(1), MIB(6), MIB(6) },
		{ 0, GIB(1), 1ULL << 62, GIB(1) },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		KUNIT_EXPECT_EQ(test, cases[i].part,
				vtl0_part_length(cases[i].start, cases[i].length, cases[i].chunk));
}

static void trim_test(struct kunit *test)
{
	static const struct {
		u64 start, length;
		bool trim;
		int ret;
		u64 edge;
		u64 out_start, out_length;
	} cases[] = {
		{ MIB(2), MIB(4), false, 0, 0, MIB(2), MIB(4) },
		{ MIB(2), MIB(4), true, 0, 0, MIB(2), MIB(4) },
		{ 4096, MIB(8), false, -EINVAL, 4096 },
		{ MIB(2), MIB(8) + 4096, false, -EINVAL, MIB(10) + 4096 },
		{ 4096, MIB(8), true, 0, 0, MIB(2), MIB(6) },
		{ 0x10000, 0x9fc00000 - 0x10000, true, 0, 0, MIB(2), 0x9fc00000 - MIB(2) },
		{ 4096, MIB(2), true, -EINVAL, 4096 },
		{ 0, 4096, true, -EINVAL, 0 },
		{ U64_MAX - 4096, 4096, true, -EINVAL, U64_MAX - 4096 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		u64 start = cases[i].start, length = cases[i].length, edge = 0;

		KUNIT_EXPECT_EQ_MSG(test, cases[i].ret,
				    vtl0_trim(&x86, &start, &length, cases[i].trim, &edge),
				    "case %u", i);
		KUNIT_EXPECT_EQ_MSG(test, cases[i].edge, edge, "case %u", i);
		if (cases[i].ret)
			continue;
		KUNIT_EXPECT_EQ_MSG(test, cases[i].out_start, start, "case %u", i);
		KUNIT_EXPECT_EQ_MSG(test, cases[i].out_length, length, "case %u", i);
	}
}

static struct kunit_case plan_tests[] = {
	KUNIT_CASE(plan_cases_test),
	KUNIT_CASE(geometry_test),
	KUNIT_CASE(random_ranges_test),
	KUNIT_CASE(parts_test),
	KUNIT_CASE(trim_test),
	{ }
};

static struct kunit_suite plan_suite = {
	.name = "vtl0_plan",
	.test_cases = plan_tests,
};

kunit_test_suite(plan_suite);

MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_DESCRIPTION("KUnit tests of vtl0");
MODULE_AUTHOR("vtl0 contributors");
MODULE_LICENSE("GPL");
