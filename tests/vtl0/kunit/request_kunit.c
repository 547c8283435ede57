// SPDX-License-Identifier: GPL-2.0
/* Requests that are refused before anything is done. */
#include <kunit/static_stub.h>
#include <linux/numa.h>

#include "vtl0_kunit.h"

/* One errno for each cause. */
static void request_test(struct kunit *test)
{
	static const struct {
		struct vtl0_add arg;
		int ret;
		u64 edge;
	} cases[] = {
		{ { .start = BASE, .length = MIB(2) }, 0 },
		{ { .start = BASE, .length = 0 }, -EINVAL },
		{ { .start = BASE, .length = MIB(2), .flags = 1U << 10 }, -EOPNOTSUPP },
		{ { .start = BASE, .length = MIB(2), .flags = 1U << 31 }, -EOPNOTSUPP },
		{ { .start = BASE | BIT_ULL(63), .length = MIB(2) }, -EOPNOTSUPP },
		{ { .start = BASE, .length = -BASE }, -EOVERFLOW },
		{ { .start = BASE, .length = U64_MAX }, -EOVERFLOW },
		{ { .start = BIT_ULL(62), .length = MIB(2) }, -ERANGE },
		{ { .start = BASE, .length = BIT_ULL(62) }, -ERANGE },
		{ { .start = BASE + 4096, .length = MIB(2) }, -EINVAL, BASE + 4096 },
		{ { .start = BASE, .length = MIB(2) + 4096 }, -EINVAL, BASE + MIB(2) + 4096 },
		{ { .start = BASE + 4096, .length = MIB(4), .flags = VTL0_ADD_TRIM }, 0 },
		{ { .start = BASE + 4096, .length = 4096, .flags = VTL0_ADD_COVER }, 0 },
		{ { .start = BASE + 512, .length = MIB(2), .flags = VTL0_ADD_COVER },
		  -EINVAL, BASE + 512 },
		{ { .start = BASE, .length = 4097, .flags = VTL0_ADD_COVER },
		  -EINVAL, BASE + 4097 },
		{ { .start = BASE, .length = MIB(2), .flags = VTL0_ADD_COVER | VTL0_ADD_TRIM },
		  -EINVAL },
		{ { .start = BASE, .length = MIB(2),
		    .flags = VTL0_ADD_COVER | VTL0_ADD_EXCLUSIVE }, -EINVAL },
		{ { .start = BASE, .length = MIB(2), .flags = VTL0_ADD_CLEAR }, 0 },
		{ { .start = BASE, .length = MIB(2), .flags = VTL0_ADD_COOKIE }, -EINVAL },
		{ { .start = BASE, .length = MIB(2), .cookie = { [15] = 1 } }, -EINVAL },
		{ { .start = BASE, .length = MIB(2), .flags = VTL0_ADD_COOKIE,
		    .cookie = { [15] = 1 } }, 0 },
		{ { .start = BASE, .length = MIB(2), .max_order = 9 }, -EINVAL },
		{ { .start = BASE, .length = MIB(2), .chunk_length = MIB(2) }, -EINVAL },
		{ { .start = BASE, .length = MIB(2), .flags = VTL0_ADD_CHUNK }, -EINVAL },
		{ { .start = BASE, .length = MIB(2), .flags = VTL0_ADD_CHUNK,
		    .chunk_length = MIB(1) }, -EINVAL },
		{ { .start = BASE, .length = MIB(2), .node = 1 }, -EINVAL },
		{ { .start = BASE, .length = MIB(2), .flags = VTL0_ADD_NODE, .node = -1 },
		  -EINVAL },
		{ { .start = BASE, .length = MIB(2), .flags = VTL0_ADD_NODE,
		    .node = MAX_NUMNODES }, -EINVAL },
		{ { .start = BASE, .length = (VTL0_MAX_CHUNKS + 1) * MIB(2),
		    .flags = VTL0_ADD_CHUNK,
		    .chunk_length = MIB(2) }, -EINVAL },
	};
	struct vtl0_request rq;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		u64 edge = 0;

		KUNIT_EXPECT_EQ_MSG(test, vtl0_check_add(&cases[i].arg, &rq, &edge),
				    cases[i].ret, "case %u", i);
		KUNIT_EXPECT_EQ_MSG(test, edge, cases[i].edge, "case %u", i);
	}
}

