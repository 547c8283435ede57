// SPDX-License-Identifier: GPL-2.0
/*
 * VTL0_WINDOW: which memory can be declared, what a touch of it registers and for whom, and
 * what becomes of that when the file that declared it is closed.
 */
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>

#include "map.h"

#define LENGTH BLOCKS(32)

FIXTURE(declare) {
	int ctl;
	int owner;
	int low;
	u64 start;
	char *va;
	struct vtl0_range_info r[8];
	struct vtl0_window_info w[8];
};

FIXTURE_SETUP(declare)
{
	u64 length;

	if (env_range(1, &self->start, &length) || length < LENGTH)
		SKIP(return, "window 1 of RAM is missing (memmap=SIZE$START)");
	self->ctl = open_control();
	ASSERT_LE(0, self->ctl);
	self->owner = open_control();
	ASSERT_LE(0, self->owner);
	self->low = open_low(O_RDWR);
	ASSERT_LE(0, self->low);
	self->va = map_low(self->low, self->start, LENGTH, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, self->va);
}

FIXTURE_TEARDOWN(declare)
{
	munmap(self->va, LENGTH);
	close(self->low);
	close(self->owner);
	module_unload("reserved_child", true);
	EXPECT_EQ(0, list_windows(self->ctl, NULL, 0));
	EXPECT_LE(0, remove_all(self->ctl));
	close(self->ctl);
	EXPECT_NOTHING_LEFT();
}

static bool none_listed(void *arg)
{
	return !list_ranges(*(int *)arg, NULL, 0);
}

static bool one_listed(void *arg)
{
	return list_ranges(*(int *)arg, NULL, 0) == 1;
}

TEST_F_TIMEOUT(declare, touch_registers_for_the_file, SLOW)
{
	ASSERT_EQ(0, declare_window(self->owner, self->start, LENGTH));
	EXPECT_EQ(0, list_ranges(self->ctl, self->r, 8));
	ASSERT_EQ(1, list_windows(self->ctl, self->w, 8));
	EXPECT_EQ(self->start, self->w[0].start);
	EXPECT_EQ(LENGTH, self->w[0].length);
	EXPECT_EQ(0, self->w[0].registered);
	ASSERT_EQ(0, touch_write(self->va + BLOCKS(3)));
	ASSERT_EQ(1, list_ranges(self->ctl, self->r, 8));
	EXPECT_EQ(self->start, self->r[0].start);
	EXPECT_EQ(LENGTH, self->r[0].length);
	EXPECT_EQ(0, self->r[0].flags);
	EXPECT_EQ(1, self->r[0].owners);
	ASSERT_EQ(1, list_windows(self->ctl, self->w, 8));
	EXPECT_EQ(LENGTH, self->w[0].registered);
	/* and goes with it, as does the window */
	ASSERT_EQ(0, close(self->owner));
	self->owner = -1;
	EXPECT_TRUE(wait_until(none_listed, &self->ctl, PATIENCE));
	EXPECT_EQ(BUS_ADRERR, touch(self->va + BLOCKS(3)));
	EXPECT_EQ(0, list_windows(self->ctl, self->w, 8));
}

TEST_F_TIMEOUT(declare, what_is_not_declared_is_sigbus, SLOW)
{
	EXPECT_EQ(BUS_ADRERR, touch(self->va));
	ASSERT_EQ(0, declare_window(self->owner, self->start + BLOCKS(4), BLOCKS(4)));
	EXPECT_EQ(BUS_ADRERR, touch(self->va + BLOCKS(4) - 1));
	EXPECT_EQ(BUS_ADRERR, touch(self->va + BLOCKS(8)));
	EXPECT_EQ(0, list_ranges(self->ctl, self->r, 8));
	EXPECT_EQ(0, touch(self->va + BLOCKS(4)));
	EXPECT_EQ(0, touch(self->va + BLOCKS(8) - 1));
	ASSERT_EQ(1, list_ranges(self->ctl, self->r, 8));
	EXPECT_EQ(BLOCKS(4), self->r[0].length);
}

