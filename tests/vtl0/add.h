/* SPDX-License-Identifier: GPL-2.0 */
/* Helpers of the tests of VTL0_ADD. Include kselftest_harness.h before. */
#ifndef _VTL0_SELFTESTS_ADD_H
#define _VTL0_SELFTESTS_ADD_H

#include <unistd.h>

#include "common.h"

FIXTURE(add) {
	int ctl;
	int log;
	u32 taint;
	u64 max_address;
	/* the two windows of RAM */
	u64 start[2];
	u64 length[2];
	struct vtl0_range_info ranges[64];
};

FIXTURE_SETUP(add)
{
	struct vtl0_info info = { };

	self->ctl = open_control();
	ASSERT_LE(0, self->ctl);
	self->log = watch_log();
	ASSERT_LE(0, self->log);
	self->taint = taint();
	ASSERT_EQ(0, cmd_info(self->ctl, &info));
	self->max_address = info.max_address;
	for (int i = 0; i < 2; i++)
		env_range(i, &self->start[i], &self->length[i]);
}

/* For every test here: nothing was worth a line in the kernel log. */
FIXTURE_TEARDOWN(add)
{
	char line[256] = "";

	/* a test that failed in the middle has left it */
	module_unload("reserved_child", true);
	close(self->ctl);
	EXPECT_NOTHING_LEFT();
	EXPECT_FALSE(log_complaint(self->log, line, sizeof(line)))
		TH_LOG("%s", line);
	EXPECT_EQ(self->taint, taint());
	close(self->log);
}

#define NEED_WINDOW(n) do {						\
	if (!self->length[n])						\
		SKIP(return, "window %d of RAM is missing (memmap=SIZE$START)", n); \
} while (0)

#define NEED_ADDRESS(last) do {						\
	if (self->max_address < (last))					\
		SKIP(return, "the processor's addresses end at %#llx",	\
		     (unsigned long long)self->max_address);		\
} while (0)

/* Errors must leave nothing. */
#define EXPECT_REFUSED(error, start, length) do {			\
	EXPECT_EQ(error, add_range(self->ctl, start, length, 0));	\
	EXPECT_EQ(0, list_ranges(self->ctl, self->ranges, 64));		\
} while (0)

#endif /* _VTL0_SELFTESTS_ADD_H */
