// SPDX-License-Identifier: GPL-2.0
/*
 * VTL0_ADD_COVER, and MSHV_ADD_VTL0_MEMORY, which does the same: afterwards every
 * page that was asked for is usable, whatever was there before.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/mshv.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "map.h"

#define PFN(address) ((address) >> 12)

FIXTURE(cover) {
	int ctl;
	int low;
	/* RAM: 32 blocks of window 1, which is Reserved */
	u64 start;
	struct vtl0_range_info r[16];
};

FIXTURE_SETUP(cover)
{
	u64 length;

	self->ctl = open_control();
	ASSERT_LE(0, self->ctl);
	self->low = open_low(O_RDWR);
	ASSERT_LE(0, self->low);
	if (env_range(1, &self->start, &length) || length < BLOCKS(32))
		SKIP(return, "window 1 of RAM is missing (memmap=SIZE$START)");
}

FIXTURE_TEARDOWN(cover)
{
	/* a test that failed in the middle has left it */
	module_unload("reserved_child", true);
	close(self->low);
	close(self->ctl);
	EXPECT_NOTHING_LEFT();
}

static int cover(int fd, u64 start, u64 length, struct vtl0_add *arg)
{
	*arg = (struct vtl0_add) {
		.flags = VTL0_ADD_COVER, .start = start, .length = length,
	};
	return cmd_add(fd, arg);
}

/* Every page from @start can be written and read; nothing beside it can be touched. */
static bool usable(int low, u64 start, u64 length)
{
	char *p = map_low(low, start - PAGE_BYTES, length + 2 * PAGE_BYTES,
			  PROT_READ | PROT_WRITE);
	bool ok;

	if (p == MAP_FAILED)
		return false;
	fill_pattern(p + PAGE_BYTES, length, start);
	ok = check_pattern(p + PAGE_BYTES, length, start) &&
	     touch(p) == BUS_ADRERR && touch(p + PAGE_BYTES + length) == BUS_ADRERR;
	munmap(p, length + 2 * PAGE_BYTES);
	return ok;
}

TEST_F_TIMEOUT(cover, gaps_are_added, SLOW)
{
	u64 start = self->start + BLOCKS(1);
	struct vtl0_add arg;

	ASSERT_EQ(0, add_range(self->ctl, start + BLOCKS(2), BLOCKS(1), 0));
	ASSERT_EQ(0, add_range(self->ctl, start + BLOCKS(6), BLOCKS(2), 0));
	ASSERT_EQ(0, cover(self->ctl, start, BLOCKS(10), &arg));
	EXPECT_EQ(start, arg.added_start);
	EXPECT_EQ(BLOCKS(10), arg.added_length);
	EXPECT_EQ(3, arg.nr_chunks);
	ASSERT_EQ(5, list_ranges(self->ctl, self->r, 16));
	EXPECT_EQ(self->r[0].id, arg.id);
	EXPECT_EQ(start, self->r[0].start);
	EXPECT_EQ(BLOCKS(2), self->r[0].length);
	EXPECT_EQ(start + BLOCKS(8), self->r[4].start);
	EXPECT_TRUE(usable(self->low, start, BLOCKS(10)));
	/* and once more, in other pieces */
	ASSERT_EQ(0, cover(self->ctl, start + BLOCKS(5) / 2, BLOCKS(9) / 2, &arg));
	EXPECT_EQ(0, arg.nr_chunks);
	EXPECT_EQ(self->r[1].id, arg.id);
	EXPECT_EQ(5, list_ranges(self->ctl, self->r, 16));
}

/* The file that covers keeps what was another's. */
TEST_F(cover, what_is_there_gets_an_owner)
{
	int other = open_control();
	struct vtl0_add arg;

	ASSERT_EQ(0, add_range(other, self->start + BLOCKS(1), BLOCKS(1), 0));
	ASSERT_EQ(0, cover(self->ctl, self->start + BLOCKS(1), BLOCKS(2), &arg));
	ASSERT_EQ(2, list_ranges(self->ctl, self->r, 16));
	EXPECT_EQ(2, self->r[0].owners);
	EXPECT_EQ(1, self->r[1].owners);
	close(other);
	ASSERT_EQ(2, list_ranges(self->ctl, self->r, 16));
	EXPECT_EQ(VTL0_STATE_LIVE, self->r[0].state);
}