/* The edges are pages. */
TEST_F_TIMEOUT(declare, edges_of_4K, SLOW)
{
	u64 from = PAGE_BYTES * 3, to = BLOCKS(2) + PAGE_BYTES;

	ASSERT_EQ(0, declare_window(self->owner, self->start + from, to - from));
	EXPECT_EQ(BUS_ADRERR, touch(self->va + from - 1));
	EXPECT_EQ(BUS_ADRERR, touch(self->va + to));
	EXPECT_EQ(0, touch_write(self->va + from));
	EXPECT_EQ(0, touch_write(self->va + to - 1));
	ASSERT_EQ(1, list_ranges(self->ctl, self->r, 8));
	EXPECT_EQ(self->start + from, self->r[0].start);
	EXPECT_EQ(to - from, self->r[0].length);
	EXPECT_EQ(BUS_ADRERR, touch(self->va + from - 1));
	EXPECT_EQ(BUS_ADRERR, touch(self->va + to));
}

TEST_F(declare, malformed)
{
	static const struct {
		struct vtl0_window arg;
		int error;
		bool edge;
	} bad[] = {
		{ { .length = 0 }, -EINVAL, false },
		{ { .start = 1, .length = BLOCKS(1) }, -EINVAL, true },
		{ { .length = BLOCKS(1) + 512 }, -EINVAL, true },
		{ { .start = 1ULL << 63, .length = BLOCKS(1) }, -EOPNOTSUPP, false },
		{ { .length = -BLOCKS(1) }, -EOVERFLOW, false },
		{ { .start = 1ULL << 62, .length = BLOCKS(1) }, -ERANGE, false },
		{ { .flags = 4, .length = BLOCKS(1) }, -EOPNOTSUPP, false },
		{ { .flags = VTL0_WINDOW_COOKIE, .length = BLOCKS(1) }, -EINVAL, false },
		{ { .length = BLOCKS(1), .cookie = { 1 } }, -EINVAL, false },
		{ { .flags = VTL0_WINDOW_COOKIE | VTL0_WINDOW_DROP, .length = BLOCKS(1),
		    .cookie = { 1 } }, -EINVAL, false },
		{ { .flags = VTL0_WINDOW_DROP, .length = BLOCKS(1) }, -ENOENT, false },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		struct vtl0_window arg = bad[i].arg;

		arg.start += EMPTY_BASE;
		EXPECT_EQ(bad[i].error, cmd_window(self->owner, &arg))
			TH_LOG("case %u", i);
		EXPECT_EQ(bad[i].edge, arg.conflict_start > 0);
		EXPECT_EQ(0, arg.conflict_length);
		EXPECT_EQ(0, list_windows(self->ctl, self->w, 8));
	}
}

