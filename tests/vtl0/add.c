// SPDX-License-Identifier: GPL-2.0
/* Which ranges can be registered, and how they are laid out. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "kselftest_harness.h"
#include "add.h"

TEST_F(add, aligned_beyond_max_folio_order)
{
	struct vtl0_chunk_info chunks[4];
	struct vtl0_add arg = {
		.flags = VTL0_ADD_ORDER, .max_order = 30, .start = 1ULL << 47, .length = GIB(2),
	};
	struct vtl0_info info = { };

	ASSERT_EQ(0, cmd_info(self->ctl, &info));
	/* as a processor with fewer address bits has it */
	while (arg.start + arg.length - 1 > info.max_address)
		arg.start >>= 1;
	ASSERT_LT(EMPTY_BASE, arg.start);
	ASSERT_EQ(0, cmd_add(self->ctl, &arg));
	EXPECT_EQ(1, arg.nr_chunks);
	ASSERT_EQ(1, list_chunks(self->ctl, chunks, 4));
	EXPECT_EQ(arg.start, chunks[0].start);
	EXPECT_EQ(arg.length, chunks[0].length);
	EXPECT_EQ(info.features & VTL0_FEATURE_MAP_PUD ? PUD_FOLIO_ORDER : PMD_FOLIO_ORDER,
		  chunks[0].order);
}

TEST_F(add, order_is_one_that_can_be_mapped)
{
	static const struct {
		u64 start;
		u64 length;
	} cases[] = {
		{ GIB(16), GIB(16) }, { GIB(32), GIB(32) }, { GIB(1), GIB(7) },
		{ PMD_BYTES, 2 * PMD_BYTES },
	};
	struct vtl0_chunk_info chunks[4];
	struct vtl0_info info = { };
	u32 largest;

	ASSERT_EQ(0, cmd_info(self->ctl, &info));
	largest = info.features & VTL0_FEATURE_MAP_PUD ? PUD_FOLIO_ORDER : PMD_FOLIO_ORDER;
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		u64 start = EMPTY_BASE + cases[i].start;

		ASSERT_EQ(0, add_order(self->ctl, start, cases[i].length, 30));
		ASSERT_EQ(1, list_chunks(self->ctl, chunks, 4));
		EXPECT_EQ(cases[i].start % GIB(1) ? PMD_FOLIO_ORDER : largest, chunks[0].order);
		ASSERT_EQ(0, remove_range(self->ctl, start, cases[i].length));
	}
}

TEST_F_TIMEOUT(add, order_is_9_unless_18_is_asked_for, SLOW)
{
	struct vtl0_chunk_info chunks[4];

	ASSERT_EQ(0, add_range(self->ctl, EMPTY_BASE, GIB(2), 0));
	ASSERT_EQ(1, list_chunks(self->ctl, chunks, 4));
	EXPECT_EQ(PMD_FOLIO_ORDER, chunks[0].order);
}

/* Each order that the caller can ask for, and the entries that can map it. */
TEST_F_TIMEOUT(add, order_of_the_callers_choice, SLOW)
{
	static const struct {
		u32 asked;
		u32 order;
		int pte, pmd, pud;
	} cases[] = {
		{ 0, 0, 1, 0, 0 },
		{ PMD_FOLIO_ORDER - 1, 0, 1, 0, 0 },
		{ PMD_FOLIO_ORDER, PMD_FOLIO_ORDER, 0, 1, 0 },
		{ PUD_FOLIO_ORDER - 1, PMD_FOLIO_ORDER, 0, 1, 0 },
		{ PUD_FOLIO_ORDER, PUD_FOLIO_ORDER, 0, 0, 1 },
		{ PUD_FOLIO_ORDER + 4, PUD_FOLIO_ORDER, 0, 0, 1 },
	};
	int low = open_low(O_RDWR);
	struct vtl0_info kernel = { };

	NEED_WINDOW(0);
	ASSERT_LE(0, low);
	ASSERT_EQ(0, cmd_info(self->ctl, &kernel));
	if (self->start[0] % GIB(1) || self->length[0] < GIB(1))
		SKIP(return, "window 0 is not 1 GiB, aligned to 1 GiB");
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		bool lacks = cases[i].pud && !(kernel.features & VTL0_FEATURE_MAP_PUD);
		struct vtl0_range_info info = { };
		struct vtl0_chunk_info chunk;
		char *p;

		ASSERT_EQ(0, add_order(self->ctl, self->start[0], GIB(1), cases[i].asked));
		ASSERT_EQ(1, list_chunks(self->ctl, &chunk, 1));
		EXPECT_EQ(lacks ? PMD_FOLIO_ORDER : cases[i].order, chunk.order);
		p = map_low(low, self->start[0], GIB(1), PROT_READ | PROT_WRITE);
		ASSERT_NE(MAP_FAILED, (void *)p);
		EXPECT_EQ(0, touch(p + MIB(100)));
		ASSERT_EQ(0, find_range(self->ctl, self->start[0], &info));
		EXPECT_EQ(cases[i].pte, info.faults_pte);
		EXPECT_EQ(cases[i].pmd || lacks, info.faults_pmd);
		EXPECT_EQ(cases[i].pud && !lacks, info.faults_pud);
		EXPECT_MAPPINGS(cases[i].pte ? 64 : 1, info.mappings);
		EXPECT_EQ(0, info.fallbacks);
		ASSERT_EQ(0, munmap(p, GIB(1)));
		ASSERT_EQ(0, remove_range(self->ctl, self->start[0], GIB(1)));
	}
	close(low);
}

