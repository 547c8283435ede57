// SPDX-License-Identifier: GPL-2.0
/* Requests for addresses without RAM, and the owners that make them. */
#include <linux/err.h>
#include <linux/slab.h>

#include "vtl0_kunit.h"

/* A request for @length bytes from BASE + @start on, as VTL0_ADD without flags makes it. */
struct vtl0_request vtl0_test_request(u64 start, u64 length)
{
	return (struct vtl0_request) {
		.start = BASE + start,
		.length = length,
		.max_order = UINT_MAX,
		.node = numa_mem_id(),
	};
}

/* The range that an add returns, without a reference: its owner keeps it. */
struct vtl0_range *vtl0_test_add(struct vtl0_owner *owner, const struct vtl0_request *rq,
				 struct vtl0_conflict *conflict)
{
	struct vtl0_range *range = vtl0_owner_add(owner, rq, conflict);

	if (!IS_ERR(range))
		vtl0_range_put(range);
	return range;
}

void vtl0_test_release(struct vtl0_owner **owner)
{
	if (*owner)
		vtl0_owner_release(*owner);
	*owner = NULL;
}

int vtl0_test_init(struct kunit *test)
{
	struct owners *o = kunit_kzalloc(test, sizeof(*o), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, o);
	test->priv = o;
	if (vtl0_check_range(BASE, GIB(16)))
		kunit_skip(test, "the processor has too few address bits");
	o->a = vtl0_owner_alloc();
	o->b = vtl0_owner_alloc();
	KUNIT_ASSERT_NOT_NULL(test, o->a);
	KUNIT_ASSERT_NOT_NULL(test, o->b);
	return 0;
}

void vtl0_test_exit(struct kunit *test)
{
	struct owners *o = test->priv;

	if (!o)
		return;
	vtl0_test_release(&o->a);
	vtl0_test_release(&o->b);
}