TEST_F(declare, overlap_of_windows)
{
	struct vtl0_window arg = { .start = EMPTY_BASE + BLOCKS(1), .length = BLOCKS(8) };

	ASSERT_EQ(0, declare_window(self->owner, EMPTY_BASE, BLOCKS(4)));
	/* the same again is the same */
	ASSERT_EQ(0, declare_window(self->owner, EMPTY_BASE, BLOCKS(4)));
	EXPECT_EQ(1, list_windows(self->ctl, self->w, 8));
	EXPECT_EQ(-EEXIST, cmd_window(self->owner, &arg));
	EXPECT_EQ(EMPTY_BASE + BLOCKS(1), arg.conflict_start);
	EXPECT_EQ(BLOCKS(3), arg.conflict_length);
	EXPECT_EQ(-EEXIST, declare_window(self->ctl, EMPTY_BASE, BLOCKS(4)));
	EXPECT_EQ(1, list_windows(self->ctl, self->w, 8));
	/* beside it there is room */
	EXPECT_EQ(0, declare_window(self->ctl, EMPTY_BASE + BLOCKS(4), BLOCKS(1)));
	EXPECT_EQ(0, declare_window(self->ctl, EMPTY_BASE - BLOCKS(1), BLOCKS(1)));
	ASSERT_EQ(3, list_windows(self->ctl, self->w, 8));
	EXPECT_EQ(EMPTY_BASE - BLOCKS(1), self->w[0].start);
	EXPECT_EQ(EMPTY_BASE, self->w[1].start);
	EXPECT_EQ(EMPTY_BASE + BLOCKS(4), self->w[2].start);
	arg = (struct vtl0_window) {
		.flags = VTL0_WINDOW_DROP, .start = EMPTY_BASE + BLOCKS(4), .length = BLOCKS(1),
	};
	/* it is another file's */
	EXPECT_EQ(-ENOENT, cmd_window(self->owner, &arg));
	EXPECT_EQ(0, cmd_window(self->ctl, &arg));
	EXPECT_EQ(-ENOENT, cmd_window(self->ctl, &arg));
	arg.start = EMPTY_BASE - BLOCKS(1);
	EXPECT_EQ(0, cmd_window(self->ctl, &arg));
}

TEST_F(declare, query)
{
	struct vtl0_query arg = {
		.flags = VTL0_QUERY_WINDOWS, .buf = (uintptr_t)self->w,
		.entry_size = sizeof(self->w[0]), .count = 1,
	};

	ASSERT_EQ(0, declare_window(self->owner, EMPTY_BASE + GIB(4), GIB(1)));
	ASSERT_EQ(0, declare_window(self->owner, EMPTY_BASE, GIB(1)));
	ASSERT_EQ(0, add_range(self->owner, EMPTY_BASE + GIB(5) - BLOCKS(1), BLOCKS(2), 0));
	ASSERT_EQ(0, cmd_query(self->ctl, &arg));
	EXPECT_EQ(1, arg.count);
	EXPECT_EQ(EMPTY_BASE, self->w[0].start);
	EXPECT_EQ(0, self->w[0].registered);
	EXPECT_NE(0, arg.cursor);
	ASSERT_EQ(0, cmd_query(self->ctl, &arg));
	EXPECT_EQ(1, arg.count);
	EXPECT_EQ(EMPTY_BASE + GIB(4), self->w[0].start);
	/* as much of the range as lies in it */
	EXPECT_EQ(BLOCKS(1), self->w[0].registered);
	EXPECT_EQ(0, arg.cursor);
	arg.flags |= VTL0_QUERY_CHUNKS;
	EXPECT_EQ(-EINVAL, cmd_query(self->ctl, &arg));
}

/* Of the kernel, and of another driver, also within what is Reserved. */
TEST_F(declare, memory_in_use)
{
	struct vtl0_window arg = { .length = BLOCKS(1) };
	u64 start, length;
	char command[128];

	ASSERT_EQ(0, iomem_find("System RAM", BLOCKS(32), &start, &length));
	arg.start = start + BLOCKS(16) - start % BLOCKS(1);
	EXPECT_EQ(-EBUSY, cmd_window(self->owner, &arg));
	EXPECT_NE(0, arg.conflict_length);
	snprintf(command, sizeof(command),
		 "modprobe reserved_child start=%" PRIu64 " length=%" PRIu64,
		 (uint64_t)self->start + BLOCKS(8), (uint64_t)BLOCKS(2));
	ASSERT_EQ(0, run(command));
	/* where nothing is Reserved, a resource is a device's */
	EXPECT_EQ(iomem_find("Reserved", 1, &start, &length) ? -ENXIO : -EBUSY,
		  declare_window(self->owner, self->start, LENGTH));
	EXPECT_EQ(0, list_windows(self->ctl, self->w, 8));
	ASSERT_EQ(0, run("modprobe -r reserved_child"));
	EXPECT_EQ(0, declare_window(self->owner, self->start, LENGTH));
	/* now it is the other driver that cannot have it, touched or not */
	EXPECT_NE(0, run(command));
	EXPECT_EQ(0, touch_write(self->va));
	EXPECT_NE(0, run(command));
	ASSERT_EQ(0, close(self->owner));
	self->owner = -1;
	EXPECT_TRUE(wait_until(none_listed, &self->ctl, PATIENCE));
	EXPECT_EQ(0, run(command));
	EXPECT_EQ(0, run("modprobe -r reserved_child"));
}

