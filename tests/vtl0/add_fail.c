// SPDX-License-Identifier: GPL-2.0
/* Registering when memory is short: nothing is left, and trying again works. */
#include <errno.h>
#include <fcntl.h>
#include <linux/mshv.h>
#include <stdio.h>
#include <sys/mman.h>

#include "kselftest_harness.h"
#include "add.h"

/* Too little memory for the memmap is found out before anything is touched. */
TEST_F(add, no_memory_for_the_memmap)
{
	struct vtl0_add arg = {
		.start = EMPTY_BASE,
		.length = TIB(8),
		.flags = VTL0_ADD_ORDER,
	};

	NEED_ADDRESS(EMPTY_BASE + TIB(8) - 1);
	EXPECT_EQ(-ENOMEM, cmd_add(self->ctl, &arg));
	EXPECT_EQ(0, list_ranges(self->ctl, self->ranges, 64));
	EXPECT_FALSE(iomem_has(EMPTY_BASE, TIB(8), NULL));
	/* a part of it fits */
	arg.length = BLOCKS(32);
	EXPECT_EQ(0, cmd_add(self->ctl, &arg));
}

/* Every allocation of the caller's thread fails in turn. */
TEST_F_TIMEOUT(add, failing_allocations, SLOW)
{
	struct vtl0_add arg;
	unsigned int nth, failed = 0;
	bool hit;
	int ret;

	if (!have_fail_nth())
		SKIP(return, "this kernel has no fault injection");
	for (nth = 1; ; nth++) {
		arg = (struct vtl0_add) {
			.start = EMPTY_BASE,
			.length = BLOCKS(4),
			.chunk_length = BLOCKS(1),
			.flags = VTL0_ADD_CHUNK,
		};
		fail_nth(nth);
		ret = cmd_add(self->ctl, &arg);
		hit = fail_nth_hit();
		if (!hit)
			break;
		if (ret) {
			failed++;
			EXPECT_EQ(-ENOMEM, ret)
				TH_LOG("allocation %u", nth);
			EXPECT_EQ(0, list_ranges(self->ctl, self->ranges, 64));
			EXPECT_FALSE(iomem_has(EMPTY_BASE, BLOCKS(4), NULL));
			ASSERT_EQ(0, add_range(self->ctl, EMPTY_BASE, BLOCKS(4), 0));
		}
		ASSERT_EQ(0, remove_range(self->ctl, EMPTY_BASE, BLOCKS(4)));
	}
	EXPECT_EQ(0, ret);
	/* the hold, the range, the resource, the index, sysfs */
	EXPECT_LT(5, failed);
	TH_LOG("%u allocations, %u of them fatal", nth - 1, failed);
	EXPECT_EQ(0, remove_range(self->ctl, EMPTY_BASE, BLOCKS(4)));
}

TEST_F_TIMEOUT(add, failing_allocations_elsewhere, SLOW)
{
	static const char * const names[] = {
		"remove", "query", "info", "plan", "create_vtl", "open"
	};

	if (!have_fail_nth())
		SKIP(return, "this kernel has no fault injection");
	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		struct vtl0_info info;
		struct vtl0_plan plan;
		bool hit = true;
		int ret = -1;

		for (unsigned int nth = 1; hit; nth++) {
			info = (struct vtl0_info) { };
			plan = (struct vtl0_plan) { .start = EMPTY_BASE, .length = BLOCKS(4) };
			ASSERT_EQ(0, add_range(self->ctl, EMPTY_BASE, BLOCKS(4), 0));
			fail_nth(nth);
			switch (i) {
			case 0:
				ret = remove_range(self->ctl, EMPTY_BASE, BLOCKS(4));
				break;
			case 1:
				ret = find_range(self->ctl, EMPTY_BASE, self->ranges);
				break;
			case 2:
				ret = cmd_info(self->ctl, &info);
				break;
			case 3:
				ret = cmd_plan(self->ctl, &plan);
				break;
			case 4:
				ret = vtl0_ioctl(self->ctl, MSHV_CREATE_VTL, NULL);
				break;
			case 5:
				ret = open_control();
				break;
			}
			hit = fail_nth_hit();
			if (ret < 0) {
				EXPECT_EQ(-ENOMEM, ret)
					TH_LOG("%s, allocation %u", names[i], nth);
			}
			if (ret > 0)
				close(ret);
			remove_range(self->ctl, EMPTY_BASE, BLOCKS(4));
			EXPECT_EQ(0, list_ranges(self->ctl, self->ranges, 64));
		}
		EXPECT_LE(0, ret)
			TH_LOG("%s without a failure", names[i]);
	}
}

