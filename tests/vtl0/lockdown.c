// SPDX-License-Identifier: GPL-2.0
/*
 * Lockdown: with the kernel locked down only what firmware has set aside for programs can be
 * registered and mapped. There is no way back, so run.sh runs this program as the last one.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/mshv.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "common.h"

#define LOCKDOWN "/sys/kernel/security/lockdown"
#define RESERVED_MEMORY "/proc/device-tree/reserved-memory"

/*
 * What "memmap=SIZE%START-1+0xefffffff", SIZE in KiB, makes of RAM, as firmware does: type
 * "soft reserved". Gives up to where it has whole blocks, and what it has behind them.
 */
static bool soft_reserved(u64 *start, u64 *length, u64 *behind)
{
	char line[4096], *word;

	if (read_file("/proc/cmdline", line, sizeof(line)) < 0)
		return false;
	for (word = strstr(line, "memmap="); word; word = strstr(word + 1, "memmap="))
		if (sscanf(word, "memmap=%" SCNu64 "K%%%" SCNx64 "-1+0xefffffff", length,
			   start) == 2) {
			*behind = KIB(*length) % BLOCK_BYTES;
			*length = KIB(*length) - *behind;
			return true;
		}
	return false;
}

/* Returns why the kernel cannot be locked down for a test, or NULL. */
static const char *no_lockdown(void)
{
	char state[64];

	/* it would refuse the lab's kmemleak scan at the end */
	if (!access("/sys/kernel/debug/kmemleak", F_OK))
		return "the lab still needs the debugfs of this kernel";
	if (access(LOCKDOWN, F_OK))
		mount("securityfs", "/sys/kernel/security", "securityfs", 0, NULL);
	if (read_file(LOCKDOWN, state, sizeof(state)) < 0)
		return "this kernel has no lockdown";
	return NULL;
}

/* Changes the devicetree first, as root may: devicetree_while_locked_down looks at it. */
static int lock_down(void)
{
	if (!access(RESERVED_MEMORY, F_OK) && run("modprobe changed_node"))
		return -1;
	return write_file(LOCKDOWN, "integrity");
}

TEST(locked_down)
{
	struct mshv_vtl_ram_disposition ram = {
		.start_pfn = EMPTY_BASE >> 12,
		.last_pfn = (EMPTY_BASE + BLOCKS(1)) >> 12,
	};
	struct vtl0_range_info info;
	struct vtl0_plan plan = { .start = EMPTY_BASE, .length = BLOCKS(1) };
	struct vtl0_open file = { .start = EMPTY_BASE + GIB(1), .length = BLOCKS(1) };
	int ctl, vtl, low;
	void *p = MAP_FAILED;
	struct window w;

	if (no_lockdown())
		SKIP(return, "%s", no_lockdown());
	ctl = open_control();
	ASSERT_LE(0, ctl);
	vtl = vtl0_ioctl(ctl, MSHV_CREATE_VTL, NULL);
	ASSERT_LE(0, vtl);
	/* a range registered before can be removed afterwards */
	ASSERT_EQ(0, add_named(ctl, EMPTY_BASE + GIB(1), BLOCKS(1), "locked", 0600));
	/* but files and mappings of before do not get around lockdown */
	ASSERT_EQ(0, cmd_open(ctl, &file));
	low = open_low(O_RDWR);
	ASSERT_LE(0, low);
	if (window_aligned(PMD_BYTES, PMD_BYTES, &w)) {
		/* the lab's devicetree sets aside the first half */
		w.start += w.length / PMD_BYTES * PMD_BYTES - PMD_BYTES;
		ASSERT_EQ(0, declare_window(ctl, w.start, PMD_BYTES));
		p = map_low(low, w.start, PMD_BYTES, PROT_READ);
		ASSERT_NE(MAP_FAILED, p);
	}

	ASSERT_EQ(0, lock_down());
	for (u64 flags = 0; flags <= VTL0_ADD_PERSIST; flags += VTL0_ADD_PERSIST)
		EXPECT_EQ(-EPERM, add_range(ctl, EMPTY_BASE, BLOCKS(1), flags));
	EXPECT_EQ(-EPERM, vtl0_ioctl(ctl, MSHV_ADD_VTL0_MEMORY, &ram));
	EXPECT_EQ(-EPERM, vtl0_ioctl(vtl, MSHV_ADD_VTL0_MEMORY, &ram));
	EXPECT_EQ(-EPERM, declare_window(ctl, EMPTY_BASE, BLOCKS(1)));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, BLOCKS(1), PROT_READ, MAP_SHARED, file.fd, 0));
	EXPECT_EQ(EPERM, errno);
	close(file.fd);
	EXPECT_EQ(-EPERM, cmd_open(ctl, &file));
	if (p != MAP_FAILED) {
		EXPECT_EQ(BUS_ADRERR, touch(p));
		munmap(p, PMD_BYTES);
	}
	EXPECT_EQ(MAP_FAILED, map_low(low, EMPTY_BASE + GIB(1), BLOCKS(1), PROT_READ));
	EXPECT_EQ(EPERM, errno);
	close(low);
	EXPECT_EQ(-1, open("/dev/vtl0_locked", O_RDONLY));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(1, list_ranges(ctl, &info, 1));
	EXPECT_EQ(0, cmd_plan(ctl, &plan));
	EXPECT_EQ(0, remove_range(ctl, EMPTY_BASE + GIB(1), BLOCKS(1)));
	close(vtl);
	close(ctl);
	EXPECT_NOTHING_LEFT();
}

