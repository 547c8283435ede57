// SPDX-License-Identifier: GPL-2.0
/*
 * Mappings of /dev/mshv_vtl_low, which register what is touched in them: what becomes
 * of the ranges beside it, of removals, of failures, and of accesses by the kernel.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>

#include "map.h"

#define LENGTH BLOCKS(32)

FIXTURE(window) {
	int ctl;
	int low;
	u64 start;
	char *va;
	struct vtl0_range_info r[8];
};

FIXTURE_SETUP(window)
{
	u64 length;

	if (env_range(1, &self->start, &length) || length < LENGTH)
		SKIP(return, "window 1 of RAM is missing (memmap=SIZE$START)");
	ASSERT_EQ(0, module_unload("vtl0", true));
	ASSERT_EQ(0, module_load("vtl0", "mshv_names=1"));
	self->ctl = open_control();
	ASSERT_LE(0, self->ctl);
	self->low = open("/dev/mshv_vtl_low", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->low);
	self->va = map_low(self->low, self->start, LENGTH, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, self->va);
}

FIXTURE_TEARDOWN(window)
{
	/* a test that failed in the middle has left it */
	module_unload("reserved_child", true);
	munmap(self->va, LENGTH);
	close(self->low);
	EXPECT_LE(0, remove_all(self->ctl));
	close(self->ctl);
	EXPECT_NOTHING_LEFT();
	EXPECT_EQ(0, module_unload("vtl0", true));
	EXPECT_EQ(0, module_load("vtl0", ""));
}

static bool two_listed(void *arg)
{
	return list_ranges(*(int *)arg, NULL, 0) == 2;
}

/* The ranges of another file end when that one is closed, as if there were no window. */
TEST_F_TIMEOUT(window, ranges_of_others_stay_as_they_are, SLOW)
{
	int other = open_control();

	ASSERT_EQ(0, add_range(other, self->start + BLOCKS(4), BLOCKS(2), 0));
	ASSERT_EQ(0, touch_write(self->va + BLOCKS(1)));
	ASSERT_EQ(0, touch_write(self->va + BLOCKS(9) / 2));
	ASSERT_EQ(0, touch_write(self->va + BLOCKS(20)));
	ASSERT_EQ(3, list_ranges(self->ctl, self->r, 8));
	EXPECT_EQ(self->start, self->r[0].start);
	EXPECT_EQ(BLOCKS(4), self->r[0].length);
	EXPECT_EQ(VTL0_RANGE_PERSIST, self->r[0].flags);
	EXPECT_EQ(self->start + BLOCKS(4), self->r[1].start);
	EXPECT_EQ(0, self->r[1].flags);
	EXPECT_EQ(1, self->r[1].owners);
	EXPECT_EQ(self->start + BLOCKS(6), self->r[2].start);
	EXPECT_EQ(LENGTH - BLOCKS(6), self->r[2].length);
	EXPECT_EQ(VTL0_RANGE_PERSIST, self->r[2].flags);
	ASSERT_EQ(0, close(other));
	EXPECT_TRUE(wait_until(two_listed, &self->ctl, PATIENCE));
	/* and the hole is registered when it is touched */
	EXPECT_EQ(0, touch_write(self->va + BLOCKS(9) / 2));
	ASSERT_EQ(3, list_ranges(self->ctl, self->r, 8));
	EXPECT_EQ(BLOCKS(2), self->r[1].length);
	EXPECT_EQ(VTL0_RANGE_PERSIST, self->r[1].flags);
}

/* What was removed is free, and registered anew by the next touch; the data are there. */
TEST_F_TIMEOUT(window, touch_after_remove, SLOW)
{
	fill_pattern(self->va, LENGTH, 3);
	for (int i = 0; i < 4; i++) {
		ASSERT_EQ(1, list_ranges(self->ctl, self->r, 8));
		ASSERT_EQ(0, remove_range(self->ctl, self->start, LENGTH));
		EXPECT_EQ(0, list_ranges(self->ctl, self->r, 8));
		EXPECT_FALSE(iomem_has(self->start, LENGTH, NULL));
		EXPECT_TRUE(check_pattern(self->va, LENGTH, 3));
	}
	/* it may be had by another, in other pieces, and is seen through the window */
	ASSERT_EQ(0, remove_range(self->ctl, self->start, LENGTH));
	ASSERT_EQ(0, add_order(self->ctl, self->start + BLOCKS(2), BLOCKS(2), 0));
	EXPECT_TRUE(check_pattern(self->va, LENGTH, 3));
	EXPECT_EQ(3, list_ranges(self->ctl, self->r, 8));
}

