// SPDX-License-Identifier: GPL-2.0
/* Cookies: a program knows its persistent ranges from those of another. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "kselftest_harness.h"
#include "add.h"

static const __u8 mine[VTL0_COOKIE_SIZE] = {
	0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 1, 2, 3, 4, 5, 6, 7, 8,
};

static struct vtl0_add with_cookie(u64 start, u64 length, const __u8 *cookie)
{
	struct vtl0_add arg = { .flags = VTL0_ADD_COOKIE, .start = start, .length = length };

	memcpy(arg.cookie, cookie, sizeof(arg.cookie));
	return arg;
}

TEST_F(add, cookie_is_shown)
{
	struct vtl0_add arg = with_cookie(EMPTY_BASE, BLOCKS(1), mine);
	static const __u8 none[VTL0_COOKIE_SIZE];
	char text[64];

	ASSERT_EQ(0, cmd_add(self->ctl, &arg));
	ASSERT_EQ(0, add_range(self->ctl, EMPTY_BASE + BLOCKS(1), BLOCKS(1), 0));
	ASSERT_EQ(2, list_ranges(self->ctl, self->ranges, 64));
	EXPECT_EQ(0, memcmp(mine, self->ranges[0].cookie, sizeof(mine)));
	EXPECT_EQ(0, memcmp(none, self->ranges[1].cookie, sizeof(none)));
	ASSERT_EQ(0, range_attr(arg.id, "cookie", text, sizeof(text)));
	EXPECT_STREQ("0123456789abcdef0102030405060708", text);
}

TEST_F(add, cookie_of_a_range_that_is_there)
{
	struct vtl0_add arg = with_cookie(EMPTY_BASE, BLOCKS(1), mine);
	__u8 other[VTL0_COOKIE_SIZE];
	u32 id;

	ASSERT_EQ(0, cmd_add(self->ctl, &arg));
	id = arg.id;
	/* the same, and by a program that does not care */
	arg = with_cookie(EMPTY_BASE, BLOCKS(1), mine);
	EXPECT_EQ(0, cmd_add(self->ctl, &arg));
	EXPECT_EQ(id, arg.id);
	EXPECT_EQ(0, add_range(self->ctl, EMPTY_BASE, BLOCKS(1), 0));
	/* each bit counts */
	for (unsigned int bit = 0; bit < 128; bit += 9) {
		memcpy(other, mine, sizeof(other));
		other[bit / 8] ^= 1 << bit % 8;
		arg = with_cookie(EMPTY_BASE, BLOCKS(1), other);
		EXPECT_EQ(-EEXIST, cmd_add(self->ctl, &arg));
		EXPECT_EQ(VTL0_ADD_COOKIE, arg.mismatch);
		EXPECT_EQ(EMPTY_BASE, arg.conflict_start);
		EXPECT_EQ(BLOCKS(1), arg.conflict_length);
	}
	/* a range without one is another's as well */
	ASSERT_EQ(0, add_range(self->ctl, EMPTY_BASE + BLOCKS(2), BLOCKS(1), 0));
	arg = with_cookie(EMPTY_BASE + BLOCKS(2), BLOCKS(1), mine);
	EXPECT_EQ(-EEXIST, cmd_add(self->ctl, &arg));
	EXPECT_EQ(VTL0_ADD_COOKIE, arg.mismatch);
}

TEST_F(add, cookie_malformed)
{
	static const __u8 none[VTL0_COOKIE_SIZE];
	struct vtl0_add arg = with_cookie(EMPTY_BASE, BLOCKS(1), none);

	EXPECT_EQ(-EINVAL, cmd_add(self->ctl, &arg));
	arg = with_cookie(EMPTY_BASE, BLOCKS(1), mine);
	arg.flags = 0;
	EXPECT_EQ(-EINVAL, cmd_add(self->ctl, &arg));
	EXPECT_EQ(0, list_ranges(self->ctl, self->ranges, 64));
}

TEST_F(add, cookie_with_cover)
{
	struct vtl0_add arg = with_cookie(EMPTY_BASE + BLOCKS(2), BLOCKS(2), mine);

	ASSERT_EQ(0, cmd_add(self->ctl, &arg));
	arg = with_cookie(EMPTY_BASE, BLOCKS(8), mine);
	arg.flags |= VTL0_ADD_COVER;
	ASSERT_EQ(0, cmd_add(self->ctl, &arg));
	ASSERT_EQ(3, list_ranges(self->ctl, self->ranges, 64));
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(0, memcmp(mine, self->ranges[i].cookie, sizeof(mine)));
	/* another's range is in the way */
	ASSERT_EQ(0, add_range(self->ctl, EMPTY_BASE + BLOCKS(9), BLOCKS(2), 0));
	arg = with_cookie(EMPTY_BASE + BLOCKS(8), BLOCKS(2), mine);
	arg.flags |= VTL0_ADD_COVER;
	EXPECT_EQ(-EEXIST, cmd_add(self->ctl, &arg));
	EXPECT_EQ(VTL0_ADD_COOKIE, arg.mismatch);
	EXPECT_EQ(EMPTY_BASE + BLOCKS(9), arg.conflict_start);
	EXPECT_EQ(BLOCKS(1), arg.conflict_length);
}

TEST_F(add, cookie_of_a_window)
{
	struct vtl0_window arg = {
		.flags = VTL0_WINDOW_COOKIE, .start = self->start[1], .length = BLOCKS(2),
	};
	int low = open_low(O_RDWR);
	char *p;

	NEED_WINDOW(1);
	memcpy(arg.cookie, mine, sizeof(mine));
	ASSERT_EQ(0, cmd_window(self->ctl, &arg));
	EXPECT_EQ(0, cmd_window(self->ctl, &arg));
	arg.cookie[15] ^= 1;
	EXPECT_EQ(-EEXIST, cmd_window(self->ctl, &arg));
	EXPECT_EQ(BLOCKS(2), arg.conflict_length);
	p = map_low(low, self->start[1], BLOCKS(2), PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, (void *)p);
	EXPECT_EQ(0, touch(p));
	ASSERT_EQ(1, list_ranges(self->ctl, self->ranges, 64));
	EXPECT_EQ(0, memcmp(mine, self->ranges[0].cookie, sizeof(mine)));
	ASSERT_EQ(0, munmap(p, BLOCKS(2)));
	close(low);
}

TEST_HARNESS_MAIN
