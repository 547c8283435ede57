// SPDX-License-Identifier: GPL-2.0
/* The answer of PLAN, and that ADD makes the same chunks. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "common.h"

FIXTURE(plan) {
	int ctl;
	struct vtl0_range_info ranges[64];
};

FIXTURE_SETUP(plan)
{
	self->ctl = open_control();
	ASSERT_LE(0, self->ctl);
}

FIXTURE_TEARDOWN(plan)
{
	close(self->ctl);
	EXPECT_NOTHING_LEFT();
}

/* Starts are relative to EMPTY_BASE. */
static const struct {
	u64 start;
	u64 length;
	u64 chunk;
	u32 flags;
	u32 order;
} requests[] = {
	{ 0, BLOCKS(1), 0, 0, 0 },
	{ 0, GIB(2), 0, 0, 0 },
	{ BLOCKS(1), GIB(2), 0, 0, 0 },
	{ BLOCKS(1), GIB(4), 0, 0, 0 },
	{ BLOCKS(1), GIB(4), 0, VTL0_ADD_ORDER, PUD_FOLIO_ORDER },
	{ 0, GIB(1), 0, VTL0_ADD_ORDER, PMD_FOLIO_ORDER },
	{ 0, BLOCKS(32), 0, VTL0_ADD_ORDER, 0 },
	{ 0, BLOCKS(32), 0, VTL0_ADD_ORDER, 5 },
	{ BLOCKS(1), BLOCKS(32), BLOCKS(3), VTL0_ADD_CHUNK, 0 },
	{ PAGE_BYTES, BLOCKS(32), BLOCKS(8), VTL0_ADD_CHUNK | VTL0_ADD_TRIM, 0 },
	{ PAGE_BYTES, BLOCKS(32), BLOCKS(8), VTL0_ADD_CHUNK | VTL0_ADD_COVER, 0 },
};

TEST_F(plan, equals_add)
{
	struct vtl0_chunk_info planned[32], added[32];

	for (unsigned int i = 0; i < ARRAY_SIZE(requests); i++) {
		struct vtl0_plan plan = {
			.flags = requests[i].flags,
			.start = EMPTY_BASE + requests[i].start,
			.length = requests[i].length,
			.chunk_length = requests[i].chunk,
			.max_order = requests[i].order,
			.count = 32,
			.buf = (uintptr_t)planned,
		};
		struct vtl0_add add = {
			.flags = requests[i].flags,
			.start = EMPTY_BASE + requests[i].start,
			.length = requests[i].length,
			.chunk_length = requests[i].chunk,
			.max_order = requests[i].order,
		};
		struct vtl0_range_info info = { };

		ASSERT_EQ(0, cmd_plan(self->ctl, &plan));
		ASSERT_EQ(0, list_ranges(self->ctl, self->ranges, 64));
		ASSERT_EQ(0, cmd_add(self->ctl, &add));
		EXPECT_EQ(plan.planned_start, add.added_start);
		EXPECT_EQ(plan.planned_length, add.added_length);
		ASSERT_EQ(plan.count, add.nr_chunks);
		ASSERT_EQ((int)plan.count, list_chunks(self->ctl, added, 32));
		for (unsigned int j = 0; j < plan.count; j++) {
			EXPECT_EQ(planned[j].start, added[j].start);
			EXPECT_EQ(planned[j].length, added[j].length);
			EXPECT_EQ(planned[j].order, added[j].order);
			EXPECT_EQ(planned[j].memmap_bytes, added[j].memmap_bytes);
			EXPECT_EQ(0, planned[j].range_id);
			EXPECT_EQ(add.id, added[j].range_id);
		}
		ASSERT_EQ(0, find_range(self->ctl, add.added_start, &info));
		EXPECT_EQ(plan.memmap_bytes, info.memmap_bytes);
		EXPECT_EQ(plan.memmap_saved, info.memmap_saved);
		EXPECT_EQ(0, remove_range(self->ctl, add.added_start, add.added_length));
	}
}

TEST_F(plan, writes_what_fits_the_buffer)
{
	struct vtl0_chunk_info chunks[4];
	struct vtl0_plan plan = {
		.flags = VTL0_ADD_CHUNK,
		.start = EMPTY_BASE,
		.length = BLOCKS(3),
		.chunk_length = BLOCKS(1),
	};

	/* just how many */
	ASSERT_EQ(0, cmd_plan(self->ctl, &plan));
	EXPECT_EQ(3, plan.count);
	/* fewer than there are: the rest is not written */
	memset(chunks, 0xff, sizeof(chunks));
	plan.buf = (uintptr_t)chunks;
	plan.count = 2;
	ASSERT_EQ(0, cmd_plan(self->ctl, &plan));
	EXPECT_EQ(3, plan.count);
	EXPECT_EQ(EMPTY_BASE + BLOCKS(1), chunks[1].start);
	EXPECT_EQ(UINT64_MAX, chunks[2].start);
	plan.buf = 0;
	plan.count = 1;
	EXPECT_EQ(-EFAULT, cmd_plan(self->ctl, &plan));
}