TEST_F(add, refuses_malformed_arguments)
{
	static const struct vtl0_add bad[] = {
		{ .start = EMPTY_BASE, .length = 0 },
		{ .start = 0, .length = 0 },
		{ .start = UINT64_MAX, .length = 0 },
		/* fields that belong to a flag */
		{ .start = EMPTY_BASE, .length = BLOCKS(1), .chunk_length = BLOCKS(1) },
		{ .start = EMPTY_BASE, .length = BLOCKS(1), .max_order = PMD_FOLIO_ORDER },
		{ .start = EMPTY_BASE, .length = BLOCKS(1), .node = -1 },
		{ .start = EMPTY_BASE, .length = BLOCKS(1), .flags = VTL0_ADD_CHUNK },
		/* values out of range */
		{ .start = EMPTY_BASE, .length = BLOCKS(1), .flags = VTL0_ADD_ORDER,
		  .max_order = 64 - PAGE_BITS },
		{ .start = EMPTY_BASE, .length = BLOCKS(1), .flags = VTL0_ADD_ORDER,
		  .max_order = UINT32_MAX },
		{ .start = EMPTY_BASE, .length = BLOCKS(1), .flags = VTL0_ADD_NODE, .node = -1 },
		{ .start = EMPTY_BASE, .length = BLOCKS(1), .flags = VTL0_ADD_NODE,
		  .node = 1 << 30 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		struct vtl0_add arg = bad[i];

		EXPECT_EQ(-EINVAL, cmd_add(self->ctl, &arg))
			TH_LOG("case %u", i);
		EXPECT_EQ(0, list_ranges(self->ctl, self->ranges, 64));
	}
}

TEST_F(add, addresses_out_of_range)
{
	u64 end = self->max_address + 1;
	struct vtl0_plan plan = { .start = end - BLOCKS(1), .length = BLOCKS(2) };

	/* VTL0_PLAN has the same checks, and registers nothing if one is missing */
	ASSERT_EQ(-ERANGE, cmd_plan(self->ctl, &plan));
	plan = (struct vtl0_plan) { .start = EMPTY_BASE, .length = 1ULL << 52 };
	ASSERT_EQ(-ERANGE, cmd_plan(self->ctl, &plan));
	EXPECT_REFUSED(-ERANGE, 1ULL << 52, BLOCKS(1));
	EXPECT_REFUSED(-ERANGE, 1ULL << 62, BLOCKS(1));
	EXPECT_REFUSED(-ERANGE, end, BLOCKS(1));
	EXPECT_REFUSED(-ERANGE, end - BLOCKS(1), BLOCKS(2));
	EXPECT_REFUSED(-ERANGE, EMPTY_BASE, 1ULL << 52);
	EXPECT_REFUSED(-ERANGE, EMPTY_BASE, 1ULL << 63);
	EXPECT_REFUSED(-EOVERFLOW, EMPTY_BASE, -BLOCKS(1));
	EXPECT_REFUSED(-EOVERFLOW, EMPTY_BASE, -EMPTY_BASE);
	EXPECT_REFUSED(-EOVERFLOW, (1ULL << 63) - BLOCKS(1), (1ULL << 63) + BLOCKS(1));
	EXPECT_REFUSED(-ERANGE, 0, UINT64_MAX);
	/* the last that is in range */
	EXPECT_EQ(0, add_range(self->ctl, end - BLOCKS(1), BLOCKS(1), 0));
	EXPECT_EQ(0, remove_range(self->ctl, end - BLOCKS(1), BLOCKS(1)));
}

/* As a restarted VMM does, or one that does not keep count. */
TEST_F(add, exact_again)
{
	struct vtl0_add first = {
		.start = EMPTY_BASE, .length = BLOCKS(8), .flags = VTL0_ADD_PERSIST,
	};
	struct vtl0_add again = { .start = EMPTY_BASE, .length = BLOCKS(8) };
	struct vtl0_add trimmed = {
		.start = EMPTY_BASE - PAGE_BYTES,
		.length = BLOCKS(8) + 2 * PAGE_BYTES,
		.flags = VTL0_ADD_TRIM,
	};

	ASSERT_EQ(0, cmd_add(self->ctl, &first));
	for (int i = 0; i < 3; i++) {
		close(self->ctl);
		self->ctl = open_control();
		ASSERT_LE(0, self->ctl);
		ASSERT_EQ(0, cmd_add(self->ctl, &again));
		EXPECT_EQ(first.id, again.id);
		EXPECT_EQ(first.nr_chunks, again.nr_chunks);
		EXPECT_EQ(EMPTY_BASE, again.added_start);
		EXPECT_EQ(BLOCKS(8), again.added_length);
		EXPECT_EQ(0, again.conflict_length);
		EXPECT_EQ(1, list_ranges(self->ctl, self->ranges, 64));
	}
	ASSERT_EQ(0, cmd_add(self->ctl, &trimmed));
	EXPECT_EQ(first.id, trimmed.id);
	/* unless the caller wants to know */
	again.flags = VTL0_ADD_EXCLUSIVE;
	EXPECT_EQ(-EEXIST, cmd_add(self->ctl, &again));
	EXPECT_EQ(EMPTY_BASE, again.conflict_start);
	EXPECT_EQ(BLOCKS(8), again.conflict_length);
	EXPECT_EQ(0, remove_range(self->ctl, EMPTY_BASE, BLOCKS(8)));
	EXPECT_EQ(0, cmd_add(self->ctl, &again));
	EXPECT_NE(first.id, again.id);
	EXPECT_EQ(0, again.conflict_length);
}

TEST_F(add, refuses_overlap)
{
	static const struct {
		u64 start, length;
		u64 conflict_start, conflict_length;
	} cases[] = {
		{ 0, BLOCKS(5), BLOCKS(4), BLOCKS(1) },		/* its beginning */
		{ BLOCKS(7), BLOCKS(5), BLOCKS(7), BLOCKS(1) },		/* its end */
		{ BLOCKS(4), BLOCKS(1), BLOCKS(4), BLOCKS(1) },		/* parts of it */
		{ BLOCKS(5), BLOCKS(1), BLOCKS(5), BLOCKS(1) },
		{ BLOCKS(7), BLOCKS(1), BLOCKS(7), BLOCKS(1) },
		{ BLOCKS(4), BLOCKS(5), BLOCKS(4), BLOCKS(4) },		/* more than it */
		{ BLOCKS(3), BLOCKS(5), BLOCKS(4), BLOCKS(4) },
	};
	struct vtl0_chunk_info before[4], after[4];

	ASSERT_EQ(0, add_chunked(self->ctl, EMPTY_BASE + BLOCKS(4), BLOCKS(4), BLOCKS(1)));
	ASSERT_EQ(4, list_chunks(self->ctl, before, 4));
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vtl0_add arg = {
			.start = EMPTY_BASE + cases[i].start,
			.length = cases[i].length,
		};

		EXPECT_EQ(-EEXIST, cmd_add(self->ctl, &arg))
			TH_LOG("case %u", i);
		EXPECT_EQ(EMPTY_BASE + cases[i].conflict_start, arg.conflict_start);
		EXPECT_EQ(cases[i].conflict_length, arg.conflict_length);
		ASSERT_EQ(4, list_chunks(self->ctl, after, 4));
		EXPECT_EQ(0, memcmp(before, after, sizeof(after)));
	}
	/* a range that only touches it is no overlap */
	EXPECT_EQ(0, add_range(self->ctl, EMPTY_BASE + BLOCKS(2), BLOCKS(2), 0));
	EXPECT_EQ(0, add_range(self->ctl, EMPTY_BASE + BLOCKS(8), BLOCKS(2), 0));
	EXPECT_EQ(3, list_ranges(self->ctl, self->ranges, 64));
}

