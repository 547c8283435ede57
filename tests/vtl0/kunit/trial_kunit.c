// SPDX-License-Identifier: GPL-2.0
/* The test of the running kernel that loading vtl0 makes. */
#include <kunit/test.h>

#include "vtl0.h"

/*
 * The kernel joins pages of RAM, so vtl0_joins() sees it where one joins. It does not join RAM and
 * device memory: otherwise vtl0 would have refused to load.
 */
static void joins_test(struct kunit *test)
{
	if (IS_ENABLED(CONFIG_DEBUG_VIRTUAL) || IS_ENABLED(CONFIG_KMSAN))
		kunit_skip(test, "the kernel has CONFIG_DEBUG_VIRTUAL or CONFIG_KMSAN");
	KUNIT_EXPECT_EQ(test, vtl0_joins(false), 1);
	KUNIT_EXPECT_EQ(test, vtl0_joins(true), 0);
}

static struct kunit_case trial_tests[] = {
	KUNIT_CASE(joins_test),
	{ }
};

static struct kunit_suite trial_suite = {
	.name = "vtl0_trial",
	.test_cases = trial_tests,
};

kunit_test_suite(trial_suite);
