// SPDX-License-Identifier: GPL-2.0
/*
 * The rules that hold for all ioctls of the control node.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "common.h"

#define NR_CMDS 7
#define END(type, member) (offsetof(type, member) + sizeof(((type *)0)->member))

static const struct {
	const char *name;
	unsigned long cmd;
	u32 size;
	/* what the structure had at first */
	u32 min_size;
	u32 known_flags;
} cmds[NR_CMDS] = {
	{ "add", VTL0_ADD, sizeof(struct vtl0_add), END(struct vtl0_add, conflict_length), 0x3ff },
	{ "remove", VTL0_REMOVE, sizeof(struct vtl0_remove), sizeof(struct vtl0_remove),
	  VTL0_REMOVE_PART },
	{ "query", VTL0_QUERY, sizeof(struct vtl0_query), sizeof(struct vtl0_query),
	  VTL0_QUERY_CHUNKS | VTL0_QUERY_WINDOWS },
	{ "info", VTL0_INFO, sizeof(struct vtl0_info), sizeof(struct vtl0_info), 0 },
	{ "plan", VTL0_PLAN, sizeof(struct vtl0_plan), sizeof(struct vtl0_plan), 0x87 },
	{ "open", VTL0_OPEN, sizeof(struct vtl0_open), sizeof(struct vtl0_open),
	  VTL0_OPEN_WRITE },
	{ "window", VTL0_WINDOW, sizeof(struct vtl0_window),
	  END(struct vtl0_window, conflict_length), VTL0_WINDOW_DROP | VTL0_WINDOW_COOKIE },
};

FIXTURE(abi) {
	int ctl;
	u64 buf[2 * PAGE_BYTES / 8];
	struct vtl0_range_info ranges[64];
};

FIXTURE_SETUP(abi)
{
	self->ctl = open_control();
	ASSERT_LE(0, self->ctl);
}

FIXTURE_TEARDOWN(abi)
{
	close(self->ctl);
	EXPECT_NOTHING_LEFT();
}

/* A call that succeeds; for ADD it registers PMD_BYTES. */
static void valid_arg(unsigned int i, void *buf, struct vtl0_range_info *entries)
{
	struct vtl0_add *add = buf;
	struct vtl0_remove *remove = buf;
	struct vtl0_query *query = buf;
	struct vtl0_plan *plan = buf;
	struct vtl0_open *open = buf;
	struct vtl0_window *window = buf;

	memset(buf, 0, 2 * PAGE_BYTES);
	switch (cmds[i].cmd) {
	case VTL0_ADD:
		add->start = EMPTY_BASE;
		add->length = PMD_BYTES;
		break;
	case VTL0_REMOVE:
		remove->start = EMPTY_BASE;
		remove->length = PMD_BYTES;
		break;
	case VTL0_QUERY:
		query->buf = (uintptr_t)entries;
		query->entry_size = sizeof(*entries);
		query->count = 1;
		break;
	case VTL0_PLAN:
		plan->start = EMPTY_BASE;
		plan->length = PMD_BYTES;
		break;
	case VTL0_OPEN:
		open->start = EMPTY_BASE;
		open->length = PMD_BYTES;
		break;
	case VTL0_WINDOW:
		window->start = EMPTY_BASE;
		window->length = PMD_BYTES;
		break;
	}
	*(u32 *)buf = cmds[i].size;
}

static bool needs_range(unsigned int i)
{
	return cmds[i].cmd == VTL0_REMOVE || cmds[i].cmd == VTL0_OPEN;
}

static int call(int ctl, unsigned int i, void *buf)
{
	int ret;

	if (needs_range(i)) {
		ret = add_range(ctl, EMPTY_BASE, PMD_BYTES, 0);
		if (ret)
			return ret;
	}
	ret = vtl0_ioctl(ctl, cmds[i].cmd, buf);
	if (cmds[i].cmd == VTL0_OPEN && !ret)
		close(((struct vtl0_open *)buf)->fd);
	if (cmds[i].cmd != VTL0_REMOVE || ret)
		remove_range(ctl, EMPTY_BASE, PMD_BYTES);
	return ret;
}

