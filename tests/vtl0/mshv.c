// SPDX-License-Identifier: GPL-2.0
/* The three ioctls of mshv_vtl, as a VMM written for it uses them. */
#include <errno.h>
#include <fcntl.h>
#include <linux/mshv.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "common.h"

#define PFN(address) ((address) >> 12)

FIXTURE(mshv) {
	int ctl;
	int vtl;
	/* the two files that take MSHV_ADD_VTL0_MEMORY */
	int fds[2];
	struct vtl0_range_info r;
};

FIXTURE_SETUP(mshv)
{
	self->ctl = open_control();
	ASSERT_LE(0, self->ctl);
	self->vtl = vtl0_ioctl(self->ctl, MSHV_CREATE_VTL, NULL);
	ASSERT_LE(0, self->vtl);
	self->fds[0] = self->ctl;
	self->fds[1] = self->vtl;
}

FIXTURE_TEARDOWN(mshv)
{
	close(self->vtl);
	close(self->ctl);
	EXPECT_NOTHING_LEFT();
}

static int add_pfns(int fd, u64 start_pfn, u64 last_pfn)
{
	struct mshv_vtl_ram_disposition arg = { .start_pfn = start_pfn, .last_pfn = last_pfn };

	return vtl0_ioctl(fd, MSHV_ADD_VTL0_MEMORY, &arg);
}

TEST_F(mshv, check_extension)
{
	for (u32 cap = 0; cap < 64; cap++) {
		u32 arg = cap;
		bool known = cap == MSHV_CAP_CORE_API_STABLE || cap == MSHV_CAP_REGISTER_PAGE ||
			     cap == MSHV_CAP_VTL_RETURN_ACTION || cap == MSHV_CAP_DR6_SHARED;

		EXPECT_EQ(known ? 0 : -EOPNOTSUPP,
			  vtl0_ioctl(self->ctl, MSHV_CHECK_EXTENSION, &arg))
			TH_LOG("capability %u", cap);
	}
	EXPECT_EQ(-EFAULT, vtl0_ioctl(self->ctl, MSHV_CHECK_EXTENSION, NULL));
}

TEST_F(mshv, other_ioctls)
{
	u64 buf[16] = { };

	EXPECT_EQ(-ENOTTY, vtl0_ioctl(self->ctl, MSHV_CREATE_VP, buf));
	EXPECT_EQ(-ENOTTY, vtl0_ioctl(self->vtl, MSHV_CREATE_VTL, buf));
	EXPECT_EQ(-ENOTTY, vtl0_ioctl(self->vtl, MSHV_CHECK_EXTENSION, buf));
	EXPECT_EQ(-ENOTTY, vtl0_ioctl(self->vtl, VTL0_INFO, buf));
	EXPECT_EQ(-ENOTTY, vtl0_ioctl(self->vtl, MSHV_CREATE_VP, buf));
}

TEST_F(mshv, vtl_file_is_closed_on_exec)
{
	EXPECT_EQ(FD_CLOEXEC, fcntl(self->vtl, F_GETFD));
}

/* "last" is the first one behind the range. */
TEST_F(mshv, end_is_exclusive)
{
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, add_pfns(self->fds[i], PFN(EMPTY_BASE), PFN(EMPTY_BASE + BLOCKS(4))));
		ASSERT_EQ(0, find_range(self->ctl, EMPTY_BASE, &self->r));
		EXPECT_EQ(BLOCKS(4), self->r.length);
		EXPECT_EQ(VTL0_RANGE_PERSIST, self->r.flags);
		EXPECT_EQ(0, self->r.owners);
		/* so two that follow each other do not overlap */
		ASSERT_EQ(0, add_pfns(self->fds[i], PFN(EMPTY_BASE + BLOCKS(4)),
				      PFN(EMPTY_BASE + BLOCKS(8))));
		ASSERT_EQ(0, remove_range(self->ctl, EMPTY_BASE, BLOCKS(4)));
		ASSERT_EQ(0, remove_range(self->ctl, EMPTY_BASE + BLOCKS(4), BLOCKS(4)));
	}
}

