// SPDX-License-Identifier: GPL-2.0
/* Loading and unloading the module. Each test leaves it loaded. */
#include <errno.h>
#include <fcntl.h>
#include <linux/mshv.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "common.h"

#define LOADED "/sys/module/vtl0"
#define TOTALS "/sys/devices/vtl0"

FIXTURE(module) {
	char iomem[65536];
	u32 taint;
};

FIXTURE_SETUP(module)
{
	self->taint = taint();
	ASSERT_LT(0, read_file("/proc/iomem", self->iomem, sizeof(self->iomem)));
}

FIXTURE_TEARDOWN(module)
{
	char iomem[65536];
	int ret;

	if (access("/dev/mshv", F_OK) == 0) {
		EXPECT_EQ(0, module_unload("vtl0", true));
	}
	ret = module_load("vtl0", "");
	EXPECT_TRUE(!ret || ret == -EEXIST);
	EXPECT_NOTHING_LEFT();
	EXPECT_LT(0, read_file("/proc/iomem", iomem, sizeof(iomem)));
	EXPECT_STREQ(self->iomem, iomem);
	EXPECT_EQ(self->taint, taint());
}

static bool exists(const char *path)
{
	return access(path, F_OK) == 0;
}

static bool nothing_of_it(void)
{
	return !exists(LOADED) && !exists(TOTALS) && !exists("/sys/class/vtl0") &&
	       !exists("/dev/vtl0") &&
	       !exists("/dev/vtl0_low") && !exists("/dev/mshv") && !exists("/dev/mshv_vtl_low") &&
	       !exists("/sys/kernel/debug/vtl0");
}

/* The image would not contain the memory. */
TEST_F(module, no_hibernation_while_registered)
{
	char text[64] = "";
	int ctl = open_control();

	ASSERT_LE(0, ctl);
	if (read_file("/sys/power/state", text, sizeof(text)) < 0 || !strstr(text, "disk"))
		SKIP(return, "needs CONFIG_HIBERNATION");
	ASSERT_EQ(0, add_range(ctl, EMPTY_BASE, BLOCKS(1), 0));
	EXPECT_EQ(-EBUSY, write_file("/sys/power/state", "disk"));
	ASSERT_EQ(0, remove_range(ctl, EMPTY_BASE, BLOCKS(1)));
	close(ctl);
}

TEST_F_TIMEOUT(module, load_and_unload, SLOW)
{
	int rounds = debug_kernel() ? 2 : 5;

	for (int i = 0; i < rounds; i++) {
		int ctl;

		ASSERT_EQ(0, module_unload("vtl0", true));
		ASSERT_TRUE(nothing_of_it());
		ASSERT_EQ(0, module_load("vtl0", ""));
		ASSERT_TRUE(exists("/dev/vtl0") && exists("/dev/vtl0_low"));
		EXPECT_FALSE(exists("/dev/mshv"));
		ctl = open_control();
		ASSERT_LE(0, ctl);
		ASSERT_EQ(0, add_range(ctl, EMPTY_BASE, BLOCKS(32), VTL0_ADD_PERSIST));
		ASSERT_EQ(0, add_chunked(ctl, EMPTY_BASE + GIB(1), BLOCKS(4), BLOCKS(1)));
		/* an open file is in the way */
		EXPECT_EQ(-EAGAIN, module_unload("vtl0", false));
		ASSERT_EQ(0, close(ctl));
		/* the persistent range is left to the unload, the other may be, too */
		ASSERT_TRUE(iomem_has(EMPTY_BASE, BLOCKS(32), "vtl0"));
	}
	ASSERT_EQ(0, module_unload("vtl0", true));
	EXPECT_FALSE(iomem_has(EMPTY_BASE, BLOCKS(32), NULL));
	EXPECT_FALSE(iomem_has(EMPTY_BASE + GIB(1), BLOCKS(4), NULL));
	EXPECT_TRUE(nothing_of_it());
}