#define FAIL_PGMAP "/sys/kernel/debug/vtl0/fail_pgmap/"

/* The @nth pgmap from here on cannot be created. */
static int fail_pgmap(unsigned int nth)
{
	char space[16];

	/* the injector lets @space bytes pass, and each call counts for one */
	snprintf(space, sizeof(space), "%u", nth);
	return write_file(FAIL_PGMAP "probability", "100") ?:
	       write_file(FAIL_PGMAP "interval", "1") ?:
	       write_file(FAIL_PGMAP "verbose", "0") ?:
	       write_file(FAIL_PGMAP "space", space) ?:
	       write_file(FAIL_PGMAP "times", "1");
}

TEST_F_TIMEOUT(add, pgmap_fails_midway, SLOW)
{
	struct vtl0_info before = { }, after = { };
	u64 length = BLOCKS(6);
	char left[16];
	int low;
	char *p;

	if (access(FAIL_PGMAP, F_OK))
		SKIP(return, "this kernel has no fault injection");
	NEED_WINDOW(1);
	low = open_low(O_RDWR);
	ASSERT_LE(0, low);
	p = map_low(low, self->start[1], length, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, (void *)p);
	for (unsigned int nth = 1; nth <= 6; nth++) {
		ASSERT_EQ(0, cmd_info(self->ctl, &before));
		ASSERT_EQ(0, fail_pgmap(nth));
		EXPECT_EQ(-ENOMEM, add_chunked(self->ctl, self->start[1], length, BLOCKS(1)))
			TH_LOG("chunk %u", nth);
		ASSERT_LT(0, read_file(FAIL_PGMAP "times", left, sizeof(left)));
		EXPECT_EQ(0, atoi(left));
		/* everything as before */
		ASSERT_EQ(0, cmd_info(self->ctl, &after));
		EXPECT_EQ(0, memcmp(&before, &after, sizeof(after)));
		EXPECT_EQ(0, list_ranges(self->ctl, self->ranges, 64));
		EXPECT_FALSE(iomem_has(self->start[1], length, "vtl0"));
		for (u64 pos = 0; pos < length; pos += BLOCKS(1)) {
			EXPECT_LT(0, touch(p + pos));
		}
		/* the chunks of the failed add are free again, also for another file */
		ASSERT_EQ(0, add_range(self->ctl, self->start[1], BLOCKS(1), 0));
		ASSERT_EQ(0, remove_range(self->ctl, self->start[1], BLOCKS(1)));
		/* and trying again works */
		ASSERT_EQ(0, add_chunked(self->ctl, self->start[1], length, BLOCKS(1)));
		for (u64 pos = 0; pos < length; pos += BLOCKS(1)) {
			EXPECT_EQ(0, touch_write(p + pos));
		}
		ASSERT_EQ(0, remove_range(self->ctl, self->start[1], length));
	}
	/* not reached: the range has fewer chunks */
	ASSERT_EQ(0, fail_pgmap(7));
	EXPECT_EQ(0, add_chunked(self->ctl, self->start[1], length, BLOCKS(1)));
	EXPECT_EQ(0, write_file(FAIL_PGMAP "probability", "0"));
	EXPECT_EQ(0, write_file(FAIL_PGMAP "times", "0"));
	ASSERT_EQ(0, munmap(p, length));
	close(low);
}

TEST_HARNESS_MAIN