/* A pin is in the way of the removal; the mapping goes on. */
TEST_F_TIMEOUT(window, remove_of_pinned_memory, SLOW)
{
	struct iovec iov = { self->va, PAGE_BYTES };
	char copy[PAGE_BYTES];
	int pipefd[2];

	fill_pattern(self->va, BLOCKS(2), 5);
	ASSERT_EQ(0, pipe(pipefd));
	ASSERT_EQ(PAGE_BYTES, vmsplice(pipefd[1], &iov, 1, 0));
	EXPECT_EQ(-EBUSY, remove_range(self->ctl, self->start, LENGTH));
	EXPECT_TRUE(check_pattern(self->va, BLOCKS(2), 5));
	ASSERT_EQ(PAGE_BYTES, read(pipefd[0], copy, PAGE_BYTES));
	EXPECT_EQ(0, remove_range(self->ctl, self->start, LENGTH));
	EXPECT_TRUE(check_pattern(self->va, BLOCKS(2), 5));
}

/* The kernel cannot drop mmap_lock there (get_user_pages_remote() without @locked). */
TEST_F_TIMEOUT(window, proc_mem_of_untouched_memory, SLOW)
{
	int mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	u64 word = 0, value = 0x76746c30;

	ASSERT_LE(0, mem);
	ASSERT_EQ(8, pwrite(mem, &value, 8, (uintptr_t)self->va + BLOCKS(3)));
	EXPECT_EQ(value, *(u64 *)(self->va + BLOCKS(3)));
	ASSERT_EQ(1, list_ranges(self->ctl, self->r, 8));
	ASSERT_EQ(0, remove_range(self->ctl, self->start, LENGTH));
	ASSERT_EQ(8, pread(mem, &word, 8, (uintptr_t)self->va + BLOCKS(3)));
	EXPECT_EQ(value, word);
	close(mem);
}

/* Memory of another driver is SIGBUS, and EIO, only as long as it is that. */
TEST_F_TIMEOUT(window, failure_is_not_remembered, SLOW)
{
	int mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	u64 child = self->start + BLOCKS(8);
	char command[128], byte;

	ASSERT_LE(0, mem);
	snprintf(command, sizeof(command),
		 "modprobe reserved_child start=%" PRIu64 " length=%" PRIu64, child, BLOCKS(2));
	ASSERT_EQ(0, run(command));
	for (int i = 0; i < 3; i++) {
		EXPECT_EQ(BUS_ADRERR, touch(self->va + BLOCKS(9)));
		EXPECT_EQ(-1, pread(mem, &byte, 1, (uintptr_t)self->va + BLOCKS(9)));
		/* the block beside it can be had */
		EXPECT_EQ(0, touch(self->va + BLOCKS(10)));
	}
	EXPECT_EQ(BUS_ADRERR, touch(self->va + BLOCKS(9)));
	ASSERT_EQ(0, run("modprobe -r reserved_child"));
	EXPECT_EQ(0, touch_write(self->va + BLOCKS(9)));
	EXPECT_EQ(1, pread(mem, &byte, 1, (uintptr_t)self->va + BLOCKS(9)));
	close(mem);
}

static sigjmp_buf interrupted;

static void leave(int sig)
{
	siglongjmp(interrupted, sig);
}

/* Touch a page in vain until a signal comes, most likely while the touch looks for memory. */
static void touch_until_signal(char *page, unsigned int us)
{
	if (sigsetjmp(interrupted, 1))
		return;
	ualarm(us, 0);
	for (;;)
		touch(page);
}

/*
 * A signal ends the wait for a touch that fails: the fault is not tried again before the
 * handler, which goes elsewhere. There the failure does not count.
 */
TEST_F_TIMEOUT(window, failure_is_of_its_page, SLOW)
{
	u64 child = self->start + BLOCKS(8);
	char command[128];

	snprintf(command, sizeof(command),
		 "modprobe reserved_child start=%" PRIu64 " length=%" PRIu64, child, BLOCKS(2));
	ASSERT_EQ(0, run(command));
	signal(SIGALRM, leave);
	/* every second signal, or so, comes in time */
	for (int i = 0; i < 20; i++) {
		touch_until_signal(self->va + BLOCKS(9), 2000 + 37 * i);
		EXPECT_EQ(0, touch(self->va + BLOCKS(10)))
			TH_LOG("round %d", i);
		remove_all(self->ctl);
	}
	EXPECT_EQ(BUS_ADRERR, touch(self->va + BLOCKS(9)));
	ASSERT_EQ(0, run("modprobe -r reserved_child"));
}

TEST_HARNESS_MAIN
