// SPDX-License-Identifier: GPL-2.0
/*
 * Which page-table entries faults make: the largest that folio, mapping and
 * address allow, one fault for each, and no page tables below them.
 */
#include "map.h"

/* A free PUD table's worth of addresses, far from everything else. */
#define FAR_AWAY ((char *)0x600000000000UL)

FIXTURE(fault) {
	struct map_state s;
};

FIXTURE_VARIANT(fault) {
	LEVEL_FIELDS;
};

FIXTURE_VARIANT_ADD(fault, pte) { LEVEL_PTE };
FIXTURE_VARIANT_ADD(fault, pmd) { LEVEL_PMD };
FIXTURE_VARIANT_ADD(fault, pud) { LEVEL_PUD };

FIXTURE_SETUP(fault)
{
	int ret = map_setup(&self->s, variant->length, variant->order);

	if (ret == -ENOENT)
		SKIP(return, NO_RAM);
	ASSERT_EQ(0, ret);
}

FIXTURE_TEARDOWN_PARENT(fault)
{
	EXPECT_ALL_GONE();
}

static u64 faults_of(const struct vtl0_range_info *info, u64 entry)
{
	return entry == PUD_BYTES ? info->faults_pud :
	       entry == PMD_BYTES ? info->faults_pmd : info->faults_pte;
}

static u64 all_faults(const struct vtl0_range_info *info)
{
	return info->faults_pte + info->faults_pmd + info->faults_pud;
}

static u64 faults_for(u64 length, u64 entry)
{
	return length / (entry == PAGE_BYTES ? FAULT_AROUND : entry);
}

/* Touch every page-table entry of a mapping, and some of them twice. */
static int touch_all(char *va, u64 length, u64 step)
{
	int ret = 0;

	for (u64 i = 0; i < length && !ret; i += step) {
		ret = touch_write(va + i);
		if (!ret)
			ret = touch(va + i + step / 2);
	}
	return ret;
}

TEST_F_TIMEOUT(fault, one_fault_per_entry, SLOW)
{
	u64 step = variant->entry < PMD_BYTES ? variant->entry : PMD_BYTES;
	u64 entries = variant->length / variant->entry;
	struct vtl0_range_info info;
	char *va;

	va = map_low(self->s.low, self->s.start, self->s.length, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, va);
	ASSERT_EQ(0, touch_all(va, self->s.length, step));
	info = map_info(&self->s);
	EXPECT_EQ(faults_for(variant->length, variant->entry), faults_of(&info, variant->entry));
	EXPECT_EQ(faults_of(&info, variant->entry), all_faults(&info));
	EXPECT_MAPPINGS(entries, info.mappings);
	EXPECT_EQ(0, info.fallbacks);
	EXPECT_EQ(0, info.held);
	ASSERT_EQ(0, munmap(va, self->s.length));
	EXPECT_UNUSED_AND_REMOVE(&self->s);
}

/* As many GiB as there are in the first window: one fault and no page table each. */
TEST(one_fault_per_gib)
{
	struct vtl0_range_info info;
	struct map_state s = { };
	long long before;
	char *va;
	int ret = map_open(&s);

	if (ret == -ENOENT || (!ret && !map_has_pud()))
		SKIP(return, NO_RAM);
	ASSERT_EQ(0, ret);
	ASSERT_EQ(0, env_range(0, &s.start, &s.length));
	s.length -= s.length % PUD_BYTES;
	ASSERT_EQ(0, add_order(s.control, s.start, s.length, PUD_FOLIO_ORDER));
	*(volatile char *)mmap(FAR_AWAY, PAGE_BYTES, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) = 1;
	va = mmap(FAR_AWAY + PUD_BYTES, s.length, PROT_READ | PROT_WRITE,
		  MAP_SHARED | MAP_FIXED_NOREPLACE, s.low, s.start);
	ASSERT_EQ(FAR_AWAY + PUD_BYTES, va);
	status_bytes("VmPTE");
	before = status_bytes("VmPTE");
	ASSERT_EQ(0, touch_all(va, s.length, MIB(256)));
	EXPECT_EQ(before, status_bytes("VmPTE"));
	info = map_info(&s);
	TH_LOG("%llu GiB: %llu faults", s.length >> 30, all_faults(&info));
	EXPECT_EQ(s.length / PUD_BYTES, info.faults_pud);
	EXPECT_EQ(s.length / PUD_BYTES, all_faults(&info));
	ASSERT_EQ(0, munmap(va, s.length));
	EXPECT_UNUSED_AND_REMOVE(&s);
	EXPECT_NOTHING_LEFT();
}