TEST_F(plan, refuses_flags)
{
	struct vtl0_plan plan = { .start = EMPTY_BASE, .length = BLOCKS(1) };

	/* one of ADD alone */
	plan.flags = VTL0_ADD_PERSIST;
	EXPECT_EQ(-EOPNOTSUPP, cmd_plan(self->ctl, &plan));
	plan.flags = VTL0_ADD_COVER | VTL0_ADD_TRIM;
	EXPECT_EQ(-EINVAL, cmd_plan(self->ctl, &plan));
}

TEST_F(plan, chunk_length)
{
	u64 bad[] = {
		1, PAGE_BYTES, BLOCKS(1) / 2, BLOCKS(3) / 2, BLOCKS(1) + PAGE_BYTES, UINT64_MAX,
	};
	struct vtl0_chunk_info chunks[8];

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-EINVAL, add_chunked(self->ctl, EMPTY_BASE, BLOCKS(4), bad[i]))
			TH_LOG("chunk_length %#llx", (unsigned long long)bad[i]);
	}
	/* chunks end at multiples of it */
	ASSERT_EQ(0, add_chunked(self->ctl, EMPTY_BASE + BLOCKS(1), BLOCKS(4), BLOCKS(2)));
	ASSERT_EQ(3, list_chunks(self->ctl, chunks, 8));
	EXPECT_EQ(BLOCKS(1), chunks[0].length);
	EXPECT_EQ(BLOCKS(2), chunks[1].length);
	EXPECT_EQ(BLOCKS(1), chunks[2].length);
	ASSERT_EQ(0, remove_range(self->ctl, EMPTY_BASE + BLOCKS(1), BLOCKS(4)));
	/* longer than the range */
	ASSERT_EQ(0, add_chunked(self->ctl, EMPTY_BASE, BLOCKS(4), TIB(1)));
	EXPECT_EQ(1, list_chunks(self->ctl, chunks, 8));
}

TEST_F(plan, too_many_chunks)
{
	struct vtl0_plan plan = {
		.flags = VTL0_ADD_CHUNK,
		.start = EMPTY_BASE,
		.length = VTL0_MAX_CHUNKS * BLOCKS(1),
		.chunk_length = BLOCKS(1),
	};

	ASSERT_EQ(0, cmd_plan(self->ctl, &plan));
	EXPECT_EQ(VTL0_MAX_CHUNKS, plan.count);
	plan.length += BLOCKS(1);
	plan.count = 0;
	EXPECT_EQ(-EINVAL, cmd_plan(self->ctl, &plan));
	EXPECT_EQ(-EINVAL, add_chunked(self->ctl, EMPTY_BASE, plan.length, BLOCKS(1)));
}

/* Where the memory of node 1 begins; -ENOENT on a machine with one node. */
static int second_node(u64 *start)
{
	FILE *f = fopen("/proc/zoneinfo", "re");
	unsigned long long pfn;
	bool found = false;
	char line[128];

	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f)) {
		if (!strncmp(line, "Node ", 5))
			found = !strncmp(line, "Node 1,", 7);
		/* that of an empty zone is 0 */
		if (found && sscanf(line, " start_pfn: %llu", &pfn) == 1 && pfn) {
			fclose(f);
			*start = pfn * getpagesize();
			return 0;
		}
	}
	fclose(f);
	return -ENOENT;
}

/* PLAN does not look at what is in use, so this may be the kernel's memory. */
TEST_F(plan, no_chunk_on_two_nodes)
{
	struct vtl0_chunk_info chunk[4] = { };
	struct vtl0_plan plan = {
		.flags = VTL0_ADD_ORDER, .max_order = PUD_FOLIO_ORDER, .length = GIB(2),
		.count = 4, .buf = (uintptr_t)chunk,
	};
	u64 boundary = 0;

	if (second_node(&boundary))
		SKIP(return, "needs --numa 2");
	ASSERT_EQ(0, boundary % BLOCKS(1));
	plan.start = boundary - GIB(1);
	ASSERT_EQ(0, cmd_plan(self->ctl, &plan));
	ASSERT_LE(2, plan.count);
	ASSERT_GE(4, plan.count);
	for (unsigned int i = 0; i < plan.count; i++) {
		u64 end = chunk[i].start + chunk[i].length;

		EXPECT_TRUE(chunk[i].start >= boundary || end <= boundary);
	}
	EXPECT_EQ(plan.start + plan.length,
		  chunk[plan.count - 1].start + chunk[plan.count - 1].length);
}

TEST_HARNESS_MAIN
