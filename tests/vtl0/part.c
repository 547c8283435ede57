// SPDX-License-Identifier: GPL-2.0
/*
 * VTL0_REMOVE_PART: chunks of a range go, and what is left is one range or two that are
 * like those of VTL0_ADD. part_map.c has what mappings see of it.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "common.h"

#define CHUNK BLOCKS(1)
#define CHUNKS 8
#define LENGTH (CHUNKS * CHUNK)

static int remove_part(int fd, u64 start, u64 length, struct vtl0_remove *arg)
{
	*arg = (struct vtl0_remove) {
		.flags = VTL0_REMOVE_PART, .start = start, .length = length,
	};
	return cmd_remove(fd, arg);
}

/* In units of chunks. */
static int remove_chunks(int fd, unsigned int first, unsigned int nr)
{
	struct vtl0_remove arg;

	return remove_part(fd, EMPTY_BASE + first * CHUNK, nr * CHUNK, &arg);
}

#define EXPECT_RANGE(r, first, nr) do {					\
	EXPECT_EQ(EMPTY_BASE + (first) * CHUNK, (r)->start);		\
	EXPECT_EQ((nr) * CHUNK, (r)->length);				\
	EXPECT_EQ(nr, (r)->nr_chunks);					\
	EXPECT_EQ(VTL0_STATE_LIVE, (r)->state);				\
	EXPECT_TRUE(iomem_has((r)->start, (r)->length, "vtl0"));	\
} while (0)

#define EXPECT_TOTALS(ranges_, chunks_) do {				\
	struct vtl0_info info_ = { };					\
	ASSERT_EQ(0, cmd_info(self->ctl, &info_));			\
	EXPECT_EQ(ranges_, info_.nr_ranges);				\
	EXPECT_EQ(chunks_, info_.nr_chunks);				\
	EXPECT_EQ((chunks_) * CHUNK, info_.bytes);			\
	EXPECT_EQ((chunks_) * (self->memmap / CHUNKS), info_.memmap_bytes); \
} while (0)

FIXTURE(part) {
	int ctl;
	u32 id;
	u64 memmap;
	struct vtl0_range_info r[CHUNKS + 1];
};

FIXTURE_SETUP(part)
{
	struct vtl0_add arg = {
		.flags = VTL0_ADD_CHUNK | VTL0_ADD_COOKIE, .start = EMPTY_BASE,
		.length = LENGTH, .chunk_length = CHUNK, .cookie = "part",
	};

	self->ctl = open_control();
	ASSERT_LE(0, self->ctl);
	ASSERT_EQ(0, cmd_add(self->ctl, &arg));
	ASSERT_EQ(CHUNKS, arg.nr_chunks);
	self->id = arg.id;
	ASSERT_EQ(1, list_ranges(self->ctl, self->r, 1));
	self->memmap = self->r[0].memmap_bytes;
}

FIXTURE_TEARDOWN(part)
{
	close(self->ctl);
	EXPECT_NOTHING_LEFT();
}

TEST_F(part, of_the_middle_leaves_two_ranges)
{
	u64 value;

	ASSERT_EQ(0, remove_chunks(self->ctl, 2, 3));
	ASSERT_EQ(2, list_ranges(self->ctl, self->r, 3));
	EXPECT_RANGE(&self->r[0], 0, 2);
	EXPECT_RANGE(&self->r[1], 5, 3);
	EXPECT_EQ(self->id, self->r[0].id);
	EXPECT_LT(self->id, self->r[1].id);
	EXPECT_EQ(0, memcmp(self->r[0].cookie, self->r[1].cookie, VTL0_COOKIE_SIZE));
	EXPECT_EQ(1, self->r[1].owners);
	EXPECT_EQ(self->r[0].flags, self->r[1].flags);
	EXPECT_EQ(self->r[0].node, self->r[1].node);
	EXPECT_TOTALS(2, 5);
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, range_attr_u64(self->r[i].id, "start", &value));
		EXPECT_EQ(self->r[i].start, value);
		ASSERT_EQ(0, range_attr_u64(self->r[i].id, "length", &value));
		EXPECT_EQ(self->r[i].length, value);
		ASSERT_EQ(0, range_attr_u64(self->r[i].id, "nr_chunks", &value));
		EXPECT_EQ(self->r[i].nr_chunks, value);
	}
	/* each is a range like any other */
	EXPECT_EQ(0, remove_range(self->ctl, self->r[0].start, self->r[0].length));
	EXPECT_EQ(0, remove_chunks(self->ctl, 6, 1));
	ASSERT_EQ(2, list_ranges(self->ctl, self->r, 3));
	EXPECT_RANGE(&self->r[0], 5, 1);
	EXPECT_RANGE(&self->r[1], 7, 1);
	EXPECT_TOTALS(2, 2);
}