struct remover {
	int fd;
	u64 start;
	unsigned int delay_us;
	atomic_bool stop;
};

/* Removes two blocks once, after a moment. */
static void *remove_blocks(void *arg)
{
	struct remover *r = arg;
	struct vtl0_remove part = {
		.flags = VTL0_REMOVE_PART, .start = r->start, .length = BLOCKS(2),
	};

	usleep(r->delay_us);
	while (cmd_remove(r->fd, &part) && !r->stop)
		;
	return NULL;
}

static bool has(struct vtl0_range_info *r, int nr, u64 address)
{
	while (nr-- > 0)
		if (r[nr].start <= address && address - r[nr].start < r[nr].length)
			return true;
	return false;
}

/*
 * Three chunks, of which the upper two go while the last one is covered together with memory
 * behind it: what is behind it must be there.
 */
TEST_F_TIMEOUT(cover, part_that_goes_meanwhile, SLOW)
{
	u64 start = self->start + BLOCKS(1), last = start + BLOCKS(2);
	struct remover remover = { .fd = self->ctl, .start = start + BLOCKS(1) };
	struct vtl0_add arg;
	pthread_t thread;
	int round, nr;

	for (round = 0; round < 20; round++) {
		struct vtl0_add add = {
			.flags = VTL0_ADD_CHUNK, .start = start, .length = BLOCKS(3),
			.chunk_length = BLOCKS(1),
		};

		ASSERT_EQ(0, cmd_add(self->ctl, &add));
		remover.stop = false;
		remover.delay_us = round * 2000;
		ASSERT_EQ(0, pthread_create(&thread, NULL, remove_blocks, &remover));
		ASSERT_EQ(0, cover(self->ctl, last, BLOCKS(2), &arg));
		remover.stop = true;
		ASSERT_EQ(0, pthread_join(thread, NULL));
		nr = list_ranges(self->ctl, self->r, 16);
		ASSERT_TRUE(has(self->r, nr, start));
		ASSERT_TRUE(has(self->r, nr, last + BLOCKS(1)))
			TH_LOG("round %d", round);
		for (; nr; nr--)
			ASSERT_EQ(0, remove_range(self->ctl, self->r[nr - 1].start,
						  self->r[nr - 1].length));
	}
}

/* Edges of a page, in one block, at one end, at both, and with a neighbour in the block. */
TEST_F_TIMEOUT(cover, page_edges, SLOW)
{
	static const struct { u64 start, length; } cases[] = {
		{ BLOCKS(1) + PAGE_BYTES, PAGE_BYTES },
		{ BLOCKS(1), PAGE_BYTES },
		{ BLOCKS(2) - PAGE_BYTES, PAGE_BYTES },
		{ BLOCKS(1) + 16 * PAGE_BYTES, BLOCKS(1) },
		{ BLOCKS(1) + PAGE_BYTES, BLOCKS(4) - 2 * PAGE_BYTES },
		{ BLOCKS(1), BLOCKS(2) - PAGE_BYTES },
		{ BLOCKS(2) - PAGE_BYTES, BLOCKS(4) },
	};
	struct vtl0_add arg;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		u64 start = self->start + cases[i].start;

		ASSERT_EQ(0, cover(self->ctl, start, cases[i].length, &arg))
			TH_LOG("case %zu", i);
		ASSERT_EQ(1, list_ranges(self->ctl, self->r, 16));
		EXPECT_EQ(start, self->r[0].start);
		EXPECT_EQ(cases[i].length, self->r[0].length);
		EXPECT_TRUE(iomem_has(start, cases[i].length, "vtl0"));
		EXPECT_TRUE(usable(self->low, start, cases[i].length))
			TH_LOG("case %zu", i);
		ASSERT_EQ(0, remove_range(self->ctl, start, cases[i].length));
	}
}

