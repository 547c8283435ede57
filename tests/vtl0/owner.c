// SPDX-License-Identifier: GPL-2.0
/* How long a range lives: files that own it, PERSIST, and removal; and its node. */
#include <errno.h>
#include <fcntl.h>
#include <linux/mempolicy.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "common.h"

#define START EMPTY_BASE
#define LENGTH BLOCKS(4)

FIXTURE(owner) {
	int ctl;
	int other;
	struct vtl0_range_info r;
};

FIXTURE_SETUP(owner)
{
	self->ctl = open_control();
	ASSERT_LE(0, self->ctl);
	self->other = open_control();
	ASSERT_LE(0, self->other);
}

FIXTURE_TEARDOWN(owner)
{
	close(self->ctl);
	close(self->other);
	EXPECT_NOTHING_LEFT();
}

static bool nothing_listed(void *arg)
{
	return list_ranges(*(int *)arg, NULL, 0) == 0;
}

static bool one_listed(void *arg)
{
	return list_ranges(*(int *)arg, NULL, 0) == 1;
}

/* Close only begins it. */
#define EXPECT_GONE(fd) do {						\
	int gone_fd = fd;						\
	EXPECT_TRUE(wait_until(nothing_listed, &gone_fd, PATIENCE));	\
	EXPECT_FALSE(iomem_has(START, LENGTH, NULL));			\
} while (0)

TEST_F(owner, close_removes)
{
	ASSERT_EQ(0, add_range(self->ctl, START, LENGTH, 0));
	EXPECT_TRUE(iomem_has(START, LENGTH, "vtl0"));
	ASSERT_EQ(0, find_range(self->other, START, &self->r));
	EXPECT_EQ(1, self->r.owners);
	EXPECT_EQ(0, close(self->ctl));
	EXPECT_GONE(self->other);
}

TEST_F(owner, last_close_of_a_shared_file_removes)
{
	int copy;

	ASSERT_EQ(0, add_range(self->ctl, START, LENGTH, 0));
	copy = dup(self->ctl);
	ASSERT_LE(0, copy);
	close(self->ctl);
	EXPECT_EQ(0, find_range(self->other, START, &self->r));
	close(copy);
	EXPECT_GONE(self->other);
}

TEST_F(owner, persist_stays)
{
	ASSERT_EQ(0, add_range(self->ctl, START, LENGTH, VTL0_ADD_PERSIST));
	ASSERT_EQ(0, find_range(self->other, START, &self->r));
	EXPECT_EQ(VTL0_RANGE_PERSIST, self->r.flags);
	EXPECT_EQ(0, self->r.owners);
	close(self->ctl);
	ASSERT_EQ(0, find_range(self->other, START, &self->r));
	EXPECT_EQ(VTL0_STATE_LIVE, self->r.state);
	EXPECT_TRUE(iomem_has(START, LENGTH, "vtl0"));
	EXPECT_EQ(0, remove_range(self->other, START, LENGTH));
	EXPECT_GONE(self->other);
}

TEST_F(owner, upgrade_to_persist)
{
	ASSERT_EQ(0, add_range(self->ctl, START, LENGTH, 0));
	ASSERT_EQ(0, add_range(self->ctl, START, LENGTH, VTL0_ADD_PERSIST));
	close(self->ctl);
	ASSERT_EQ(0, find_range(self->other, START, &self->r));
	EXPECT_EQ(VTL0_RANGE_PERSIST, self->r.flags);
	/* and there is no way back */
	ASSERT_EQ(0, add_range(self->other, START, LENGTH, 0));
	close(self->other);
	self->other = open_control();
	ASSERT_EQ(0, find_range(self->other, START, &self->r));
	EXPECT_EQ(0, remove_range(self->other, START, LENGTH));
}