/* 1G entries need no table at all here, 2M ones one of PMDs, pages one per 2M. */
TEST_F_TIMEOUT(fault, page_tables_bounded, SLOW)
{
	u64 expected = variant->entry == PUD_BYTES ? 0 : PAGE_BYTES;
	long long before;
	char *va, *anchor;

	if (variant->entry == PAGE_BYTES)
		expected += variant->length / PMD_BYTES * PAGE_BYTES;
	/* its tables are there already, down to the PUD table that both use */
	anchor = mmap(FAR_AWAY, PAGE_BYTES, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	ASSERT_EQ(FAR_AWAY, anchor);
	*anchor = 1;
	va = mmap(FAR_AWAY + PUD_BYTES, self->s.length, PROT_READ | PROT_WRITE,
		  MAP_SHARED | MAP_FIXED_NOREPLACE, self->s.low, self->s.start);
	ASSERT_EQ(FAR_AWAY + PUD_BYTES, va);
	/* the first time, it may itself need memory */
	status_bytes("VmPTE");
	before = status_bytes("VmPTE");
	ASSERT_EQ(0, touch_all(va, self->s.length,
			       variant->entry == PUD_BYTES ? PMD_BYTES : PAGE_BYTES));
	EXPECT_EQ(expected, (u64)(status_bytes("VmPTE") - before));
	ASSERT_EQ(0, munmap(va, self->s.length));
	EXPECT_UNUSED_AND_REMOVE(&self->s);
}

TEST_F(fault, hintless_mmap_is_congruent)
{
	/* odd offsets and lengths, each with at least one whole entry */
	const u64 skip[] = { 0, PAGE_BYTES, variant->entry / 2 / PAGE_BYTES * PAGE_BYTES };
	struct vtl0_range_info info;
	char *va;

	for (unsigned int i = 0; i < ARRAY_SIZE(skip); i++) {
		u64 length = self->s.length - skip[i];

		va = map_low(self->s.low, self->s.start + skip[i], length,
			     PROT_READ | PROT_WRITE);
		ASSERT_NE(MAP_FAILED, va);
		if (!i || length >= 2 * variant->entry)
			EXPECT_EQ((self->s.start + skip[i]) % variant->entry,
				  (uintptr_t)va % variant->entry);
		/* the last page of a range is within its last whole entry */
		ASSERT_EQ(0, touch(va + length - PAGE_BYTES));
		ASSERT_EQ(0, munmap(va, length));
	}
	info = map_info(&self->s);
	if (variant->entry == PUD_BYTES) {
		/* only the first mapping contains the whole folio */
		EXPECT_EQ(1, info.faults_pud);
		EXPECT_EQ(2, info.fallbacks);
	} else {
		EXPECT_EQ(3, faults_of(&info, variant->entry));
		EXPECT_EQ(0, info.fallbacks);
	}
	EXPECT_UNUSED_AND_REMOVE(&self->s);
}

TEST_F(fault, incongruent_falls_back_and_is_counted)
{
	bool large = variant->entry > PAGE_BYTES;
	struct vtl0_range_info info;
	char *va;

	va = mmap(FAR_AWAY + variant->entry / 2 / PAGE_BYTES * PAGE_BYTES + PUD_BYTES + PAGE_BYTES,
		  self->s.length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED_NOREPLACE,
		  self->s.low, self->s.start);
	ASSERT_NE(MAP_FAILED, va);
	ASSERT_EQ(0, touch_write(va));
	ASSERT_EQ(0, touch_write(va + PMD_BYTES));
	fill_pattern(va, 4 * FAULT_AROUND, 31);
	EXPECT_TRUE(check_pattern(va, 4 * FAULT_AROUND, 31));
	info = map_info(&self->s);
	/* the mapping begins one page behind a block of 64: 5 blocks meet what was filled */
	EXPECT_EQ(6, info.faults_pte);
	EXPECT_EQ(6, all_faults(&info));
	EXPECT_EQ(large ? 6 : 0, info.fallbacks);
	EXPECT_MAPPINGS(6 * 64 - 1, info.mappings);
	ASSERT_EQ(0, munmap(va, self->s.length));
	EXPECT_UNUSED_AND_REMOVE(&self->s);
}

/* Neither before nor behind the chunk, the mapping or the page table. */
TEST(pages_around_stay_within_bounds)
{
	struct vtl0_range_info info;
	struct map_state s = { };
	char *va, *low;
	int ret = map_open(&s);

	if (ret == -ENOENT)
		SKIP(return, NO_RAM);
	ASSERT_EQ(0, ret);
	s.length = PMD_BYTES;
	ASSERT_EQ(0, add_order(s.control, s.start, PMD_BYTES, 0));
	/* the chunk ends 2 pages into the second block that meets the mapping */
	low = FAR_AWAY + FAULT_AROUND - 5 * PAGE_BYTES;
	va = mmap(low, 8 * PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED_NOREPLACE,
		  s.low, s.start + PMD_BYTES - 7 * PAGE_BYTES);
	ASSERT_EQ(low, va);
	ASSERT_EQ(0, touch(va + 6 * PAGE_BYTES));
	info = map_info(&s);
	EXPECT_EQ(1, info.faults_pte);
	EXPECT_MAPPINGS(2, info.mappings);
	ASSERT_EQ(0, touch_write(va));
	info = map_info(&s);
	EXPECT_EQ(2, info.faults_pte);
	EXPECT_MAPPINGS(7, info.mappings);
	EXPECT_EQ(BUS_ADRERR, touch(va + 7 * PAGE_BYTES));
	/* a neighbour that was dropped comes back writable */
	ASSERT_EQ(0, madvise(va, 5 * PAGE_BYTES, MADV_DONTNEED));
	EXPECT_MAPPINGS(2, map_info(&s).mappings);
	EXPECT_EQ(0, touch_write(va + PAGE_BYTES));
	EXPECT_EQ(0, touch_write(va + 2 * PAGE_BYTES));
	EXPECT_EQ(3, map_info(&s).faults_pte);
	ASSERT_EQ(0, munmap(va, 8 * PAGE_BYTES));
	EXPECT_UNUSED_AND_REMOVE(&s);
	EXPECT_NOTHING_LEFT();
}

/* Congruent modulo 2M only: a 1G folio cannot be mapped by 2M entries. */
TEST(gib_folio_at_2m_address)
{
	struct vtl0_range_info info;
	struct map_state s = { };
	char *va;
	int ret = map_setup(&s, PUD_BYTES, PUD_FOLIO_ORDER);

	if (ret == -ENOENT)
		SKIP(return, NO_RAM);
	ASSERT_EQ(0, ret);
	va = mmap(FAR_AWAY + PMD_BYTES, PUD_BYTES, PROT_READ | PROT_WRITE,
		  MAP_SHARED | MAP_FIXED_NOREPLACE, s.low, s.start);
	ASSERT_NE(MAP_FAILED, va);
	ASSERT_EQ(0, touch_write(va + PMD_BYTES));
	info = map_info(&s);
	EXPECT_EQ(1, info.fallbacks);
	EXPECT_EQ(1, info.faults_pte);
	EXPECT_EQ(0, info.faults_pmd + info.faults_pud);
	ASSERT_EQ(0, munmap(va, PUD_BYTES));
	EXPECT_UNUSED_AND_REMOVE(&s);
	EXPECT_NOTHING_LEFT();
}

TEST_HARNESS_MAIN
