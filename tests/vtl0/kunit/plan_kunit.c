// SPDX-License-Identifier: GPL-2.0
/*
 * The geometry that the planner gets from the kernel it runs on. The layout it makes of
 * it is tested in user space, see ../host.
 */
#include <kunit/test.h>
#include <linux/module.h>

#include "vtl0.h"

static void geometry_test(struct kunit *test)
{
	const struct vtl0_geometry *g = &vtl0_geometry;
	unsigned int i;

	KUNIT_EXPECT_EQ(test, 1U << g->page_shift, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, g->struct_page, sizeof(struct page));
	KUNIT_EXPECT_TRUE(test, IS_ALIGNED(g->min_align, memremap_compat_align()));
	/* no page of the memmap describes memory of two pgmaps */
	KUNIT_EXPECT_EQ(test, (g->min_align >> PAGE_SHIFT) * sizeof(struct page) % PAGE_SIZE, 0);
	KUNIT_ASSERT_GE(test, g->nr_orders, 1);
	KUNIT_ASSERT_LE(test, g->nr_orders, VTL0_MAX_ORDERS);
	KUNIT_EXPECT_EQ(test, g->orders[0], 0);
	for (i = 1; i < g->nr_orders; i++)
		KUNIT_EXPECT_GT(test, g->orders[i], g->orders[i - 1]);
	/* never one that no inserter takes */
	KUNIT_EXPECT_LE(test, g->orders[g->nr_orders - 1], PUD_ORDER);
	if (IS_ENABLED(CONFIG_X86_64))
		KUNIT_EXPECT_EQ(test, g->nr_orders, COMPAT_HAVE_PUD_FOLIOS ? 3 : 2);
}

static struct kunit_case plan_tests[] = {
	KUNIT_CASE(geometry_test),
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