/* Unload removes a range that was written to, and the next load finds the data. */
TEST_F_TIMEOUT(module, unload_with_used_ranges, SLOW)
{
	u64 start, length;

	if (env_range(1, &start, &length))
		SKIP(return, "window 1 of RAM is missing (memmap=SIZE$START)");
	for (u64 i = 0; i < 3; i++) {
		int ctl = open_control(), low = open_low(O_RDWR);
		char *p;

		ASSERT_LE(0, ctl);
		ASSERT_LE(0, low);
		ASSERT_EQ(0, add_range(ctl, start, BLOCKS(4), VTL0_ADD_PERSIST));
		p = map_low(low, start, BLOCKS(4), PROT_READ | PROT_WRITE);
		ASSERT_NE(MAP_FAILED, (void *)p);
		if (i) {
			EXPECT_TRUE(check_pattern(p, BLOCKS(4), i - 1));
		}
		fill_pattern(p, BLOCKS(4), i);
		ASSERT_EQ(0, close(ctl));
		ASSERT_EQ(0, close(low));
		/* the mapping alone keeps the module */
		EXPECT_EQ(-EAGAIN, module_unload("vtl0", false));
		ASSERT_EQ(0, munmap(p, BLOCKS(4)));
		ASSERT_EQ(0, module_unload("vtl0", false));
		EXPECT_FALSE(iomem_has(start, BLOCKS(4), "vtl0"));
		ASSERT_EQ(0, module_load("vtl0", ""));
	}
}

TEST_F(module, remove_twice)
{
	int ctl = open_control();

	ASSERT_LE(0, ctl);
	ASSERT_EQ(0, add_range(ctl, EMPTY_BASE, BLOCKS(4), 0));
	EXPECT_EQ(0, remove_range(ctl, EMPTY_BASE, BLOCKS(4)));
	EXPECT_EQ(-ENOENT, remove_range(ctl, EMPTY_BASE, BLOCKS(4)));
	EXPECT_EQ(0, close(ctl));
	EXPECT_EQ(0, module_unload("vtl0", false));
	EXPECT_EQ(-ENOENT, module_unload("vtl0", false));
}

TEST_F(module, load_twice)
{
	EXPECT_EQ(-EEXIST, module_load("vtl0", ""));
	EXPECT_TRUE(exists("/dev/vtl0"));
}

TEST_F_TIMEOUT(module, mshv_names, SLOW)
{
	struct mshv_vtl_ram_disposition ram = {
		.start_pfn = EMPTY_BASE >> 12,
		.last_pfn = (EMPTY_BASE + BLOCKS(4)) >> 12,
	};
	u64 start, length;
	int mshv, vtl, low;
	struct stat st;
	char *p;

	ASSERT_EQ(0, module_unload("vtl0", false));
	ASSERT_EQ(0, module_load("vtl0", "mshv_names=1"));
	EXPECT_TRUE(exists("/dev/vtl0") && exists("/dev/vtl0_low"));
	ASSERT_EQ(0, stat("/dev/mshv", &st));
	EXPECT_EQ(S_IFCHR | 0600, st.st_mode);
	ASSERT_EQ(0, stat("/dev/mshv_vtl_low", &st));
	EXPECT_EQ(S_IFCHR | 0600, st.st_mode);
	if (!env_range(1, &start, &length)) {
		ram.start_pfn = start >> 12;
		ram.last_pfn = (start + BLOCKS(4)) >> 12;
	}
	mshv = open("/dev/mshv", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, mshv);
	vtl = vtl0_ioctl(mshv, MSHV_CREATE_VTL, NULL);
	ASSERT_LE(0, vtl);
	ASSERT_EQ(0, vtl0_ioctl(vtl, MSHV_ADD_VTL0_MEMORY, &ram));
	low = open("/dev/mshv_vtl_low", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, low);
	p = map_low(low, ram.start_pfn << 12, BLOCKS(4), PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, (void *)p);
	if (ram.start_pfn == start >> 12) {
		EXPECT_EQ(0, touch_write(p));
	}
	/* both pairs of names are one driver */
	close(mshv);
	mshv = open_control();
	EXPECT_EQ(1, list_ranges(mshv, NULL, 0));
	munmap(p, BLOCKS(4));
	close(low);
	close(vtl);
	close(mshv);
	ASSERT_EQ(0, module_unload("vtl0", false));
	EXPECT_TRUE(nothing_of_it());
}

TEST_F(module, bad_parameter)
{
	ASSERT_EQ(0, module_unload("vtl0", true));
	EXPECT_EQ(-EINVAL, module_load("vtl0", "mshv_names=perhaps"));
	EXPECT_TRUE(nothing_of_it());
}

