// SPDX-License-Identifier: GPL-2.0
/*
 * Lockdown: with the kernel locked down no memory can be registered or
 * mapped. There is no way back, so run.sh runs this program as the last one.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/mshv.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "common.h"

#define LOCKDOWN "/sys/kernel/security/lockdown"

TEST(locked_down)
{
	struct mshv_vtl_ram_disposition ram = {
		.start_pfn = EMPTY_BASE >> 12,
		.last_pfn = (EMPTY_BASE + MIB(2)) >> 12,
	};
	struct vtl0_range_info info;
	struct vtl0_plan plan = { .start = EMPTY_BASE, .length = MIB(2) };
	int ctl, vtl, ret;
	char before[64];

	/* it would refuse the lab's kmemleak scan at the end */
	if (debug_kernel())
		SKIP(return, "the debug kernel still needs its debugfs");
	if (access(LOCKDOWN, F_OK)) {
		mount("securityfs", "/sys/kernel/security", "securityfs", 0, NULL);
	}
	if (read_file(LOCKDOWN, before, sizeof(before)) < 0)
		SKIP(return, "this kernel has no lockdown");
	ctl = open_control();
	ASSERT_LE(0, ctl);
	vtl = vtl0_ioctl(ctl, MSHV_CREATE_VTL, NULL);
	ASSERT_LE(0, vtl);
	/* a range registered before can be removed afterwards */
	ASSERT_EQ(0, add_range(ctl, EMPTY_BASE + GIB(1), MIB(2), 0));
	ASSERT_EQ(0, open_low(O_RDWR) < 0);

	ret = write_file(LOCKDOWN, "integrity");
	ASSERT_EQ(0, ret);
	EXPECT_EQ(-EPERM, add_range(ctl, EMPTY_BASE, MIB(2), 0));
	EXPECT_EQ(-EPERM, add_range(ctl, EMPTY_BASE, MIB(2), VTL0_ADD_PERSIST));
	EXPECT_EQ(-EPERM, vtl0_ioctl(ctl, MSHV_ADD_VTL0_MEMORY, &ram));
	EXPECT_EQ(-EPERM, vtl0_ioctl(vtl, MSHV_ADD_VTL0_MEMORY, &ram));
	EXPECT_EQ(-EPERM, open_low(O_RDONLY));
	EXPECT_EQ(-EPERM, open_low(O_RDWR));
	EXPECT_EQ(1, list_ranges(ctl, &info, 1));
	EXPECT_EQ(0, cmd_plan(ctl, &plan));
	EXPECT_EQ(0, remove_range(ctl, EMPTY_BASE + GIB(1), MIB(2)));
	close(vtl);
	close(ctl);
	EXPECT_NOTHING_LEFT();
}

TEST_HARNESS_MAIN