TEST_F(abi, size_too_small)
{
	for (unsigned int i = 0; i < NR_CMDS; i++) {
		u32 sizes[] = { 0, 1, 7, 8, cmds[i].min_size - 8, cmds[i].min_size - 1 };

		for (unsigned int j = 0; j < ARRAY_SIZE(sizes); j++) {
			valid_arg(i, self->buf, self->ranges);
			*(u32 *)self->buf = sizes[j];
			EXPECT_EQ(-EINVAL, call(self->ctl, i, self->buf))
				TH_LOG("%s with size %u", cmds[i].name, sizes[j]);
		}
		valid_arg(i, self->buf, self->ranges);
		*(u32 *)self->buf = cmds[i].min_size;
		EXPECT_EQ(0, call(self->ctl, i, self->buf))
			TH_LOG("%s", cmds[i].name);
	}
}

TEST_F(abi, larger_size_with_zero_tail)
{
	for (unsigned int i = 0; i < NR_CMDS; i++) {
		u32 sizes[] = { cmds[i].size + 1, cmds[i].size + 8, PAGE_BYTES - 1, PAGE_BYTES };

		for (unsigned int j = 0; j < ARRAY_SIZE(sizes); j++) {
			valid_arg(i, self->buf, self->ranges);
			*(u32 *)self->buf = sizes[j];
			EXPECT_EQ(0, call(self->ctl, i, self->buf))
				TH_LOG("%s with size %u", cmds[i].name, sizes[j]);
			EXPECT_EQ(sizes[j], *(u32 *)self->buf);
		}
	}
}

TEST_F(abi, larger_size_with_other_tail)
{
	for (unsigned int i = 0; i < NR_CMDS; i++) {
		u32 sizes[] = { cmds[i].size + 1, cmds[i].size + 8, PAGE_BYTES };

		for (unsigned int j = 0; j < ARRAY_SIZE(sizes); j++) {
			valid_arg(i, self->buf, self->ranges);
			*(u32 *)self->buf = sizes[j];
			((char *)self->buf)[sizes[j] - 1] = 1;
			EXPECT_EQ(-E2BIG, call(self->ctl, i, self->buf))
				TH_LOG("%s with size %u", cmds[i].name, sizes[j]);
		}
		/* bytes behind the size do not matter */
		valid_arg(i, self->buf, self->ranges);
		((char *)self->buf)[cmds[i].size] = 1;
		EXPECT_EQ(0, call(self->ctl, i, self->buf))
			TH_LOG("%s", cmds[i].name);
		EXPECT_EQ(1, ((char *)self->buf)[cmds[i].size]);
	}
}

TEST_F(abi, larger_size_than_a_page)
{
	for (unsigned int i = 0; i < NR_CMDS; i++) {
		u32 sizes[] = { PAGE_BYTES + 1, 2 * PAGE_BYTES, 1U << 31, UINT32_MAX };

		for (unsigned int j = 0; j < ARRAY_SIZE(sizes); j++) {
			valid_arg(i, self->buf, self->ranges);
			*(u32 *)self->buf = sizes[j];
			EXPECT_EQ(-E2BIG, call(self->ctl, i, self->buf))
				TH_LOG("%s with size %u", cmds[i].name, sizes[j]);
		}
	}
}

TEST_F(abi, unknown_flags)
{
	for (unsigned int i = 0; i < NR_CMDS; i++) {
		for (unsigned int bit = 0; bit < 32; bit++) {
			if (cmds[i].known_flags & 1U << bit)
				continue;
			valid_arg(i, self->buf, self->ranges);
			((u32 *)self->buf)[1] = 1U << bit;
			EXPECT_EQ(-EOPNOTSUPP, call(self->ctl, i, self->buf))
				TH_LOG("%s with flag %u", cmds[i].name, bit);
		}
	}
}