TEST_F(add, refuses_superset)
{
	struct vtl0_add arg = { };
	u64 inner, length = BLOCKS(2);
	int low = open_low(O_RDWR);
	char *p;

	NEED_WINDOW(1);
	ASSERT_LE(0, low);
	inner = self->start[1] + BLOCKS(4);
	ASSERT_EQ(0, add_range(self->ctl, inner, length, 0));
	p = map_low(low, inner, length, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, (void *)p);
	fill_pattern(p, length, 7);

	arg.start = self->start[1];
	arg.length = BLOCKS(16);
	EXPECT_EQ(-EEXIST, cmd_add(self->ctl, &arg));
	EXPECT_EQ(inner, arg.conflict_start);
	EXPECT_EQ(length, arg.conflict_length);
	EXPECT_EQ(1, list_ranges(self->ctl, self->ranges, 64));

	/* the inner one is still as it was, also for a new mapping */
	EXPECT_TRUE(check_pattern(p, length, 7));
	ASSERT_EQ(0, munmap(p, length));
	p = map_low(low, inner, length, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, (void *)p);
	ASSERT_EQ(0, touch(p));
	EXPECT_TRUE(check_pattern(p, length, 7));
	ASSERT_EQ(0, munmap(p, length));
	close(low);
	/* and with it gone the superset is fine */
	ASSERT_EQ(0, remove_range(self->ctl, inner, length));
	EXPECT_EQ(0, add_range(self->ctl, arg.start, arg.length, 0));
}