TEST_F(mshv, last_not_behind_start)
{
	for (int i = 0; i < 2; i++) {
		EXPECT_EQ(-EINVAL, add_pfns(self->fds[i], PFN(EMPTY_BASE), PFN(EMPTY_BASE)));
		EXPECT_EQ(-EINVAL, add_pfns(self->fds[i], PFN(EMPTY_BASE), PFN(EMPTY_BASE) - 1));
		EXPECT_EQ(-EINVAL, add_pfns(self->fds[i], PFN(EMPTY_BASE), 0));
		EXPECT_EQ(-EINVAL, add_pfns(self->fds[i], 0, 0));
		EXPECT_EQ(-EFAULT, vtl0_ioctl(self->fds[i], MSHV_ADD_VTL0_MEMORY, NULL));
		EXPECT_EQ(0, list_ranges(self->ctl, &self->r, 1));
	}
}

TEST_F(mshv, pfns_out_of_range)
{
	u64 start = 0, length;

	env_range(1, &start, &length);
	for (int i = 0; i < 2; i++) {
		EXPECT_EQ(-EOVERFLOW, add_pfns(self->fds[i], 1ULL << 52, (1ULL << 52) + 512));
		EXPECT_EQ(-EOVERFLOW, add_pfns(self->fds[i], PFN(EMPTY_BASE), 1ULL << 52));
		EXPECT_EQ(-EOVERFLOW, add_pfns(self->fds[i], PFN(EMPTY_BASE), UINT64_MAX));
		/* a range that would wrap to a window that is free */
		EXPECT_EQ(-EOVERFLOW, add_pfns(self->fds[i], 1ULL << 52 | PFN(start),
					       1ULL << 52 | PFN(start + BLOCKS(1))));
		EXPECT_EQ(-ERANGE, add_pfns(self->fds[i], 1ULL << 40, (1ULL << 40) + 512));
		EXPECT_EQ(-ERANGE, add_pfns(self->fds[i], PFN(EMPTY_BASE), 1ULL << 50));
		EXPECT_EQ(0, list_ranges(self->ctl, &self->r, 1));
	}
}

/* A VMM that comes back adds everything again, and upstream's does not look at errors. */
TEST_F(mshv, again_after_restart)
{
	u32 id;

	ASSERT_EQ(0, add_pfns(self->vtl, PFN(EMPTY_BASE), PFN(EMPTY_BASE + BLOCKS(4))));
	ASSERT_EQ(0, find_range(self->ctl, EMPTY_BASE, &self->r));
	id = self->r.id;
	for (int i = 0; i < 3; i++) {
		close(self->vtl);
		close(self->ctl);
		self->ctl = open_control();
		ASSERT_LE(0, self->ctl);
		self->vtl = vtl0_ioctl(self->ctl, MSHV_CREATE_VTL, NULL);
		ASSERT_LE(0, self->vtl);
		ASSERT_EQ(0, find_range(self->ctl, EMPTY_BASE, &self->r));
		ASSERT_EQ(0, add_pfns(self->vtl, PFN(EMPTY_BASE), PFN(EMPTY_BASE + BLOCKS(4))));
		ASSERT_EQ(0, add_pfns(self->ctl, PFN(EMPTY_BASE), PFN(EMPTY_BASE + BLOCKS(4))));
	}
	ASSERT_EQ(1, list_ranges(self->ctl, &self->r, 1));
	EXPECT_EQ(id, self->r.id);
	EXPECT_EQ(VTL0_RANGE_PERSIST, self->r.flags);
	EXPECT_EQ(0, remove_range(self->ctl, EMPTY_BASE, BLOCKS(4)));
}

/* Added by VTL0_ADD first, it stays all the same. */
TEST_F(mshv, makes_persistent)
{
	int other = open_control();

	ASSERT_LE(0, other);
	ASSERT_EQ(0, add_range(other, EMPTY_BASE, BLOCKS(4), 0));
	ASSERT_EQ(0, add_pfns(self->vtl, PFN(EMPTY_BASE), PFN(EMPTY_BASE + BLOCKS(4))));
	close(other);
	EXPECT_EQ(0, find_range(self->ctl, EMPTY_BASE, &self->r));
	EXPECT_EQ(0, remove_range(self->ctl, EMPTY_BASE, BLOCKS(4)));
}