/* Two ranges with a hole between them, all within one block. */
TEST_F_TIMEOUT(cover, a_block_is_shared, SLOW)
{
	u64 first = self->start + BLOCKS(1) + PAGE_BYTES, hole = self->start + BLOCKS(5) / 2;
	u64 second = hole + 6 * PAGE_BYTES, end = self->start + BLOCKS(9) / 2 + PAGE_BYTES;
	struct vtl0_add arg;

	for (int i = 0; i < 4; i++) {
		ASSERT_EQ(0, cover(self->ctl, first, hole - first, &arg));
		ASSERT_EQ(0, cover(self->ctl, second, end - second, &arg));
		EXPECT_TRUE(usable(self->low, first, hole - first));
		EXPECT_TRUE(usable(self->low, second, end - second));
		/* either may go first; the other one's pages stay */
		if (i & 1) {
			ASSERT_EQ(0, remove_range(self->ctl, first, hole - first));
			EXPECT_TRUE(usable(self->low, second, end - second));
			ASSERT_EQ(0, remove_range(self->ctl, second, end - second));
		} else {
			ASSERT_EQ(0, remove_range(self->ctl, second, end - second));
			EXPECT_TRUE(usable(self->low, first, hole - first));
			ASSERT_EQ(0, remove_range(self->ctl, first, hole - first));
		}
	}
	/* and the hole may be filled */
	ASSERT_EQ(0, cover(self->ctl, first, hole - first, &arg));
	ASSERT_EQ(0, cover(self->ctl, first, end - first, &arg));
	EXPECT_TRUE(usable(self->low, first, end - first));
}

/* A page is added, used and removed, many times. */
static int come_and_go(int low, u64 page)
{
	int ctl = open_control(), ret = 0;
	struct vtl0_add arg;

	for (int i = 0; i < 15 && !ret; i++) {
		ret = cover(ctl, page, PAGE_BYTES, &arg);
		if (!ret && !usable(low, page, PAGE_BYTES))
			ret = -EFAULT;
		ret = ret ?: remove_range(ctl, page, PAGE_BYTES);
	}
	close(ctl);
	return ret;
}

/* The block may lose its last user while another call is about to use it. */
TEST_F_TIMEOUT(cover, parts_of_a_block_come_and_go, SLOW)
{
	u64 block = self->start + BLOCKS(1);
	int status;
	pid_t child;

	child = fork();
	ASSERT_LE(0, child);
	if (!child)
		_exit(-come_and_go(self->low, block + 16 * PAGE_BYTES));
	EXPECT_EQ(0, come_and_go(self->low, block + BLOCKS(1) / 2));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
}

