// SPDX-License-Identifier: GPL-2.0
/*
 * The KUnit tests of bounce_core, through what it exports.
 */
#include <linux/module.h>

#include "bounce_kunit.h"

static struct kunit_suite bounce_iter_suite = {
	.name = "bounce_iters",
	.init = bounce_test_init,
	.exit = bounce_test_exit,
	.test_cases = bounce_iter_cases,
};

static struct kunit_suite bounce_pool_suite = {
	.name = "bounce_pool",
	.init = bounce_test_init,
	.exit = bounce_test_exit,
	.test_cases = bounce_pool_cases,
};

static struct kunit_suite bounce_engine_suite = {
	.name = "bounce_engine",
	.test_cases = bounce_engine_cases,
};

kunit_test_suites(&bounce_iter_suite, &bounce_pool_suite, &bounce_engine_suite);

MODULE_DESCRIPTION("KUnit tests of bounce_core");
MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_LICENSE("GPL");