/* What is registered already is skipped, and the gaps are added. */
TEST_F(mshv, overlap_is_covered)
{
	ASSERT_EQ(0, add_pfns(self->vtl, PFN(EMPTY_BASE), PFN(EMPTY_BASE + BLOCKS(4))));
	EXPECT_EQ(0, add_pfns(self->vtl, PFN(EMPTY_BASE), PFN(EMPTY_BASE + BLOCKS(2))));
	EXPECT_EQ(1, list_ranges(self->ctl, &self->r, 1));
	EXPECT_EQ(0, add_pfns(self->vtl, PFN(EMPTY_BASE + BLOCKS(2)), PFN(EMPTY_BASE + BLOCKS(6))));
	EXPECT_EQ(2, list_ranges(self->ctl, &self->r, 1));
	EXPECT_EQ(0, remove_range(self->ctl, EMPTY_BASE, BLOCKS(4)));
	EXPECT_EQ(0, remove_range(self->ctl, EMPTY_BASE + BLOCKS(4), BLOCKS(2)));
}

/* On isolated platforms bit 51 of a pfn is the shared alias. */
TEST_F(mshv, shared_alias)
{
	u64 alias = 1ULL << 51;

	for (int i = 0; i < 2; i++) {
		EXPECT_EQ(-EOPNOTSUPP, add_pfns(self->fds[i], alias | PFN(EMPTY_BASE),
						alias | PFN(EMPTY_BASE + BLOCKS(4))));
		EXPECT_EQ(-EOPNOTSUPP, add_pfns(self->fds[i], alias, alias + 512));
		EXPECT_EQ(0, list_ranges(self->ctl, &self->r, 1));
	}
	/* also when the plain one is registered */
	ASSERT_EQ(0, add_pfns(self->vtl, PFN(EMPTY_BASE), PFN(EMPTY_BASE + BLOCKS(4))));
	EXPECT_EQ(-EOPNOTSUPP, add_pfns(self->vtl, alias | PFN(EMPTY_BASE),
					alias | PFN(EMPTY_BASE + BLOCKS(4))));
	EXPECT_EQ(0, remove_range(self->ctl, EMPTY_BASE, BLOCKS(4)));
}

TEST_F(mshv, unaligned_edges)
{
	u64 start = EMPTY_BASE + BLOCKS(1) / 2, length = BLOCKS(4) - PAGE_BYTES;

	EXPECT_EQ(0, add_pfns(self->vtl, PFN(start), PFN(start + length)));
	ASSERT_EQ(1, list_ranges(self->ctl, &self->r, 1));
	EXPECT_EQ(start, self->r.start);
	EXPECT_EQ(length, self->r.length);
	EXPECT_EQ(3, self->r.nr_chunks);
	EXPECT_EQ(0, remove_range(self->ctl, start, length));
}

/* Pfns are of 4 KiB also where pages are larger, and half a page cannot be registered. */
TEST_F(mshv, edge_within_a_page)
{
	u64 first = PFN(EMPTY_BASE), end = PFN(EMPTY_BASE + BLOCKS(1));

	if (PAGE_BITS == 12)
		SKIP(return, "pages have the size of a pfn");
	EXPECT_EQ(-EINVAL, add_pfns(self->vtl, first + 1, end));
	EXPECT_EQ(-EINVAL, add_pfns(self->vtl, first, end - 1));
	EXPECT_EQ(0, list_ranges(self->ctl, &self->r, 1));
}

TEST_F(mshv, system_ram)
{
	u64 start, length;

	ASSERT_EQ(0, iomem_find("System RAM", BLOCKS(2), &start, &length));
	EXPECT_EQ(-EBUSY, add_pfns(self->vtl, PFN(start), PFN(start + BLOCKS(1))));
	EXPECT_EQ(0, list_ranges(self->ctl, &self->r, 1));
}

/* The whole way of such a VMM, up to a mapping by pfn. */
TEST_F(mshv, add_and_map)
{
	int low = open_low(O_RDWR);
	u64 start, length;
	char *p;

	ASSERT_LE(0, low);
	if (env_range(1, &start, &length))
		SKIP(return, "window 1 of RAM is missing (memmap=SIZE$START)");
	ASSERT_EQ(0, add_pfns(self->vtl, PFN(start), PFN(start + BLOCKS(4))));
	p = map_low(low, start, BLOCKS(4), PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, (void *)p);
	fill_pattern(p, BLOCKS(4), 1);
	EXPECT_TRUE(check_pattern(p, BLOCKS(4), 1));
	munmap(p, BLOCKS(4));
	close(low);
	EXPECT_EQ(0, remove_range(self->ctl, start, BLOCKS(4)));
}

TEST_HARNESS_MAIN
