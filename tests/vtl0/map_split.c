// SPDX-License-Identifier: GPL-2.0
/*
 * Operations on a part of a 2M or 1G entry: the entry is split or dropped, the
 * data stay, and the counters (references, mappings, RSS) returns to its base.
 * A wrong RSS makes the kernel report "Bad rss-counter" when the test exits,
 * which fails the lab.
 */
#include "map.h"

/* Pages of the C library that are read meanwhile also count as RssFile. */
#define RSS_SLACK ((long long)MIB(1))

FIXTURE(split) {
	struct map_state s;
	char *va;
	char *middle;
	long long rss_base;
};

FIXTURE_VARIANT(split) {
	LEVEL_FIELDS;
	u64 part;
};

FIXTURE_VARIANT_ADD(split, page_of_2m) { LEVEL_PMD, .part = PAGE_BYTES };
FIXTURE_VARIANT_ADD(split, page_of_1g) { LEVEL_PUD, .part = PAGE_BYTES };
FIXTURE_VARIANT_ADD(split, pmd_of_1g) { LEVEL_PUD, .part = PMD_BYTES };

static long long rss(void)
{
	return status_bytes("RssFile");
}

/* The whole range is mapped; the entry that has the middle holds a pattern. */
FIXTURE_SETUP(split)
{
	struct vtl0_range_info info;
	long long mapped;
	int ret = map_setup(&self->s, variant->length, variant->order);

	if (ret == -ENOENT)
		SKIP(return, NO_RAM);
	ASSERT_EQ(0, ret);
	self->rss_base = rss();
	self->va = map_low(self->s.low, self->s.start, self->s.length,
			   PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, self->va);
	/* whole 2M blocks on both sides, within one entry if that is of 1G */
	self->middle = self->va + 4 * PMD_BYTES;
	fill_pattern(self->middle - PMD_BYTES, 3 * PMD_BYTES, 18);
	info = map_info(&self->s);
	ASSERT_MAPPINGS(variant->entry == PUD_BYTES ? 1 : 3, info.mappings);
	ASSERT_EQ(0, info.faults_pte);
	/* what is not counted as a mapping is not counted as resident either */
	mapped = counts_mappings() ? info.mappings * variant->entry : 0;
	EXPECT_LE(llabs(rss() - self->rss_base - mapped),
		  RSS_SLACK);
}

FIXTURE_TEARDOWN_PARENT(split)
{
	EXPECT_ALL_GONE();
}

/* The memory around the part still has its data, and can be written. */
static bool rest_is_good(char *middle, u64 part)
{
	u64 before = PMD_BYTES, after = 2 * PMD_BYTES - part;
	char *behind = middle + part;

	if (!check_pattern(middle - before, before, 18))
		return false;
	if (!check_pattern(behind, after, 18 + (before + part) / 8))
		return false;
	return !touch_write(middle - 1) && !touch_write(behind);
}

static u64 part_seed(void)
{
	return 18 + PMD_BYTES / 8;
}

#define FINISH() do {							\
	EXPECT_TRUE(rest_is_good(self->middle, variant->part));		\
	ASSERT_EQ(0, munmap(self->va, self->s.length));			\
	EXPECT_LE(llabs(rss() - self->rss_base), RSS_SLACK);		\
	EXPECT_UNUSED_AND_REMOVE(&self->s);				\
} while (0)

TEST_F_TIMEOUT(split, munmap_part, SLOW)
{
	ASSERT_EQ(0, munmap(self->middle, variant->part));
	EXPECT_EQ(-SIGSEGV, touch(self->middle));
	FINISH();
}

TEST_F_TIMEOUT(split, mprotect_part, SLOW)
{
	ASSERT_EQ(0, mprotect(self->middle, variant->part, PROT_READ));
	EXPECT_TRUE(check_pattern(self->middle, variant->part, part_seed()));
	EXPECT_EQ(-SIGSEGV, touch_write(self->middle));
	EXPECT_TRUE(rest_is_good(self->middle, variant->part));
	ASSERT_EQ(0, mprotect(self->middle, variant->part, PROT_NONE));
	EXPECT_EQ(-SIGSEGV, touch(self->middle));
	ASSERT_EQ(0, mprotect(self->middle, variant->part, PROT_READ | PROT_WRITE));
	EXPECT_EQ(0, touch_write(self->middle));
	EXPECT_TRUE(check_pattern(self->middle, variant->part, part_seed()));
	FINISH();
}

/* The whole entry, which need not be split. */
TEST_F_TIMEOUT(split, mprotect_whole, SLOW)
{
	ASSERT_EQ(0, mprotect(self->va, self->s.length, PROT_READ));
	EXPECT_TRUE(check_pattern(self->middle, variant->part, part_seed()));
	EXPECT_EQ(-SIGSEGV, touch_write(self->middle));
	ASSERT_EQ(0, mprotect(self->va, self->s.length, PROT_READ | PROT_WRITE));
	EXPECT_EQ(0, touch_write(self->middle));
	FINISH();
}

TEST_F_TIMEOUT(split, mremap_part, SLOW)
{
	char *to = mmap(NULL, 2 * variant->part, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *moved;

	ASSERT_NE(MAP_FAILED, to);
	/* never congruent to the memory modulo 2M, unless the part is a page */
	to += variant->part / 2 / PAGE_BYTES * PAGE_BYTES;
	moved = mremap(self->middle, variant->part, variant->part,
		       MREMAP_MAYMOVE | MREMAP_FIXED, to);
	ASSERT_EQ(to, moved);
	EXPECT_EQ(-SIGSEGV, touch(self->middle));
	EXPECT_TRUE(check_pattern(moved, variant->part, part_seed()));
	EXPECT_EQ(0, touch_write(moved));
	ASSERT_EQ(0, munmap(moved, variant->part));
	FINISH();
}

/* To an address as aligned as before: page-table entries move as they are. */
TEST_F_TIMEOUT(split, mremap_whole, SLOW)
{
	u64 length = self->s.length;
	char *to = mmap(NULL, length + variant->entry, PROT_NONE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *moved;

	ASSERT_NE(MAP_FAILED, to);
	to += -(uintptr_t)to % variant->entry;
	moved = mremap(self->va, length, length, MREMAP_MAYMOVE | MREMAP_FIXED, to);
	ASSERT_EQ(to, moved);
	EXPECT_EQ(-SIGSEGV, touch(self->va));
	self->middle += moved - self->va;
	self->va = moved;
	EXPECT_TRUE(check_pattern(self->middle, variant->part, part_seed()));
	EXPECT_EQ(0, map_info(&self->s).held);
	FINISH();
}

/* A page is gone for good: the VMAs beside it take no entry that would contain it. */
TEST_F_TIMEOUT(split, refault_beside_hole, SLOW)
{
	struct vtl0_range_info info;

	ASSERT_EQ(0, munmap(self->middle, variant->part));
	ASSERT_EQ(0, madvise(self->va, 4 * PMD_BYTES, MADV_DONTNEED));
	ASSERT_EQ(0, touch_write(self->middle - PAGE_BYTES));
	ASSERT_EQ(0, touch_write(self->middle + variant->part));
	EXPECT_EQ(-SIGSEGV, touch(self->middle));
	info = map_info(&self->s);
	if (variant->entry == PMD_BYTES) {
		EXPECT_EQ(4, info.faults_pmd);
		EXPECT_EQ(1, info.fallbacks);
	} else {
		EXPECT_EQ(1, info.faults_pud);
		EXPECT_EQ(2, info.fallbacks);
	}
	EXPECT_EQ(0, info.held);
	FINISH();
}

TEST_HARNESS_MAIN
