// SPDX-License-Identifier: GPL-2.0
/* The NUMA nodes of a range's chunks, on addresses without RAM. */
#include <kunit/static_stub.h>
#include <linux/nodemask.h>
#include <linux/numa.h>

#include "vtl0_kunit.h"

/* Firmware names a node for the first of two chunks only. */
static int node_of_first(u64 address)
{
	return address < BASE + MIB(8) ? first_online_node : NUMA_NO_NODE;
}

static int last_node(u64 address)
{
	return MAX_NUMNODES - 1;
}

/* Two chunks of a caller on @node, or on none, to be told from the nodes of firmware. */
static void expect_nodes(struct kunit *test, int node, u32 flags, int first, int second)
{
	struct vtl0_request rq = {
		.start = BASE, .length = MIB(16), .chunk_length = MIB(8), .max_order = 9,
		.node = node, .flags = flags,
	};
	struct owners *o = test->priv;
	struct vtl0_conflict conflict;
	struct vtl0_span busy;
	struct vtl0_range *range = vtl0_test_add(o->a, &rq, &conflict);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, range);
	KUNIT_EXPECT_EQ(test, range->nr_chunks, 2);
	KUNIT_EXPECT_EQ(test, range->chunks[0].node, first);
	KUNIT_EXPECT_EQ(test, range->chunks[1].node, second);
	KUNIT_EXPECT_EQ(test, vtl0_remove(BASE, MIB(16), &busy), 0);
}

/* Each chunk is on the node that firmware names for its address, or on the caller's. */
static void firmware_test(struct kunit *test)
{
	int node = first_online_node;

	kunit_activate_static_stub(test, vtl0_target_node, node_of_first);
	expect_nodes(test, NUMA_NO_NODE, 0, node, NUMA_NO_NODE);
	expect_nodes(test, node, 0, node, node);
}

/* Firmware counts for nothing where the request names a node. */
static void request_test(struct kunit *test)
{
	kunit_activate_static_stub(test, vtl0_target_node, node_of_first);
	expect_nodes(test, NUMA_NO_NODE, VTL0_ADD_NODE, NUMA_NO_NODE, NUMA_NO_NODE);
}

static void offline_test(struct kunit *test)
{
	if (node_online(MAX_NUMNODES - 1))
		kunit_skip(test, "every node is online");
	kunit_activate_static_stub(test, vtl0_target_node, last_node);
	expect_nodes(test, NUMA_NO_NODE, 0, NUMA_NO_NODE, NUMA_NO_NODE);
}

static struct kunit_case node_tests[] = {
	KUNIT_CASE(firmware_test),
	KUNIT_CASE(request_test),
	KUNIT_CASE(offline_test),
	{ }
};

static struct kunit_suite node_suite = {
	.name = "vtl0_node",
	.init = vtl0_test_init,
	.exit = vtl0_test_exit,
	.test_cases = node_tests,
};

kunit_test_suite(node_suite);