/* Direct I/O from the last page of one range and, in one buffer, over the edge. */
TEST_F_TIMEOUT(cover, direct_io_at_the_edge, SLOW)
{
	u64 start = self->start + BLOCKS(1) + PAGE_BYTES;
	int disk = open_disk(512);
	struct vtl0_add arg;
	char *p;

	if (disk < 0)
		SKIP(return, NO_DISK);
	ASSERT_EQ(0, cover(self->ctl, start, BLOCKS(3), &arg));
	p = map_low(self->low, start, BLOCKS(3), PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(0, direct_io(disk, p, PAGE_BYTES, 1));
	EXPECT_EQ(0, direct_io(disk, p + BLOCKS(3) - PAGE_BYTES, PAGE_BYTES, 2));
	EXPECT_EQ(0, direct_io(disk, p, BLOCKS(3), 3));
	munmap(p, BLOCKS(3));
	close(disk);
	EXPECT_EQ(0, remove_unpinned(self->ctl, start, BLOCKS(3)));
}

/* The other part of the block belongs to the kernel. */
TEST_F(cover, edge_in_a_block_of_system_ram)
{
	struct vtl0_add arg;
	u64 start, length;

	if (iomem_find("System RAM", BLOCKS(8), &start, &length))
		SKIP(return, "no System RAM");
	/* the first page of window 1 is aligned, what lies before may be RAM */
	EXPECT_EQ(-EBUSY, cover(self->ctl, start + BLOCKS(2), PAGE_BYTES, &arg));
	EXPECT_LT(0, arg.conflict_length);
	EXPECT_EQ(0, list_ranges(self->ctl, self->r, 16));
}

/* A driver has a page of the block in which what is covered ends, or begins. */
TEST_F(cover, edge_in_a_block_of_a_driver)
{
	u64 page = self->start + BLOCKS(5) / 2;
	struct vtl0_add arg;
	char command[128];

	snprintf(command, sizeof(command),
		 "modprobe reserved_child busy=1 start=%" PRIu64 " length=%lu", (uint64_t)page,
		 PAGE_BYTES);
	ASSERT_EQ(0, run(command));
	EXPECT_EQ(-EBUSY, cover(self->ctl, self->start + BLOCKS(1),
				BLOCKS(1) + 16 * PAGE_BYTES, &arg));
	EXPECT_EQ(page, arg.conflict_start);
	EXPECT_EQ(PAGE_BYTES, arg.conflict_length);
	EXPECT_EQ(-EBUSY, cover(self->ctl, page + 16 * PAGE_BYTES, BLOCKS(3) / 2, &arg));
	EXPECT_EQ(page, arg.conflict_start);
	/* the blocks on both sides are free */
	EXPECT_EQ(0, cover(self->ctl, self->start + BLOCKS(1), BLOCKS(1), &arg));
	EXPECT_EQ(0, cover(self->ctl, self->start + BLOCKS(3), BLOCKS(1), &arg));
	EXPECT_EQ(2, remove_all(self->ctl));
	ASSERT_EQ(0, run("modprobe -r reserved_child"));
	EXPECT_EQ(0, cover(self->ctl, self->start + BLOCKS(1), BLOCKS(3), &arg));
}

TEST_F(cover, bad_values)
{
	struct vtl0_add arg;

	EXPECT_EQ(-EINVAL, cover(self->ctl, self->start + 512, BLOCKS(1), &arg));
	EXPECT_EQ(self->start + 512, arg.conflict_start);
	EXPECT_EQ(-EINVAL, cover(self->ctl, self->start, BLOCKS(1) + 1, &arg));
	EXPECT_EQ(self->start + BLOCKS(1) + 1, arg.conflict_start);
	EXPECT_EQ(-EINVAL, add_range(self->ctl, self->start, BLOCKS(1),
				     VTL0_ADD_COVER | VTL0_ADD_TRIM));
	EXPECT_EQ(-EINVAL, add_range(self->ctl, self->start, BLOCKS(1),
				     VTL0_ADD_COVER | VTL0_ADD_EXCLUSIVE));
	arg = (struct vtl0_add) {
		.flags = VTL0_ADD_COVER | VTL0_ADD_NAME, .start = self->start,
		.length = BLOCKS(1), .name = "cover",
	};
	EXPECT_EQ(-EINVAL, cmd_add(self->ctl, &arg));
	EXPECT_EQ(0, list_ranges(self->ctl, self->r, 16));
}

/* A VMM that comes back with other pieces of what it had added. */
TEST_F_TIMEOUT(cover, mshv_restart_with_other_granularity, SLOW)
{
	u64 start = self->start + BLOCKS(1) + 16 * PAGE_BYTES;
	u64 end = self->start + BLOCKS(17) - PAGE_BYTES;
	static const u64 steps[] = {
		BLOCKS(16), BLOCKS(4), BLOCKS(1), BLOCKS(1) / 2 - PAGE_BYTES, BLOCKS(8),
	};

	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		int mshv = open_control();
		int vtl = vtl0_ioctl(mshv, MSHV_CREATE_VTL, NULL);

		ASSERT_LE(0, vtl);
		for (u64 pos = start; pos < end; pos += steps[i]) {
			u64 next = pos + steps[i] < end ? pos + steps[i] : end;
			struct mshv_vtl_ram_disposition ram = {
				.start_pfn = PFN(pos), .last_pfn = PFN(next),
			};

			ASSERT_EQ(0, vtl0_ioctl(vtl, MSHV_ADD_VTL0_MEMORY, &ram));
		}
		EXPECT_TRUE(usable(self->low, start, end - start));
		close(vtl);
		close(mshv);
	}
	ASSERT_EQ(1, list_ranges(self->ctl, self->r, 16));
	EXPECT_EQ(0, remove_range(self->ctl, start, end - start));
}

TEST_HARNESS_MAIN