TEST_F(abi, bad_pointer)
{
	char *two = mmap(NULL, 2 * PAGE_BYTES, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *edge;

	ASSERT_NE(MAP_FAILED, (void *)two);
	ASSERT_EQ(0, munmap(two + PAGE_BYTES, PAGE_BYTES));
	for (unsigned int i = 0; i < NR_CMDS; i++) {
		EXPECT_EQ(-EFAULT, call(self->ctl, i, NULL));
		EXPECT_EQ(-EFAULT, call(self->ctl, i, (void *)0xffff888000000000ULL));
		/* the last byte is missing */
		valid_arg(i, self->buf, self->ranges);
		edge = two + PAGE_BYTES - cmds[i].size + 1;
		memcpy(edge, self->buf, cmds[i].size - 1);
		EXPECT_EQ(-EFAULT, call(self->ctl, i, edge))
			TH_LOG("%s", cmds[i].name);
		/* and the tail that must be zero */
		edge = two + PAGE_BYTES - cmds[i].size;
		memcpy(edge, self->buf, cmds[i].size);
		*(u32 *)edge = cmds[i].size + 8;
		EXPECT_EQ(-EFAULT, call(self->ctl, i, edge))
			TH_LOG("%s", cmds[i].name);
	}
}

/* A result that cannot be told must not come about. */
TEST_F(abi, read_only_argument)
{
	void *page = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);

	ASSERT_NE(MAP_FAILED, page);
	for (unsigned int i = 0; i < NR_CMDS; i++) {
		valid_arg(i, self->buf, self->ranges);
		ASSERT_EQ(0, mprotect(page, PAGE_BYTES, PROT_READ | PROT_WRITE));
		memcpy(page, self->buf, cmds[i].size);
		ASSERT_EQ(0, mprotect(page, PAGE_BYTES, PROT_READ));
		if (needs_range(i)) {
			ASSERT_EQ(0, add_range(self->ctl, EMPTY_BASE, PMD_BYTES, 0));
		}
		EXPECT_EQ(-EFAULT, vtl0_ioctl(self->ctl, cmds[i].cmd, page))
			TH_LOG("%s", cmds[i].name);
		/* after ADD nothing, after REMOVE it is still there */
		EXPECT_EQ(needs_range(i), list_ranges(self->ctl, self->ranges, 64))
			TH_LOG("%s", cmds[i].name);
		remove_range(self->ctl, EMPTY_BASE, PMD_BYTES);
	}
}

TEST_F(abi, unknown_ioctls)
{
	EXPECT_EQ(-ENOTTY, vtl0_ioctl(self->ctl, _IO(VTL0_IOCTL_TYPE, 0x07), self->buf));
	EXPECT_EQ(-ENOTTY, vtl0_ioctl(self->ctl, _IO(VTL0_IOCTL_TYPE, 0xff), self->buf));
	EXPECT_EQ(-ENOTTY, vtl0_ioctl(self->ctl, _IOW(VTL0_IOCTL_TYPE, 0x00, u32), self->buf));
	EXPECT_EQ(-ENOTTY, vtl0_ioctl(self->ctl, 0, self->buf));
}

TEST_F(abi, nodes_need_privilege)
{
	pid_t pid = fork();
	int status;

	ASSERT_LE(0, pid);
	if (!pid) {
		/* the node may be world-writable, so its mode does not refuse this */
		if (chmod("/dev/vtl0", 0666) || chmod("/dev/vtl0_low", 0666) || setuid(65534))
			_exit(1);
		if (open_control() != -EPERM)
			_exit(2);
		if (open_low(O_RDWR) != -EPERM || open_low(O_RDONLY) != -EPERM)
			_exit(3);
		_exit(0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, chmod("/dev/vtl0", 0600));
	EXPECT_EQ(0, chmod("/dev/vtl0_low", 0600));
}

TEST_F(abi, remove_errors)
{
	ASSERT_EQ(0, add_range(self->ctl, EMPTY_BASE, 2 * PMD_BYTES, 0));
	EXPECT_EQ(-EINVAL, remove_range(self->ctl, EMPTY_BASE, 0));
	EXPECT_EQ(-ENOENT, remove_range(self->ctl, EMPTY_BASE, PMD_BYTES));
	EXPECT_EQ(-ENOENT, remove_range(self->ctl, EMPTY_BASE + PMD_BYTES, PMD_BYTES));
	EXPECT_EQ(-ENOENT, remove_range(self->ctl, EMPTY_BASE, 3 * PMD_BYTES));
	EXPECT_EQ(-ENOENT, remove_range(self->ctl, EMPTY_BASE + 2 * PMD_BYTES, 2 * PMD_BYTES));
	EXPECT_EQ(-ENOENT, remove_range(self->ctl, EMPTY_BASE | 1ULL << 63, 2 * PMD_BYTES));
	EXPECT_EQ(-ENOENT, remove_range(self->ctl, UINT64_MAX, UINT64_MAX));
	EXPECT_EQ(1, list_ranges(self->ctl, self->ranges, 64));
	EXPECT_EQ(0, remove_range(self->ctl, EMPTY_BASE, 2 * PMD_BYTES));
	EXPECT_EQ(-ENOENT, remove_range(self->ctl, EMPTY_BASE, 2 * PMD_BYTES));
}

TEST_HARNESS_MAIN