/* It keeps what it has put into the claim of a window; the rest can be used. */
TEST_F(declare, driver_within_the_claim)
{
	char command[128];

	ASSERT_EQ(0, declare_window(self->owner, self->start, LENGTH));
	snprintf(command, sizeof(command), "modprobe reserved_child insert=1 start=%" PRIu64
		 " length=%" PRIu64, (uint64_t)self->start + BLOCKS(8), (uint64_t)BLOCKS(2));
	ASSERT_EQ(0, run(command));
	EXPECT_EQ(0, touch_write(self->va));
	EXPECT_EQ(BUS_ADRERR, touch(self->va + BLOCKS(8)));
	EXPECT_EQ(-EBUSY, add_range(self->ctl, self->start + BLOCKS(9), BLOCKS(1), 0));
	EXPECT_EQ(0, touch_write(self->va + BLOCKS(10)));
	ASSERT_EQ(0, run("modprobe -r reserved_child"));
	EXPECT_EQ(0, touch_write(self->va + BLOCKS(8)));
}

#define EXPECT_CLAIMED(from, to) \
	EXPECT_TRUE(iomem_has(self->start + (from), (to) - (from), "vtl0"))

/* What no range has, whatever comes and goes in it. */
TEST_F(declare, is_claimed)
{
	struct vtl0_window drop = { .flags = VTL0_WINDOW_DROP, .start = self->start,
				    .length = LENGTH };
	struct vtl0_remove part = {
		.flags = VTL0_REMOVE_PART, .start = self->start + BLOCKS(4), .length = BLOCKS(1),
	};

	ASSERT_EQ(0, add_range(self->ctl, self->start + BLOCKS(2), BLOCKS(1), 0));
	ASSERT_EQ(0, declare_window(self->owner, self->start, LENGTH));
	EXPECT_CLAIMED(0, BLOCKS(2));
	EXPECT_CLAIMED(BLOCKS(2), BLOCKS(3));
	EXPECT_CLAIMED(BLOCKS(3), LENGTH);
	ASSERT_EQ(0, remove_range(self->ctl, self->start + BLOCKS(2), BLOCKS(1)));
	EXPECT_CLAIMED(0, LENGTH);
	/* a range of another file, over the edge of the window, and how it goes */
	ASSERT_EQ(0, add_chunked(self->ctl, self->start + BLOCKS(3), LENGTH, BLOCKS(1)));
	EXPECT_CLAIMED(0, BLOCKS(3));
	EXPECT_CLAIMED(BLOCKS(3), BLOCKS(3) + LENGTH);
	ASSERT_EQ(0, cmd_remove(self->ctl, &part));
	EXPECT_CLAIMED(BLOCKS(3), BLOCKS(4));
	EXPECT_CLAIMED(BLOCKS(4), BLOCKS(5));
	EXPECT_CLAIMED(BLOCKS(5), BLOCKS(3) + LENGTH);
	EXPECT_EQ(-EEXIST, add_range(self->ctl, self->start, BLOCKS(4), 0));
	EXPECT_CLAIMED(0, BLOCKS(3));
	ASSERT_EQ(2, remove_all(self->ctl));
	EXPECT_CLAIMED(0, LENGTH);
	/* a refused one leaves it as it was */
	EXPECT_EQ(-EEXIST, declare_window(self->ctl, self->start + BLOCKS(4), LENGTH));
	EXPECT_EQ(-EINVAL, add_chunked(self->ctl, self->start, LENGTH, BLOCKS(3) / 2));
	EXPECT_CLAIMED(0, LENGTH);
	ASSERT_EQ(0, cmd_window(self->owner, &drop));
	EXPECT_FALSE(iomem_has(self->start, LENGTH, "vtl0"));
}