/* Does the log have the line that names what to install? */
static bool kernel_is_refused(int log)
{
	char record[8192] = "";
	ssize_t n;

	while ((n = read(log, record, sizeof(record) - 1)) > 0) {
		record[n] = '\0';
		if (strstr(record, "vtl0: this kernel can lose data") &&
		    strstr(record, "install 6.12.88 or later") &&
		    strstr(record, "or load with allow_data_loss=1"))
			return true;
	}
	return false;
}

TEST_F(module, refuses_kernel_that_loses_data)
{
	int file = module_file("refusing_bio"), log;

	if (file < 0)
		SKIP(return, "needs CONFIG_KPROBES");
	ASSERT_EQ(0, module_unload("vtl0", true));
	ASSERT_EQ(0, module_load_fd(file, ""));
	log = watch_log();
	ASSERT_LE(0, log);
	EXPECT_EQ(-EOPNOTSUPP, module_load("vtl0", ""));
	EXPECT_TRUE(nothing_of_it());
	EXPECT_TRUE(kernel_is_refused(log));
	EXPECT_EQ(0, module_load("vtl0", "allow_data_loss=1"));
	EXPECT_TRUE(exists("/dev/vtl0"));
	EXPECT_FALSE(kernel_is_refused(log));
	close(log);
	close(file);
	EXPECT_EQ(0, module_unload("vtl0", true));
	EXPECT_EQ(0, module_unload("refusing_bio", true));
}

/* The module reads the parameter once, so it cannot be written later. */
TEST_F(module, parameter_is_read_only)
{
	struct stat st;
	char text[8];

	ASSERT_EQ(0, stat(LOADED "/parameters/mshv_names", &st));
	EXPECT_EQ(0444, st.st_mode & 0777);
	ASSERT_LT(0, read_file(LOADED "/parameters/mshv_names", text, sizeof(text)));
	EXPECT_STREQ("N\n", text);
}

/* The loader's allocations for sysfs that are left out, see below. */
#define MARGIN 16

/*
 * Every allocation fails in turn, those of init and of each of four nodes after
 * the other. The kernel itself warns when it cannot register trace events, which
 * comes before the parameters are parsed, so that is left out: a bad parameter
 * tells how many allocations that are. There are some 800, which takes minutes: so every
 * 23rd of them unless EVERY_ALLOCATION is in the environment. The nodes are made alike, and
 * a prime number finds another one of the steps of each.
 */
TEST_F_TIMEOUT(module, init_failures, 900)
{
	unsigned int step = getenv("EVERY_ALLOCATION") ? 1 : 23;
	unsigned int nth, failed = 0, survived = 0;
	bool hit = true;
	int fd;

	if (!have_fail_nth())
		SKIP(return, "this kernel has no fault injection");
	fd = module_file("vtl0");
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, module_unload("vtl0", true));
	/* once for memory that is only allocated the first time */
	ASSERT_EQ(-EINVAL, module_load_fd(fd, "mshv_names=perhaps"));
	count_allocations();
	ASSERT_EQ(-EINVAL, module_load_fd(fd, "mshv_names=perhaps"));
	nth = counted_allocations() + MARGIN;
	count_allocations();
	ASSERT_EQ(0, module_load_fd(fd, "mshv_names=1"));
	TH_LOG("allocations %u to %u", nth, counted_allocations());
	ASSERT_EQ(0, module_unload("vtl0", false));
	for (; hit; nth += step) {
		int ret;

		fail_nth(nth);
		ret = module_load_fd(fd, "mshv_names=1");
		hit = fail_nth_hit();
		if (ret) {
			ASSERT_TRUE(hit)
				TH_LOG("loading without a failure: %s", strerror(-ret));
			failed++;
			ASSERT_TRUE(nothing_of_it())
				TH_LOG("left behind by failure %u", nth);
			continue;
		}
		/* not fatal, or none: all nodes are there and it can go */
		survived++;
		EXPECT_TRUE(exists("/dev/vtl0") && exists("/dev/mshv_vtl_low"));
		ASSERT_EQ(0, module_unload("vtl0", false));
		ASSERT_TRUE(nothing_of_it());
	}
	TH_LOG("%u failures were fatal, %u were not", failed, survived - 1);
	EXPECT_LT(5, failed);
	close(fd);
}

TEST_HARNESS_MAIN