TEST_F(owner, second_owner_keeps)
{
	ASSERT_EQ(0, add_range(self->ctl, START, LENGTH, 0));
	ASSERT_EQ(0, add_range(self->other, START, LENGTH, 0));
	ASSERT_EQ(0, find_range(self->other, START, &self->r));
	EXPECT_EQ(2, self->r.owners);
	close(self->ctl);
	ASSERT_EQ(0, find_range(self->other, START, &self->r));
	EXPECT_EQ(1, self->r.owners);
	EXPECT_EQ(VTL0_STATE_LIVE, self->r.state);
	close(self->other);
	self->other = open_control();
	EXPECT_GONE(self->other);
}

TEST_F(owner, same_owner_twice_is_one)
{
	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(0, add_range(self->ctl, START, LENGTH, 0));
		ASSERT_EQ(0, find_range(self->other, START, &self->r));
		EXPECT_EQ(1, self->r.owners);
	}
	close(self->ctl);
	EXPECT_GONE(self->other);
}

/* Refused with EXCLUSIVE, so not an owner either. */
TEST_F(owner, exclusive_is_no_owner)
{
	ASSERT_EQ(0, add_range(self->ctl, START, LENGTH, VTL0_ADD_EXCLUSIVE));
	EXPECT_EQ(-EEXIST, add_range(self->other, START, LENGTH, VTL0_ADD_EXCLUSIVE));
	EXPECT_EQ(-EEXIST, add_range(self->other, START, LENGTH,
				     VTL0_ADD_EXCLUSIVE | VTL0_ADD_PERSIST));
	ASSERT_EQ(0, find_range(self->other, START, &self->r));
	EXPECT_EQ(1, self->r.owners);
	EXPECT_EQ(0, self->r.flags);
	close(self->ctl);
	EXPECT_GONE(self->other);
}

TEST_F(owner, anyone_can_remove)
{
	ASSERT_EQ(0, add_range(self->ctl, START, LENGTH, 0));
	EXPECT_EQ(0, remove_range(self->other, START, LENGTH));
	EXPECT_GONE(self->other);
	/* the first one does not own the next range at this address */
	ASSERT_EQ(0, add_range(self->other, START, LENGTH, 0));
	close(self->ctl);
	EXPECT_EQ(0, find_range(self->other, START, &self->r));
}

TEST_F(owner, several_ranges_of_one_file)
{
	for (int i = 0; i < 8; i++) {
		ASSERT_EQ(0, add_range(self->ctl, START + i * BLOCKS(8), LENGTH, 0));
	}
	ASSERT_EQ(0, add_range(self->other, START + BLOCKS(8), LENGTH, 0));
	EXPECT_EQ(8, list_ranges(self->other, &self->r, 1));
	close(self->ctl);
	EXPECT_TRUE(wait_until(one_listed, &self->other, PATIENCE));
	EXPECT_EQ(1, list_ranges(self->other, &self->r, 1));
	EXPECT_EQ(START + BLOCKS(8), self->r.start);
}

/* A VMM that crashes leaves nothing behind, even with the memory mapped. */
TEST_F(owner, killed_owner)
{
	u64 start, length;
	int pipefd[2], status;
	pid_t pid;
	char c;

	if (env_range(1, &start, &length))
		SKIP(return, "window 1 of RAM is missing (memmap=SIZE$START)");
	ASSERT_EQ(0, pipe(pipefd));
	close(self->ctl);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		int ctl = open_control(), low = open_low(O_RDWR);
		char *p = map_low(low, start, BLOCKS(2), PROT_READ | PROT_WRITE);

		if (p == MAP_FAILED || add_range(ctl, start, BLOCKS(2), 0) || touch_write(p))
			_exit(1);
		write(pipefd[1], "x", 1) < 0 ? _exit(2) : (void)0;
		for (;;)
			pause();
	}
	close(pipefd[1]);
	ASSERT_EQ(1, read(pipefd[0], &c, 1));
	EXPECT_EQ(1, list_ranges(self->other, &self->r, 1));
	ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	/* the file may be put after the process was reaped */
	EXPECT_TRUE(wait_until(nothing_listed, &self->other, PATIENCE));
	EXPECT_FALSE(iomem_has(start, BLOCKS(2), "vtl0"));
	close(pipefd[0]);
}

