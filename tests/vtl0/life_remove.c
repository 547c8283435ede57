// SPDX-License-Identifier: GPL-2.0
/*
 * The end of a range, and of the module, while the range is mapped.
 */
#include <pthread.h>
#include <sys/wait.h>

#include "map.h"

LEVEL_FIXTURE(remove);

FIXTURE_SETUP(remove)
{
	SETUP_LEVEL();
	fill_pattern(self->va, MIB(4), 27);
}

FIXTURE_TEARDOWN_PARENT(remove)
{
	EXPECT_ALL_GONE();
}

TEST_F_TIMEOUT(remove, remove_revokes_mappings, SLOW)
{
	EXPECT_LT(0, map_info(&self->s).mappings);
	ASSERT_EQ(0, remove_range(self->s.control, self->s.start, self->s.length));
	EXPECT_EQ(BUS_ADRERR, touch(self->va));
	EXPECT_EQ(BUS_ADRERR, touch_write(self->va + MIB(4) - 1));
	EXPECT_FALSE(iomem_has(self->s.start, self->s.length, "vtl0"));
	EXPECT_EQ(-ENOENT, remove_range(self->s.control, self->s.start, self->s.length));
	/* a new registration of the same memory, at another order, is seen */
	ASSERT_EQ(0, add_order(self->s.control, self->s.start, self->s.length, 0));
	EXPECT_TRUE(check_pattern(self->va, MIB(4), 27));
	ASSERT_EQ(0, munmap(self->va, self->s.length));
	EXPECT_UNUSED_AND_REMOVE(&self->s);
}

/* The owner's last close, with the mapping still there. */
TEST_F_TIMEOUT(remove, close_revokes_mappings, SLOW)
{
	ASSERT_EQ(0, close(self->s.control));
	self->s.control = open_control();
	ASSERT_LE(0, self->s.control);
	EXPECT_TRUE(wait_until(map_nothing_registered, NULL, PATIENCE));
	EXPECT_EQ(BUS_ADRERR, touch(self->va));
	EXPECT_EQ(BUS_ADRERR, touch_write(self->va + MIB(4) - 1));
}

/* As if the VMM had crashed: another process has it mapped. */
TEST_F_TIMEOUT(remove, owner_is_killed, SLOW)
{
	u64 other = self->s.start + self->s.length / 2;
	int ready[2];
	pid_t child;
	char byte;

	ASSERT_EQ(0, remove_range(self->s.control, self->s.start, self->s.length));
	ASSERT_EQ(0, pipe(ready));
	child = fork();
	if (!child) {
		int control = open_control();

		byte = add_order(control, self->s.start, self->s.length, variant->order);
		if (!byte)
			byte = touch_write(self->va);
		write(ready[1], &byte, 1);
		for (;;)
			pause();
	}
	ASSERT_EQ(1, read(ready[0], &byte, 1));
	ASSERT_EQ(0, byte);
	EXPECT_EQ(0, touch_write(self->va + (other - self->s.start)));
	ASSERT_EQ(0, kill(child, SIGKILL));
	ASSERT_EQ(child, waitpid(child, NULL, 0));
	EXPECT_TRUE(wait_until(map_nothing_registered, NULL, PATIENCE));
	EXPECT_EQ(BUS_ADRERR, touch(self->va));
}

static bool cannot_be_touched(void *va)
{
	return touch(va) == BUS_ADRERR;
}

TEST_F_TIMEOUT(remove, unload_while_mapped, SLOW)
{
	/* the mapping alone keeps the module */
	ASSERT_EQ(0, close(self->s.low));
	ASSERT_EQ(0, close(self->s.control));
	EXPECT_EQ(-EAGAIN, unload_module());
	/* close only begins the removal */
	EXPECT_TRUE(wait_until(cannot_be_touched, self->va, PATIENCE));
	ASSERT_EQ(0, munmap(self->va, self->s.length));
	EXPECT_TRUE(wait_until(module_unloads, NULL, PATIENCE));
	EXPECT_NE(0, access("/dev/vtl0_low", F_OK));
	EXPECT_FALSE(iomem_has(self->s.start, self->s.length, "vtl0"));
	ASSERT_EQ(0, load_module());
}

TEST_F_TIMEOUT(remove, unload_while_open, SLOW)
{
	ASSERT_EQ(0, munmap(self->va, self->s.length));
	ASSERT_EQ(0, close(self->s.low));
	EXPECT_EQ(-EAGAIN, unload_module());
	self->s.low = open_low(O_RDWR);
	ASSERT_LE(0, self->s.low);
	ASSERT_EQ(0, close(self->s.control));
	EXPECT_EQ(-EAGAIN, unload_module());
	ASSERT_EQ(0, close(self->s.low));
	EXPECT_TRUE(wait_until(module_unloads, NULL, PATIENCE));
	ASSERT_EQ(0, load_module());
}

/* A range without an owner does not keep the module, which removes it. */
TEST_F_TIMEOUT(remove, unload_removes_persistent, SLOW)
{
	ASSERT_EQ(0, munmap(self->va, self->s.length));
	ASSERT_EQ(0, remove_range(self->s.control, self->s.start, self->s.length));
	ASSERT_EQ(0, add_range(self->s.control, self->s.start, self->s.length,
			       VTL0_ADD_PERSIST));
	ASSERT_EQ(0, close(self->s.control));
	ASSERT_EQ(0, close(self->s.low));
	EXPECT_TRUE(iomem_has(self->s.start, self->s.length, "vtl0"));
	EXPECT_TRUE(wait_until(module_unloads, NULL, PATIENCE));
	EXPECT_FALSE(iomem_has(self->s.start, self->s.length, "vtl0"));
	ASSERT_EQ(0, load_module());
}

TEST_HARNESS_MAIN