TEST_F(part, of_an_end_leaves_the_range)
{
	ASSERT_EQ(0, remove_chunks(self->ctl, 0, 1));
	ASSERT_EQ(1, list_ranges(self->ctl, self->r, 2));
	EXPECT_RANGE(&self->r[0], 1, 7);
	EXPECT_EQ(self->id, self->r[0].id);
	ASSERT_EQ(0, remove_chunks(self->ctl, 5, 3));
	ASSERT_EQ(1, list_ranges(self->ctl, self->r, 2));
	EXPECT_RANGE(&self->r[0], 1, 4);
	EXPECT_EQ(self->id, self->r[0].id);
	EXPECT_TOTALS(1, 4);
	/* all that is left, as a part and as a range */
	ASSERT_EQ(0, remove_chunks(self->ctl, 2, 1));
	EXPECT_EQ(0, remove_chunks(self->ctl, 1, 1));
	EXPECT_EQ(0, remove_range(self->ctl, EMPTY_BASE + 3 * CHUNK, 2 * CHUNK));
	EXPECT_EQ(0, list_ranges(self->ctl, self->r, 1));
}

TEST_F(part, in_any_order)
{
	static const unsigned int orders[][CHUNKS] = {
		{ 3, 6, 0, 4, 1, 7, 5, 2 }, { 7, 1, 6, 5, 3, 2, 4, 0 }, { 4, 2, 6, 1, 3, 5, 7, 0 },
	};

	for (unsigned int i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		u64 left = LENGTH;

		for (unsigned int n = 0; n < CHUNKS; n++) {
			u64 sum = 0;
			int nr;

			ASSERT_EQ(0, remove_chunks(self->ctl, orders[i][n], 1));
			EXPECT_EQ(-ENOENT, remove_chunks(self->ctl, orders[i][n], 1));
			left -= CHUNK;
			nr = list_ranges(self->ctl, self->r, CHUNKS);
			for (int r = 0; r < nr; r++) {
				EXPECT_RANGE(&self->r[r],
					     (self->r[r].start - EMPTY_BASE) / CHUNK,
					     self->r[r].length / CHUNK);
				sum += self->r[r].length;
			}
			EXPECT_EQ(left, sum);
			EXPECT_TOTALS(nr, left / CHUNK);
		}
		ASSERT_EQ(0, add_chunked(self->ctl, EMPTY_BASE, LENGTH, CHUNK));
	}
}

TEST_F(part, can_be_added_again)
{
	struct vtl0_add arg = {
		.flags = VTL0_ADD_COVER | VTL0_ADD_COOKIE, .start = EMPTY_BASE,
		.length = LENGTH, .cookie = "part",
	};

	ASSERT_EQ(0, remove_chunks(self->ctl, 1, 2));
	ASSERT_EQ(0, remove_chunks(self->ctl, 5, 1));
	/* it is no longer the range that it was */
	EXPECT_EQ(-EEXIST, add_range(self->ctl, EMPTY_BASE, LENGTH, 0));
	EXPECT_EQ(0, add_range(self->ctl, EMPTY_BASE, CHUNK, 0));
	EXPECT_EQ(0, add_range(self->ctl, EMPTY_BASE + CHUNK, 2 * CHUNK, 0));
	ASSERT_EQ(4, list_ranges(self->ctl, self->r, 5));
	EXPECT_EQ(0, remove_range(self->ctl, EMPTY_BASE + CHUNK, 2 * CHUNK));
	/* both gaps at once */
	ASSERT_EQ(0, cmd_add(self->ctl, &arg));
	ASSERT_EQ(5, list_ranges(self->ctl, self->r, 6));
	EXPECT_EQ(2, arg.nr_chunks);
	EXPECT_EQ(self->id, self->r[0].id);
}

TEST_F(part, refused_changes_nothing)
{
	struct vtl0_remove arg;
	char *before, *after;

	ASSERT_EQ(0, add_range(self->ctl, EMPTY_BASE + LENGTH, CHUNK, 0));
	before = describe_ranges(self->ctl);
	/* where it would be cut */
	EXPECT_EQ(-EINVAL, remove_part(self->ctl, EMPTY_BASE + BLOCKS(1) / 2, BLOCKS(5) / 2, &arg));
	EXPECT_EQ(EMPTY_BASE, arg.busy_start);
	EXPECT_EQ(CHUNK, arg.busy_length);
	EXPECT_EQ(-EINVAL, remove_part(self->ctl, EMPTY_BASE + CHUNK, BLOCKS(5) / 2, &arg));
	EXPECT_EQ(EMPTY_BASE + 3 * CHUNK, arg.busy_start);
	EXPECT_EQ(CHUNK, arg.busy_length);
	EXPECT_EQ(-EINVAL, remove_part(self->ctl, EMPTY_BASE + 1, 1, &arg));
	EXPECT_EQ(EMPTY_BASE, arg.busy_start);
	EXPECT_EQ(-EINVAL, remove_part(self->ctl, EMPTY_BASE, 0, &arg));
	EXPECT_EQ(0, arg.busy_length);
	/* not all in one range */
	EXPECT_EQ(-ENOENT, remove_part(self->ctl, EMPTY_BASE - CHUNK, 2 * CHUNK, &arg));
	EXPECT_EQ(-ENOENT, remove_chunks(self->ctl, CHUNKS - 1, 2));
	EXPECT_EQ(-ENOENT, remove_chunks(self->ctl, CHUNKS + 1, 1));
	EXPECT_EQ(-ENOENT, remove_part(self->ctl, EMPTY_BASE + CHUNK, -CHUNK, &arg));
	/* and as it always was without the flag */
	EXPECT_EQ(-ENOENT, remove_range(self->ctl, EMPTY_BASE, CHUNK));
	arg = (struct vtl0_remove) { .flags = 2, .start = EMPTY_BASE, .length = CHUNK };
	EXPECT_EQ(-EOPNOTSUPP, cmd_remove(self->ctl, &arg));
	after = describe_ranges(self->ctl);
	EXPECT_STREQ(before, after);
	free(before);
	free(after);
}