static int node_of(void *addr)
{
	int node = -1;

	if (syscall(SYS_get_mempolicy, &node, NULL, 0, addr, MPOL_F_NODE | MPOL_F_ADDR))
		return -errno;
	return node;
}

/* Each node that is online, from any node. */
TEST_F_TIMEOUT(owner, node_of_choice, SLOW)
{
	u64 start, length, nodes = online_nodes();
	int low = open_low(O_RDWR);
	unsigned int seen = 0;

	ASSERT_LE(0, low);
	if (env_range(1, &start, &length))
		SKIP(return, "window 1 of RAM is missing (memmap=SIZE$START)");
	/* arm64 is built for 16 nodes (NODES_SHIFT); a higher number is EINVAL there */
	for (int node = 0; node < 16; node++) {
		struct vtl0_add arg = {
			.start = start,
			.length = BLOCKS(4),
			.flags = VTL0_ADD_NODE,
			.node = node,
		};
		u64 value;
		char *p;

		if (!(nodes & 1ULL << node)) {
			EXPECT_EQ(-ENODEV, cmd_add(self->ctl, &arg))
				TH_LOG("node %d", node);
			EXPECT_EQ(0, list_ranges(self->ctl, &self->r, 1));
			continue;
		}
		seen++;
		ASSERT_EQ(0, cmd_add(self->ctl, &arg));
		ASSERT_EQ(0, find_range(self->ctl, start, &self->r));
		EXPECT_EQ(node, self->r.node);
		ASSERT_EQ(0, range_attr_u64(self->r.id, "node", &value));
		EXPECT_EQ(node, (int)value);
		p = map_low(low, start, BLOCKS(4), PROT_READ | PROT_WRITE);
		ASSERT_NE(MAP_FAILED, (void *)p);
		EXPECT_EQ(0, touch(p));
		EXPECT_EQ(node, node_of(p));
		EXPECT_EQ(node, node_of(p + BLOCKS(4) - PAGE_BYTES));
		munmap(p, BLOCKS(4));
		ASSERT_EQ(0, remove_range(self->ctl, start, BLOCKS(4)));
	}
	close(low);
	if (seen < 2)
		SKIP(return, "this machine has one node");
}

/* Without a choice: the node that firmware names, not the caller's. */
TEST_F(owner, node_of_firmware)
{
	u64 start[2], length[2];
	cpu_set_t set, old;

	if (env_range(0, &start[0], &length[0]) || env_range(1, &start[1], &length[1]))
		SKIP(return, "two windows of RAM are needed (memmap=SIZE$START)");
	if (!(online_nodes() & 2))
		SKIP(return, "this machine has one node");
	/* the windows lie in the memory of nodes 0 and 1, see run.sh */
	ASSERT_EQ(0, sched_getaffinity(0, sizeof(old), &old));
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &old))
			continue;
		CPU_ZERO(&set);
		CPU_SET(cpu, &set);
		ASSERT_EQ(0, sched_setaffinity(0, sizeof(set), &set));
		for (int i = 0; i < 2; i++) {
			ASSERT_EQ(0, add_range(self->ctl, start[i], BLOCKS(1), 0));
			ASSERT_EQ(0, find_range(self->ctl, start[i], &self->r));
			EXPECT_EQ(i, self->r.node)
				TH_LOG("window %d, processor %d", i, cpu);
			ASSERT_EQ(0, remove_range(self->ctl, start[i], BLOCKS(1)));
		}
	}
	ASSERT_EQ(0, sched_setaffinity(0, sizeof(old), &old));
}

TEST_HARNESS_MAIN