/* A machine whose nodes change at BASE + 1 GiB, + 1026 MiB, and + 3 GiB and a page. */
static int fake_node(u64 address)
{
	if (address < BASE + MIB(1024))
		return 0;
	if (address < BASE + MIB(1026))
		return 1;
	return address < BASE + MIB(3072) + PAGE_SIZE ? 0 : NUMA_NO_NODE;
}

/* One look in 128 MiB finds what is larger, to the block of min_align. */
static void node_end_test(struct kunit *test)
{
	kunit_activate_static_stub(test, vtl0_target_node, fake_node);
	KUNIT_EXPECT_EQ(test, vtl0_node_end(BASE, BASE + MIB(2)), BASE + MIB(2));
	KUNIT_EXPECT_EQ(test, vtl0_node_end(BASE, BASE + MIB(1024)), BASE + MIB(1024));
	KUNIT_EXPECT_EQ(test, vtl0_node_end(BASE, BASE + MIB(4096)), BASE + MIB(1024));
	KUNIT_EXPECT_EQ(test, vtl0_node_end(BASE + MIB(1022), BASE + MIB(1025)),
			BASE + MIB(1024));
	KUNIT_EXPECT_EQ(test, vtl0_node_end(BASE + MIB(1022) + 4096, BASE + MIB(1024) + 4096),
			BASE + MIB(1024));
	KUNIT_EXPECT_EQ(test, vtl0_node_end(BASE + MIB(1024), BASE + MIB(4096)),
			BASE + MIB(1026));
	/* the block in which the node changes is the first one's */
	KUNIT_EXPECT_EQ(test, vtl0_node_end(BASE + MIB(1026), BASE + MIB(4096)),
			BASE + MIB(3074));
	KUNIT_EXPECT_EQ(test, vtl0_node_end(BASE + MIB(3074), BIT_ULL(52)), BIT_ULL(52));
}

/* The chunks of a request stop at each node, unless it names one. */
static void walk_by_node_test(struct kunit *test)
{
	static const u64 starts[] = { 0, MIB(1024), MIB(1026), MIB(3074) };
	struct vtl0_request rq = { .start = BASE, .length = MIB(4096), .max_order = 9 };
	struct vtl0_chunk_walk walk;
	struct vtl0_piece piece;
	unsigned int i;

	kunit_activate_static_stub(test, vtl0_target_node, fake_node);
	walk = vtl0_chunk_walk_begin(&rq);
	for (i = 0; i < ARRAY_SIZE(starts); i++) {
		KUNIT_ASSERT_TRUE(test, vtl0_chunk_walk_next(&walk, &piece));
		KUNIT_EXPECT_EQ(test, piece.start, BASE + starts[i]);
	}
	KUNIT_EXPECT_EQ(test, piece.start + piece.length, BASE + MIB(4096));
	KUNIT_EXPECT_FALSE(test, vtl0_chunk_walk_next(&walk, &piece));
	rq.flags = VTL0_ADD_NODE;
	KUNIT_EXPECT_EQ(test, vtl0_count_chunks(&rq), 1);
}

static struct kunit_case request_tests[] = {
	KUNIT_CASE(request_test),
	KUNIT_CASE(node_end_test),
	KUNIT_CASE(walk_by_node_test),
	{ }
};

static struct kunit_suite request_suite = {
	.name = "vtl0_request",
	.test_cases = request_tests,
};

kunit_test_suite(request_suite);
