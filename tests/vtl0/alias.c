// SPDX-License-Identifier: GPL-2.0
/* Two addresses of one page, where the parameter alias_bit says so. */
#include <linux/mshv.h>

#include "map.h"

FIXTURE(alias) {
	struct map_state s;
	u64 alias;
};

FIXTURE_VARIANT(alias) {
	unsigned int bit;
};

/* what the processor's addresses have, and what isolated machines use */
FIXTURE_VARIANT_ADD(alias, bit_38) { 38 };
FIXTURE_VARIANT_ADD(alias, bit_63) { 63 };

FIXTURE_SETUP(alias)
{
	char params[32];
	int ret;

	snprintf(params, sizeof(params), "alias_bit=%u", variant->bit);
	ASSERT_EQ(0, unload_module());
	ASSERT_EQ(0, module_load("vtl0", params));
	self->alias = 1ULL << variant->bit;
	ret = map_open(&self->s);
	if (ret == -ENOENT)
		SKIP(return, NO_RAM);
	ASSERT_EQ(0, ret);
	self->s.length = 4 * PMD_BYTES;
}

FIXTURE_TEARDOWN_PARENT(alias)
{
	EXPECT_ALL_GONE();
	EXPECT_TRUE(wait_until(module_unloads, NULL, PATIENCE));
	EXPECT_EQ(0, load_module());
}

TEST_F(alias, both_offsets_are_the_same_page)
{
	u64 start = self->s.start, length = self->s.length;
	char *a, *b;

	ASSERT_EQ(0, add_range(self->s.control, start, length, 0));
	a = map_low(self->s.low, start, length, PROT_READ | PROT_WRITE);
	b = map_low(self->s.low, start | self->alias, length, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, (void *)a);
	ASSERT_NE(MAP_FAILED, (void *)b);
	fill_pattern(a, length / 2, 47);
	EXPECT_TRUE(check_pattern(b, length / 2, 47));
	fill_pattern(b + length / 2, length / 2, 48);
	EXPECT_TRUE(check_pattern(a + length / 2, length / 2, 48));
	EXPECT_EQ(0, touch(b));
	EXPECT_EQ(0, touch(a + length / 2));
	EXPECT_MAPPINGS(2 * length / PMD_BYTES, map_info(&self->s).mappings);
	EXPECT_EQ(0, map_info(&self->s).fallbacks);
	/* both are revoked */
	ASSERT_EQ(0, remove_range(self->s.control, start, length));
	EXPECT_EQ(BUS_ADRERR, touch(a));
	EXPECT_EQ(BUS_ADRERR, touch(b));
	ASSERT_EQ(0, munmap(a, length));
	ASSERT_EQ(0, munmap(b, length));
}

TEST_F(alias, every_call_takes_both_addresses)
{
	u64 other = self->s.start | self->alias;
	struct vtl0_add arg = { .start = other, .length = self->s.length };
	struct vtl0_plan plan = { .start = other, .length = self->s.length };
	struct mshv_vtl_ram_disposition pfns = {
		.start_pfn = other >> 12, .last_pfn = (other + self->s.length) >> 12,
	};
	struct vtl0_range_info info = { };
	struct vtl0_query query = {
		.cursor = other, .buf = (uintptr_t)&info, .entry_size = sizeof(info), .count = 1,
	};

	ASSERT_EQ(0, cmd_add(self->s.control, &arg));
	EXPECT_EQ(self->s.start, arg.added_start);
	EXPECT_EQ(0, add_range(self->s.control, self->s.start, self->s.length, 0));
	EXPECT_EQ(-EEXIST, add_range(self->s.control, other + BLOCKS(1), BLOCKS(1), 0));
	EXPECT_EQ(1, list_ranges(self->s.control, NULL, 0));
	ASSERT_EQ(0, cmd_plan(self->s.control, &plan));
	EXPECT_EQ(self->s.start, plan.planned_start);
	ASSERT_EQ(0, cmd_query(self->s.control, &query));
	EXPECT_EQ(1, query.count);
	EXPECT_EQ(self->s.start, info.start);
	EXPECT_EQ(0, remove_range(self->s.control, other, self->s.length));
	EXPECT_EQ(0, ioctl(self->s.control, MSHV_ADD_VTL0_MEMORY, &pfns));
	EXPECT_EQ(0, remove_range(self->s.control, self->s.start, self->s.length));
}

/* Behind the last address below the bit comes the alias of address 0. */
TEST_F(alias, nothing_lies_on_both_sides_of_the_bit)
{
	struct vtl0_info info = { };

	ASSERT_EQ(0, cmd_info(self->s.control, &info));
	EXPECT_GT(self->alias, info.max_address);
	EXPECT_EQ(-ERANGE, add_range(self->s.control, self->alias - BLOCKS(2), BLOCKS(4), 0));
	EXPECT_EQ(MAP_FAILED, map_low(self->s.low, self->alias - BLOCKS(2), BLOCKS(4), PROT_READ));
	EXPECT_EQ(ERANGE, errno);
}

/* Bit 62 is no alias of anything, and 63 is refused as one unless it was named. */
TEST_F(alias, other_bits_are_refused)
{
	EXPECT_EQ(-ERANGE, add_range(self->s.control, self->s.start | 1ULL << 62, BLOCKS(1), 0));
	if (variant->bit != 63)
		EXPECT_EQ(-EOPNOTSUPP, add_range(self->s.control, self->s.start | 1ULL << 63,
						 BLOCKS(1), 0));
}

TEST(bits_out_of_range_are_refused)
{
	ASSERT_EQ(0, unload_module());
	EXPECT_EQ(-EINVAL, module_load("vtl0", "alias_bit=29"));
	EXPECT_EQ(-EINVAL, module_load("vtl0", "alias_bit=64"));
	ASSERT_EQ(0, load_module());
}

TEST_HARNESS_MAIN
