// SPDX-License-Identifier: GPL-2.0
/*
 * VTL0_ADD_CLEAR: the owner of a range sees nothing of the last one. The driver clears on
 * all processors, so this needs two processors.
 */
#include <signal.h>
#include <sys/wait.h>

#include "map.h"

#define LENGTH BLOCKS(32)

FIXTURE(clear) {
	struct map_state s;
	char *va;
	struct vtl0_range_info r[8];
};

FIXTURE_SETUP(clear)
{
	int ret = map_open(&self->s);

	if (ret == -ENOENT)
		SKIP(return, "window 0 of RAM is missing (memmap=SIZE$START)");
	ASSERT_EQ(0, ret);
	self->va = map_low(self->s.low, self->s.start, LENGTH, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, self->va);
	/* what the last owner leaves */
	ASSERT_EQ(0, add_range(self->s.control, self->s.start, LENGTH, 0));
	memset(self->va, 0xa5, LENGTH);
	ASSERT_EQ(0, remove_range(self->s.control, self->s.start, LENGTH));
}

FIXTURE_TEARDOWN(clear)
{
	munmap(self->va, LENGTH);
	close(self->s.low);
	EXPECT_LE(0, remove_all(self->s.control));
	close(self->s.control);
	EXPECT_NOTHING_LEFT();
}

/* Pages that are all @byte. */
static unsigned long pages_of(const char *va, size_t length, unsigned char byte)
{
	unsigned long nr = 0;

	for (size_t at = 0; at < length; at += PAGE_BYTES)
		nr += (unsigned char)va[at] == byte &&
		      !memcmp(va + at, va + at + 1, PAGE_BYTES - 1);
	return nr;
}

static bool none_listed(void *arg)
{
	return !list_ranges(*(int *)arg, NULL, 0);
}

TEST_F_TIMEOUT(clear, contents_stay_without_the_flag, SLOW)
{
	ASSERT_EQ(0, add_range(self->s.control, self->s.start, LENGTH, 0));
	EXPECT_EQ(LENGTH / PAGE_BYTES, pages_of(self->va, LENGTH, 0xa5));
}

TEST_F_TIMEOUT(clear, every_page_is_zero, SLOW)
{
	/* single pages, and large ones in two chunks */
	static const struct vtl0_add ways[] = {
		{ .flags = VTL0_ADD_CLEAR | VTL0_ADD_ORDER, .length = LENGTH },
		{ .flags = VTL0_ADD_CLEAR | VTL0_ADD_CHUNK, .length = LENGTH,
		  .chunk_length = BLOCKS(17) },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(ways); i++) {
		struct vtl0_add arg = ways[i];

		arg.start = self->s.start;
		ASSERT_EQ(0, cmd_add(self->s.control, &arg));
		EXPECT_EQ(LENGTH / PAGE_BYTES, pages_of(self->va, LENGTH, 0));
		memset(self->va, 0xa5, LENGTH);
		ASSERT_EQ(0, remove_range(self->s.control, self->s.start, LENGTH));
	}
}

/* What is beside the range is another's. */
TEST_F_TIMEOUT(clear, nothing_but_the_range, SLOW)
{
	struct vtl0_add arg = {
		.flags = VTL0_ADD_CLEAR | VTL0_ADD_COVER,
		.start = self->s.start + BLOCKS(1) + PAGE_BYTES, .length = BLOCKS(19) + PAGE_BYTES,
	};

	ASSERT_EQ(0, cmd_add(self->s.control, &arg));
	ASSERT_EQ(0, add_range(self->s.control, self->s.start, LENGTH, VTL0_ADD_COVER));
	EXPECT_EQ(arg.length / PAGE_BYTES, pages_of(self->va, LENGTH, 0));
	EXPECT_EQ((LENGTH - arg.length) / PAGE_BYTES, pages_of(self->va, LENGTH, 0xa5));
}

TEST_F_TIMEOUT(clear, registered_memory_is_left_alone, SLOW)
{
	struct vtl0_add arg = {
		.flags = VTL0_ADD_CLEAR, .start = self->s.start, .length = BLOCKS(4),
	};

	ASSERT_EQ(0, add_range(self->s.control, self->s.start, BLOCKS(4), 0));
	EXPECT_EQ(-EEXIST, cmd_add(self->s.control, &arg));
	EXPECT_EQ(VTL0_ADD_CLEAR, arg.mismatch);
	EXPECT_EQ(self->s.start, arg.conflict_start);
	EXPECT_EQ(BLOCKS(4) / PAGE_BYTES, pages_of(self->va, BLOCKS(4), 0xa5));
	/* a cover clears what it adds */
	arg.flags |= VTL0_ADD_COVER;
	arg.length = BLOCKS(8);
	ASSERT_EQ(0, cmd_add(self->s.control, &arg));
	EXPECT_EQ(BLOCKS(4) / PAGE_BYTES, pages_of(self->va, BLOCKS(4), 0xa5));
	EXPECT_EQ(BLOCKS(4) / PAGE_BYTES, pages_of(self->va + BLOCKS(4), BLOCKS(4), 0));
}

/* In the middle of it, early and late: the range is there whole, or is not. */
TEST_F_TIMEOUT(clear, killed_caller_leaves_nothing, SLOW)
{
	for (int i = 0; i < 8; i++) {
		pid_t pid = fork();
		int status;

		ASSERT_LE(0, pid);
		if (!pid)
			_exit(!!add_range(open_control(), self->s.start, GIB(1),
					  VTL0_ADD_CLEAR));
		usleep(i * i * 4000);
		ASSERT_EQ(0, kill(pid, SIGKILL));
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_TRUE(WIFSIGNALED(status) || !WEXITSTATUS(status));
		EXPECT_TRUE(wait_until(none_listed, &self->s.control, PATIENCE));
	}
}

TEST_HARNESS_MAIN