TEST_F(part, rest_has_the_owners)
{
	int other = open_control();

	ASSERT_LE(0, other);
	ASSERT_EQ(0, add_range(other, EMPTY_BASE, LENGTH, 0));
	ASSERT_EQ(0, remove_chunks(self->ctl, 3, 2));
	ASSERT_EQ(2, list_ranges(self->ctl, self->r, 3));
	EXPECT_EQ(2, self->r[0].owners);
	EXPECT_EQ(2, self->r[1].owners);
	close(other);
	ASSERT_EQ(2, list_ranges(self->ctl, self->r, 3));
	EXPECT_EQ(1, self->r[0].owners);
	EXPECT_EQ(1, self->r[1].owners);
	/* one persists, the other goes with the file */
	ASSERT_EQ(0, add_range(self->ctl, self->r[1].start, self->r[1].length,
			       VTL0_ADD_PERSIST));
	close(self->ctl);
	self->ctl = open_control();
	ASSERT_LE(0, self->ctl);
	/* waits until the first one has gone */
	EXPECT_EQ(0, add_range(self->ctl, EMPTY_BASE, CHUNK, 0));
	ASSERT_EQ(2, list_ranges(self->ctl, self->r, 3));
	EXPECT_EQ(1, self->r[0].nr_chunks);
	EXPECT_EQ(VTL0_RANGE_PERSIST, self->r[1].flags);
	EXPECT_EQ(0, remove_chunks(self->ctl, 6, 1));
	ASSERT_EQ(3, list_ranges(self->ctl, self->r, 4));
	EXPECT_EQ(VTL0_RANGE_PERSIST, self->r[2].flags);
	EXPECT_EQ(3, remove_all(self->ctl));
}

struct reader {
	int ctl;
	bool stop;
	u32 dips;
};

/* While ranges only become more, does VTL0_INFO ever show fewer? */
static void *read_info(void *arg)
{
	struct reader *r = arg;
	u32 most = 0;

	while (!__atomic_load_n(&r->stop, __ATOMIC_ACQUIRE)) {
		struct vtl0_info info = { };

		if (cmd_info(r->ctl, &info) || info.nr_ranges < most)
			r->dips++;
		else
			most = info.nr_ranges;
	}
	return NULL;
}

TEST_F(part, info_never_misses_a_range)
{
	struct reader r = { .ctl = open_control() };
	u64 start = EMPTY_BASE + GIB(1);
	pthread_t thread;

	ASSERT_LE(0, r.ctl);
	ASSERT_EQ(0, add_chunked(self->ctl, start, 64 * CHUNK, CHUNK));
	ASSERT_EQ(0, pthread_create(&thread, NULL, read_info, &r));
	for (unsigned int i = 1; i < 64; i += 2) {
		EXPECT_EQ(0, remove_part(self->ctl, start + i * CHUNK, CHUNK,
					 &(struct vtl0_remove) { }));
	}
	__atomic_store_n(&r.stop, true, __ATOMIC_RELEASE);
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(0, r.dips);
	close(r.ctl);
}

/* The block at an edge that is not aligned to 2M is a chunk as well. */
TEST_F(part, of_an_edge)
{
	struct vtl0_add arg = {
		.flags = VTL0_ADD_COVER, .start = EMPTY_BASE + GIB(1) + PAGE_BYTES,
		.length = BLOCKS(4),
	};

	ASSERT_EQ(0, cmd_add(self->ctl, &arg));
	ASSERT_EQ(3, arg.nr_chunks);
	ASSERT_EQ(0, remove_part(self->ctl, arg.start, BLOCKS(1) - PAGE_BYTES,
				 &(struct vtl0_remove) { }));
	ASSERT_EQ(0, remove_part(self->ctl, EMPTY_BASE + GIB(1) + BLOCKS(4), PAGE_BYTES,
				 &(struct vtl0_remove) { }));
	ASSERT_EQ(2, list_ranges(self->ctl, self->r, 3));
	EXPECT_EQ(BLOCKS(3), self->r[1].length);
	EXPECT_EQ(0, cmd_add(self->ctl, &arg));
	EXPECT_EQ(4, list_ranges(self->ctl, self->r, 5));
}

TEST_HARNESS_MAIN