/* Two windows, and a range, have parts of one block. */
TEST_F_TIMEOUT(declare, blocks_are_shared, SLOW)
{
	const u64 edge = BLOCKS(3) / 2, other = BLOCKS(5) / 2 + PAGE_BYTES;
	struct vtl0_add arg = {
		.flags = VTL0_ADD_COVER, .start = self->start + other, .length = BLOCKS(1),
	};

	ASSERT_EQ(0, declare_window(self->owner, self->start, edge));
	ASSERT_EQ(0, declare_window(self->owner, self->start + edge, other - edge));
	EXPECT_CLAIMED(0, edge);
	EXPECT_CLAIMED(edge, other);
	ASSERT_EQ(0, cmd_add(self->ctl, &arg));
	EXPECT_CLAIMED(edge, other);
	EXPECT_EQ(0, touch_write(self->va + edge - 1));
	EXPECT_CLAIMED(edge, other);
	EXPECT_EQ(0, touch_write(self->va + edge));
	ASSERT_EQ(3, list_ranges(self->ctl, self->r, 8));
	EXPECT_EQ(edge, self->r[0].length);
	ASSERT_EQ(3, remove_all(self->ctl));
	EXPECT_CLAIMED(0, edge);
	EXPECT_CLAIMED(edge, other);
	EXPECT_FALSE(iomem_has(self->start + other, BLOCKS(1), NULL));
}

/* They end when their file is closed, and the next touch is for the window's. */
TEST_F_TIMEOUT(declare, ranges_of_others_stay_as_they_are, SLOW)
{
	int other = open_control();

	ASSERT_EQ(0, add_range(other, self->start + BLOCKS(4), BLOCKS(2), 0));
	ASSERT_EQ(0, declare_window(self->owner, self->start, BLOCKS(6)));
	ASSERT_EQ(0, touch_write(self->va + BLOCKS(9) / 2));
	ASSERT_EQ(1, list_ranges(self->ctl, self->r, 8));
	ASSERT_EQ(0, touch_write(self->va + BLOCKS(1)));
	ASSERT_EQ(2, list_ranges(self->ctl, self->r, 8));
	EXPECT_EQ(BLOCKS(4), self->r[0].length);
	EXPECT_EQ(1, self->r[1].owners);
	ASSERT_EQ(0, close(other));
	EXPECT_TRUE(wait_until(one_listed, &self->ctl, PATIENCE));
	EXPECT_EQ(0, touch_write(self->va + BLOCKS(9) / 2));
	EXPECT_EQ(2, list_ranges(self->ctl, self->r, 8));
}

TEST_F_TIMEOUT(declare, drop_keeps_what_was_registered, SLOW)
{
	struct vtl0_window drop = { .flags = VTL0_WINDOW_DROP, .start = self->start,
				    .length = LENGTH };

	ASSERT_EQ(0, add_range(self->ctl, self->start + BLOCKS(2), BLOCKS(2), 0));
	ASSERT_EQ(0, declare_window(self->owner, self->start, LENGTH));
	ASSERT_EQ(0, touch_write(self->va));
	drop.length -= PAGE_BYTES;
	EXPECT_EQ(-ENOENT, cmd_window(self->owner, &drop));
	drop.length = LENGTH;
	ASSERT_EQ(0, cmd_window(self->owner, &drop));
	EXPECT_EQ(0, touch_write(self->va));
	EXPECT_EQ(0, touch_write(self->va + BLOCKS(2)));
	EXPECT_EQ(BUS_ADRERR, touch(self->va + BLOCKS(4)));
	EXPECT_EQ(0, remove_range(self->ctl, self->start, BLOCKS(2)));
	EXPECT_EQ(BUS_ADRERR, touch(self->va));
}