TEST_F(add, unaligned_edges)
{
	static const struct {
		u64 cut_start, cut_end;
	} cases[] = {
		{ PAGE_BYTES, 0 }, { 0, PAGE_BYTES }, { PAGE_BYTES, PAGE_BYTES }, { 1, 1 },
		{ BLOCKS(1) / 2, BLOCKS(1) / 2 }, { BLOCKS(1) - 1, BLOCKS(1) - 1 },
		{ 0x10000, BLOCKS(2) - 0x10000 },
	};
	u64 start = EMPTY_BASE, length = BLOCKS(16);

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		u64 first = start + cases[i].cut_start;
		u64 end = start + length - cases[i].cut_end;
		struct vtl0_add arg = { .start = first, .length = end - first };
		struct vtl0_plan plan = { .start = first, .length = end - first };
		u64 edge = cases[i].cut_start ? first : end;

		EXPECT_EQ(-EINVAL, cmd_add(self->ctl, &arg))
			TH_LOG("case %u", i);
		EXPECT_EQ(edge, arg.conflict_start);
		EXPECT_EQ(0, arg.conflict_length);
		EXPECT_EQ(0, list_ranges(self->ctl, self->ranges, 64));
		EXPECT_EQ(-EINVAL, cmd_plan(self->ctl, &plan));
		EXPECT_EQ(edge, plan.edge);

		arg.flags = VTL0_ADD_TRIM;
		ASSERT_EQ(0, cmd_add(self->ctl, &arg));
		EXPECT_EQ(cases[i].cut_start ? start + BLOCKS(1) : start, arg.added_start);
		EXPECT_EQ((end & ~(BLOCKS(1) - 1)) - arg.added_start, arg.added_length);
		EXPECT_EQ(0, remove_range(self->ctl, arg.added_start, arg.added_length));
	}
}

TEST_F(add, nothing_left_between_edges)
{
	static const struct {
		u64 start, length;
	} cases[] = {
		{ PAGE_BYTES, PAGE_BYTES }, { PAGE_BYTES, BLOCKS(1) - PAGE_BYTES },
		{ PAGE_BYTES, BLOCKS(2) - 2 * PAGE_BYTES },
		{ 0, BLOCKS(1) - 1 }, { 1, BLOCKS(1) }, { BLOCKS(1) / 2, BLOCKS(1) },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vtl0_add arg = {
			.start = EMPTY_BASE + cases[i].start,
			.length = cases[i].length,
			.flags = VTL0_ADD_TRIM,
		};

		EXPECT_EQ(-EINVAL, cmd_add(self->ctl, &arg))
			TH_LOG("case %u", i);
		EXPECT_EQ(EMPTY_BASE + cases[i].start, arg.conflict_start);
		EXPECT_EQ(0, list_ranges(self->ctl, self->ranges, 64));
	}
}

/* The trimmed part can be touched, its edges cannot, as all that is not ours. */
TEST_F(add, edges_stay_unmapped)
{
	int low = open_low(O_RDWR);
	struct vtl0_add arg;
	char *p;

	NEED_WINDOW(1);
	ASSERT_LE(0, low);
	arg = (struct vtl0_add) {
		.start = self->start[1] + 0x10000,
		.length = BLOCKS(3),
		.flags = VTL0_ADD_TRIM,
	};
	ASSERT_EQ(0, cmd_add(self->ctl, &arg));
	EXPECT_EQ(self->start[1] + BLOCKS(1), arg.added_start);
	EXPECT_EQ(BLOCKS(2), arg.added_length);
	p = map_low(low, self->start[1], BLOCKS(4), PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, (void *)p);
	EXPECT_LT(0, touch(p + BLOCKS(1) - 1));
	EXPECT_EQ(0, touch_write(p + BLOCKS(1)));
	EXPECT_EQ(0, touch_write(p + BLOCKS(3) - 1));
	EXPECT_LT(0, touch(p + BLOCKS(3)));
	ASSERT_EQ(0, munmap(p, BLOCKS(4)));
	close(low);
}

TEST_HARNESS_MAIN