TEST(soft_reserved_while_locked_down)
{
	struct vtl0_open file = { .flags = VTL0_OPEN_WRITE };
	u64 start, length, behind;
	struct vtl0_add edge;
	char text[64];
	int ctl, low;
	char *p;

	if (read_file(LOCKDOWN, text, sizeof(text)) < 0 || strstr(text, "[none]"))
		SKIP(return, "this kernel is not locked down");
	if (!soft_reserved(&start, &length, &behind))
		SKIP(return, "no memory is soft reserved");
	file.start = start;
	file.length = length;
	ctl = open_control();
	ASSERT_LE(0, ctl);
	/* not if a part of it is something else, or of the block that gets struct pages */
	EXPECT_EQ(-EPERM, add_range(ctl, start + length - BLOCKS(1), BLOCKS(2), 0));
	edge = (struct vtl0_add) {
		.flags = VTL0_ADD_COVER, .start = start + length, .length = behind,
	};
	if (behind) {
		EXPECT_EQ(-EPERM, cmd_add(ctl, &edge));
	} else {
		TH_LOG("soft-reserved memory ends with a block: its edge is not tried");
	}
	EXPECT_EQ(0, declare_window(ctl, start, length));
	low = open_low(O_RDWR);
	ASSERT_LE(0, low);
	p = map_low(low, start, length, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, p);
	/* registers it */
	memset(p, 1, length);
	ASSERT_EQ(0, add_range(ctl, start, length, VTL0_ADD_COVER));
	EXPECT_EQ(0, munmap(p, length));
	ASSERT_EQ(0, cmd_open(ctl, &file));
	close(file.fd);
	EXPECT_EQ(0, remove_range(ctl, start, length));
	close(low);
	close(ctl);
	EXPECT_NOTHING_LEFT();
}

/*
 * Adds what the devicetree sets aside, by the names of the nodes. Gives the memory of the first
 * two, which the lab makes for one --reserve: they touch.
 */
static bool add_devicetree(int ctl, u64 *start, u64 *length)
{
	struct vtl0_range_info info[2];

	if (run("cd " RESERVED_MEMORY " && nodes= && for node in lab@*; do "
		"nodes=\"$nodes --devicetree $node\"; done && vtl0ctl add $nodes") ||
	    list_ranges(ctl, info, 2) < 2 || info[0].start + info[0].length != info[1].start)
		return false;
	*start = info[0].start;
	*length = info[0].length + info[1].length;
	return !run("vtl0ctl remove --all");
}

/* Adds a block of each node of that name that the lab's devicetree.py or changed_node makes. */
static bool all_nodes_add(int ctl, const char *name, int expected)
{
	DIR *dir = opendir(RESERVED_MEMORY);
	size_t length = strlen(name);
	struct dirent *entry;
	bool found = false, right = true;

	while (dir && right && (entry = readdir(dir))) {
		u64 start;
		int err;

		if (strncmp(entry->d_name, name, length) || entry->d_name[length] != '@')
			continue;
		found = true;
		start = strtoull(entry->d_name + length + 1, NULL, 16);
		err = add_range(ctl, start, BLOCKS(1), 0);
		right = err == expected;
		if (!err)
			remove_range(ctl, start, BLOCKS(1));
	}
	if (dir)
		closedir(dir);
	return found && right;
}

TEST(devicetree_while_locked_down)
{
	u64 start, length;
	char text[64];
	int ctl, low;
	char *p;

	if (read_file(LOCKDOWN, text, sizeof(text)) < 0 || strstr(text, "[none]"))
		SKIP(return, "this kernel is not locked down");
	if (access(RESERVED_MEMORY, F_OK))
		SKIP(return, "no devicetree has memory for this driver");
	ctl = open_control();
	ASSERT_LE(0, ctl);
	ASSERT_TRUE(add_devicetree(ctl, &start, &length));
	/* not if a part of it lies outside */
	EXPECT_EQ(-EPERM, add_range(ctl, start - BLOCKS(1), BLOCKS(2), 0));
	EXPECT_EQ(-EPERM, add_range(ctl, start + length - BLOCKS(1), BLOCKS(2), 0));
	EXPECT_EQ(-EPERM, add_range(ctl, start + length, BLOCKS(1), 0));
	EXPECT_EQ(-EPERM, declare_window(ctl, start, length + PAGE_BYTES));
	EXPECT_TRUE(all_nodes_add(ctl, "mapped", -EPERM));
	EXPECT_TRUE(all_nodes_add(ctl, "disabled", -EPERM));
	EXPECT_TRUE(all_nodes_add(ctl, "other", -EPERM));
	/* root got no-map, and a whole node, into the tree */
	EXPECT_TRUE(all_nodes_add(ctl, "changed", -EPERM));
	EXPECT_TRUE(all_nodes_add(ctl, "added", -EPERM));
	/* an empty range does not hide the one behind it */
	EXPECT_TRUE(all_nodes_add(ctl, "two", 0));
	/* a range may lie in several nodes */
	ASSERT_EQ(0, add_range(ctl, start, length, 0));
	low = open_low(O_RDWR);
	ASSERT_LE(0, low);
	EXPECT_EQ(MAP_FAILED, map_low(low, start, length + PAGE_BYTES, PROT_READ));
	EXPECT_EQ(EPERM, errno);
	p = map_low(low, start + length / 2 - PAGE_BYTES, 2 * PAGE_BYTES, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, p);
	memset(p, 1, 2 * PAGE_BYTES);
	EXPECT_EQ(0, munmap(p, 2 * PAGE_BYTES));
	EXPECT_EQ(0, remove_range(ctl, start, length));
	close(low);
	close(ctl);
	EXPECT_EQ(0, run("modprobe -r changed_node"));
	EXPECT_NOTHING_LEFT();
}

TEST_HARNESS_MAIN
