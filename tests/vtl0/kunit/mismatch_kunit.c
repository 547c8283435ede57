// SPDX-License-Identifier: GPL-2.0
/* When VTL0_ADD of a range that is registered succeeds, on addresses without RAM. */
#include <kunit/static_stub.h>
#include <linux/err.h>

#include "vtl0_kunit.h"

/* By another owner: @range, or with a mismatch -EEXIST. */
static void expect_add(struct kunit *test, unsigned int i, const struct vtl0_request *rq,
		       struct vtl0_range *range, u32 mismatch)
{
	struct owners *o = test->priv;
	struct vtl0_range *want = mismatch ? ERR_PTR(-EEXIST) : range;
	struct vtl0_conflict conflict = { };

	KUNIT_EXPECT_PTR_EQ_MSG(test, vtl0_test_add(o->b, rq, &conflict), want, "case %u", i);
	KUNIT_EXPECT_EQ_MSG(test, conflict.mismatch, mismatch, "case %u", i);
}

/* An identical range is one only if it is as asked for. */
static void mismatch_test(struct kunit *test)
{
	static const struct {
		u32 flags;
		unsigned int max_order;
		u64 chunk_length;
		u32 mismatch;
	} cases[] = {
		{ 0, UINT_MAX, 0, 0 },
		{ VTL0_ADD_ORDER, 9, 0, 0 },
		{ VTL0_ADD_ORDER, 10, 0, 0 },
		{ VTL0_ADD_ORDER, 0, 0, VTL0_ADD_ORDER },
		{ VTL0_ADD_CHUNK, UINT_MAX, MIB(4), 0 },
		{ VTL0_ADD_CHUNK, UINT_MAX, MIB(2), VTL0_ADD_CHUNK },
		{ VTL0_ADD_CHUNK, UINT_MAX, MIB(8), VTL0_ADD_CHUNK },
		{ VTL0_ADD_CHUNK | VTL0_ADD_ORDER, 9, MIB(4), 0 },
		{ VTL0_ADD_CHUNK | VTL0_ADD_ORDER, 0, MIB(4), VTL0_ADD_ORDER },
		/* whatever its cuts: no chunk can have a larger order */
		{ VTL0_ADD_ORDER, 18, 0, 0 },
		{ VTL0_ADD_CHUNK | VTL0_ADD_ORDER, 18, MIB(2), VTL0_ADD_CHUNK },
		{ VTL0_ADD_NODE, UINT_MAX, 0, 0 },
	};
	struct owners *o = test->priv;
	const struct vtl0_request request = vtl0_test_request(0, MIB(8));
	struct vtl0_request rq = request;
	struct vtl0_conflict conflict = { };
	struct vtl0_range *range;
	unsigned int i;

	if (vtl0_geometry.nr_orders < 2 || vtl0_geometry.orders[1] != 9)
		kunit_skip(test, "not the orders of x86-64");
	rq.chunk_length = MIB(4);
	range = vtl0_test_add(o->a, &rq, &conflict);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, range);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		rq.flags = cases[i].flags;
		rq.max_order = cases[i].max_order;
		rq.chunk_length = cases[i].chunk_length;
		expect_add(test, i, &rq, range, cases[i].mismatch);
	}
	rq = request;
	rq.flags = VTL0_ADD_NODE;
	rq.node++;
	KUNIT_EXPECT_PTR_EQ(test, vtl0_test_add(o->b, &rq, &conflict), ERR_PTR(-EEXIST));
	KUNIT_EXPECT_EQ(test, conflict.mismatch, VTL0_ADD_NODE);
}

/* A node ends in the middle of a GiB. */
static int fake_node(u64 address)
{
	return address >= BASE + MIB(1536) ? 1 : 0;
}

/* Chunks that lie on two nodes, as VTL0_ADD_NODE makes them. */
static void over_nodes_test(struct kunit *test)
{
	static const struct {
		u32 flags;
		u64 chunk_length;
		u32 mismatch;
	} cases[] = {
		{ VTL0_ADD_NODE | VTL0_ADD_ORDER, 0, 0 },
		{ VTL0_ADD_NODE | VTL0_ADD_ORDER | VTL0_ADD_CHUNK, GIB(1), 0 },
		{ VTL0_ADD_NODE | VTL0_ADD_CHUNK, GIB(1), 0 },
		{ VTL0_ADD_NODE | VTL0_ADD_CHUNK, MIB(512), VTL0_ADD_CHUNK },
		/* what is not asked for does not matter */
		{ VTL0_ADD_ORDER, 0, 0 },
		{ VTL0_ADD_CHUNK, GIB(1), 0 },
		{ VTL0_ADD_ORDER | VTL0_ADD_CHUNK, GIB(1), 0 },
		{ VTL0_ADD_CHUNK, MIB(512), VTL0_ADD_CHUNK },
	};
	struct owners *o = test->priv;
	struct vtl0_request rq = vtl0_test_request(0, MIB(8));
	struct vtl0_conflict conflict = { };
	struct vtl0_range *range;
	unsigned int i;

	if (vtl0_geometry.nr_orders < 3 || vtl0_geometry.orders[2] != 18)
		kunit_skip(test, "no folios of 1G");
	kunit_activate_static_stub(test, vtl0_target_node, fake_node);
	rq.length = GIB(2);
	rq.max_order = 18;
	rq.flags = VTL0_ADD_NODE | VTL0_ADD_ORDER | VTL0_ADD_CHUNK;
	rq.chunk_length = GIB(1);
	range = vtl0_test_add(o->a, &rq, &conflict);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, range);
	KUNIT_EXPECT_EQ(test, range->nr_chunks, 2);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		rq.flags = cases[i].flags;
		rq.chunk_length = cases[i].chunk_length;
		expect_add(test, i, &rq, range, cases[i].mismatch);
	}
}

static struct kunit_case mismatch_tests[] = {
	KUNIT_CASE(mismatch_test),
	KUNIT_CASE(over_nodes_test),
	{ }
};

static struct kunit_suite mismatch_suite = {
	.name = "vtl0_mismatch",
	.init = vtl0_test_init,
	.exit = vtl0_test_exit,
	.test_cases = mismatch_tests,
};

kunit_test_suite(mismatch_suite);