/* What was removed is registered by the next touch, with its contents. */
TEST_F_TIMEOUT(declare, touch_after_remove, SLOW)
{
	ASSERT_EQ(0, declare_window(self->owner, self->start, LENGTH));
	fill_pattern(self->va, LENGTH, 3);
	ASSERT_EQ(0, remove_range(self->ctl, self->start, LENGTH));
	EXPECT_EQ(0, list_ranges(self->ctl, self->r, 8));
	EXPECT_TRUE(check_pattern(self->va, LENGTH, 3));
	EXPECT_EQ(1, list_ranges(self->ctl, self->r, 8));
}

/* The kernel cannot drop mmap_lock there (get_user_pages_remote() without @locked). */
TEST_F_TIMEOUT(declare, proc_mem_of_untouched_memory, SLOW)
{
	int mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	u64 value = 0x76746c30;

	ASSERT_LE(0, mem);
	EXPECT_EQ(-1, pwrite(mem, &value, 8, (uintptr_t)self->va));
	ASSERT_EQ(0, declare_window(self->owner, self->start, LENGTH));
	ASSERT_EQ(8, pwrite(mem, &value, 8, (uintptr_t)self->va));
	EXPECT_EQ(value, *(u64 *)self->va);
	ASSERT_EQ(1, list_ranges(self->ctl, self->r, 8));
	EXPECT_EQ(1, self->r[0].owners);
	close(mem);
}

/*
 * Each allocation of an access by the kernel fails once. Where that is the one for the note of
 * a failure nothing is registered and the access is ENOMEM; the next access succeeds.
 */
TEST_F_TIMEOUT(declare, no_memory, SLOW)
{
	unsigned int unnoted = 0;
	bool hit = true;

	if (!have_fail_nth())
		SKIP(return, "the kernel has no fault injection");
	ASSERT_EQ(0, declare_window(self->owner, self->start, LENGTH));
	for (unsigned int nth = 1; hit; nth++) {
		int ret;

		ASSERT_GT(1000, nth);
		fail_nth(nth);
		ret = madvise(self->va, PAGE_BYTES, MADV_POPULATE_WRITE) ? -errno : 0;
		hit = fail_nth_hit();
		if (ret) {
			EXPECT_TRUE(hit);
			/* SIGBUS of an access by the program is EFAULT here */
			EXPECT_TRUE(ret == -ENOMEM || ret == -EFAULT)
				TH_LOG("allocation %u: %d", nth, ret);
			unnoted += ret == -ENOMEM && !list_ranges(self->ctl, self->r, 8);
		}
		EXPECT_EQ(0, touch_write(self->va));
		/* of the whole window, or less if that failed */
		ASSERT_EQ(1, remove_all(self->ctl));
	}
	EXPECT_LE(1, unnoted);
}

static bool stop;

static void *touch_all_the_time(void *va)
{
	unsigned long bus_errors = 0;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		bus_errors += touch_write(va) != 0;
	return (void *)bus_errors;
}

/* A touch that registers while the file is closed leaves nothing. */
TEST_F_TIMEOUT(declare, close_while_touched, SLOW)
{
	pthread_t thread;
	void *bus_errors;

	stop = false;
	ASSERT_EQ(0, pthread_create(&thread, NULL, touch_all_the_time, self->va));
	for (int i = 0; i < 30; i++) {
		int fd = open_control();

		ASSERT_LE(0, fd);
		ASSERT_EQ(0, declare_window(fd, self->start, BLOCKS(2)));
		/* closed at once, or when the touch has begun or ended */
		usleep(i % 3 * 2000);
		ASSERT_EQ(0, close(fd));
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	ASSERT_EQ(0, pthread_join(thread, &bus_errors));
	EXPECT_NE(NULL, bus_errors);
	EXPECT_TRUE(wait_until(none_listed, &self->ctl, PATIENCE));
}

TEST_HARNESS_MAIN
