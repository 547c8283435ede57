// SPDX-License-Identifier: GPL-2.0
/*
 * What mappings, files and pins see of the removal of a part: only the part goes, for
 * files of the range for good, and a pin in it refuses the call.
 */
#include <liburing.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "map.h"

#define CHUNK (2 * PMD_BYTES)
#define LENGTH (4 * CHUNK)
#define NODE "/dev/vtl0_part"

FIXTURE(part_map) {
	struct map_state s;
	char *va;
};

FIXTURE_VARIANT(part_map) {
	u32 order;
};

FIXTURE_VARIANT_ADD(part_map, pte) { 0 };
FIXTURE_VARIANT_ADD(part_map, pmd) { PMD_FOLIO_ORDER };

FIXTURE_SETUP(part_map)
{
	struct vtl0_add arg = {
		.flags = VTL0_ADD_CHUNK | VTL0_ADD_ORDER | VTL0_ADD_NAME, .length = LENGTH,
		.chunk_length = CHUNK, .max_order = variant->order, .name = "part",
	};
	int ret = map_open(&self->s);

	if (ret == -ENOENT)
		SKIP(return, NO_RAM);
	ASSERT_EQ(0, ret);
	self->s.start += 16 * PMD_BYTES;
	self->s.length = LENGTH;
	arg.start = self->s.start;
	ASSERT_EQ(0, cmd_add(self->s.control, &arg));
	self->va = map_low(self->s.low, self->s.start, LENGTH, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, (void *)self->va);
	fill_pattern(self->va, LENGTH, 1);
}

FIXTURE_TEARDOWN_PARENT(part_map)
{
	EXPECT_ALL_GONE();
	EXPECT_TRUE(wait_until(module_unused, NULL, 20));
}

/* The chunk @n of the range. */
static int remove_chunk(const struct map_state *s, unsigned int n, u64 *busy)
{
	struct vtl0_remove arg = {
		.flags = VTL0_REMOVE_PART, .start = s->start + n * CHUNK, .length = CHUNK,
	};
	int ret = cmd_remove(s->control, &arg);

	if (busy)
		*busy = arg.busy_start;
	return ret;
}

/* The pattern of fill_pattern(va, LENGTH, 1) in a chunk of it. */
static bool chunk_is_whole(const char *va, unsigned int n)
{
	return check_pattern(va + n * CHUNK, CHUNK, 1 + n * CHUNK / 8);
}

TEST_F_TIMEOUT(part_map, only_the_part_goes, SLOW)
{
	ASSERT_EQ(0, remove_chunk(&self->s, 1, NULL));
	EXPECT_EQ(BUS_ADRERR, touch(self->va + CHUNK));
	EXPECT_EQ(BUS_ADRERR, touch_write(self->va + 2 * CHUNK - 1));
	EXPECT_TRUE(chunk_is_whole(self->va, 0));
	EXPECT_TRUE(chunk_is_whole(self->va, 2));
	EXPECT_TRUE(chunk_is_whole(self->va, 3));
	/* through /dev/vtl0_low the memory comes back with the addresses */
	ASSERT_EQ(0, add_range(self->s.control, self->s.start + CHUNK, CHUNK, 0));
	EXPECT_TRUE(check_pattern(self->va, LENGTH, 1));
	ASSERT_EQ(0, munmap(self->va, LENGTH));
}

TEST_F_TIMEOUT(part_map, file_shows_what_is_left, SLOW)
{
	int fd = open(NODE, O_RDWR | O_CLOEXEC), again;
	char *va = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	ASSERT_NE(MAP_FAILED, (void *)va);
	ASSERT_EQ(0, remove_chunk(&self->s, 1, NULL));
	EXPECT_EQ((off_t)LENGTH, lseek(fd, 0, SEEK_END));
	EXPECT_TRUE(chunk_is_whole(va, 0));
	EXPECT_EQ(BUS_ADRERR, touch(va + CHUNK));
	EXPECT_TRUE(chunk_is_whole(va, 3));
	/* what comes there later is another range's */
	ASSERT_EQ(0, add_range(self->s.control, self->s.start + CHUNK, CHUNK, 0));
	EXPECT_EQ(BUS_ADRERR, touch(va + CHUNK));
	/* the node has the same offsets, for as long as its range is there */
	again = open(NODE, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, again);
	EXPECT_EQ((off_t)LENGTH, lseek(again, 0, SEEK_END));
	ASSERT_EQ(0, munmap(va, LENGTH));
	va = mmap(NULL, CHUNK, PROT_READ, MAP_SHARED, again, 3 * CHUNK);
	ASSERT_NE(MAP_FAILED, (void *)va);
	EXPECT_TRUE(check_pattern(va, CHUNK, 1 + 3 * CHUNK / 8));
	ASSERT_EQ(0, munmap(va, CHUNK));
	ASSERT_EQ(0, remove_range(self->s.control, self->s.start, CHUNK));
	EXPECT_NE(0, access(NODE, F_OK));
	va = mmap(NULL, LENGTH, PROT_READ, MAP_SHARED, again, 0);
	ASSERT_NE(MAP_FAILED, (void *)va);
	EXPECT_TRUE(chunk_is_whole(va, 2));
	ASSERT_EQ(0, munmap(va, LENGTH));
	ASSERT_EQ(0, remove_range(self->s.control, self->s.start + 2 * CHUNK, 2 * CHUNK));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, LENGTH, PROT_READ, MAP_SHARED, again, 0));
	EXPECT_EQ(ENODEV, errno);
	close(again);
	close(fd);
	ASSERT_EQ(0, munmap(self->va, LENGTH));
}

TEST_F_TIMEOUT(part_map, pins, SLOW)
{
	struct iovec iov = { self->va + CHUNK + PMD_BYTES, PAGE_BYTES };
	struct io_uring ring;
	char *before, *after;
	u64 busy;

	ASSERT_EQ(0, io_uring_queue_init(2, &ring, 0));
	ASSERT_EQ(0, io_uring_register_buffers(&ring, &iov, 1));
	before = describe_ranges(self->s.control);
	EXPECT_EQ(-EBUSY, remove_chunk(&self->s, 1, &busy));
	EXPECT_EQ(self->s.start + CHUNK + PMD_BYTES, busy);
	/* as before, but for mappings: all of it can be touched */
	EXPECT_TRUE(check_pattern(self->va, LENGTH, 1));
	after = describe_ranges(self->s.control);
	EXPECT_STREQ(before, after);
	/* a pin beside the part is not in the way */
	EXPECT_EQ(0, remove_chunk(&self->s, 2, NULL));
	EXPECT_EQ(0, remove_chunk(&self->s, 0, NULL));
	EXPECT_TRUE(chunk_is_whole(self->va, 1));
	ASSERT_EQ(0, io_uring_unregister_buffers(&ring));
	EXPECT_EQ(0, remove_chunk(&self->s, 1, NULL));
	EXPECT_TRUE(chunk_is_whole(self->va, 3));
	io_uring_queue_exit(&ring);
	free(before);
	free(after);
	ASSERT_EQ(0, munmap(self->va, LENGTH));
}

/* A pinned part goes when its owner is gone and the pin goes, in a range that is cut. */
TEST_F_TIMEOUT(part_map, rest_drains, SLOW)
{
	struct iovec iov = { self->va + 3 * CHUNK, PAGE_BYTES };
	struct vtl0_range_info r[3];
	struct io_uring ring;

	ASSERT_EQ(0, io_uring_queue_init(2, &ring, 0));
	ASSERT_EQ(0, io_uring_register_buffers(&ring, &iov, 1));
	ASSERT_EQ(0, remove_chunk(&self->s, 1, NULL));
	ASSERT_EQ(0, close(self->s.control));
	self->s.control = open_control();
	ASSERT_LE(0, self->s.control);
	/* waits until the lower one has gone */
	ASSERT_EQ(0, add_range(self->s.control, self->s.start, CHUNK, 0));
	ASSERT_EQ(2, list_ranges(self->s.control, r, 3));
	EXPECT_EQ(VTL0_STATE_DRAINING, r[1].state);
	/* parts of what drains go as well */
	EXPECT_EQ(0, remove_chunk(&self->s, 2, NULL));
	EXPECT_EQ(-EBUSY, remove_chunk(&self->s, 3, NULL));
	ASSERT_EQ(0, munmap(self->va, LENGTH));
	close(self->s.low);
	ASSERT_EQ(0, io_uring_unregister_buffers(&ring));
	io_uring_queue_exit(&ring);
}

TEST_F_TIMEOUT(part_map, window_registers_it_again, SLOW)
{
	ASSERT_EQ(0, declare_window(self->s.control, self->s.start, LENGTH));
	ASSERT_EQ(0, remove_chunk(&self->s, 1, NULL));
	EXPECT_TRUE(check_pattern(self->va, LENGTH, 1));
	EXPECT_EQ(3, list_ranges(self->s.control, NULL, 0));
	ASSERT_EQ(0, munmap(self->va, LENGTH));
}

/* Threads of another process touch all of it, without an error but SIGBUS in the part. */
TEST_F_TIMEOUT(part_map, beside_touches, SLOW)
{
	atomic_int *stop = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status, n;
	pid_t child;

	ASSERT_NE(MAP_FAILED, (void *)stop);
	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		bool bad = false;

		for (n = 0; !atomic_load(stop); n++) {
			char *addr = self->va + (u64)n * 37 % (LENGTH / PAGE_BYTES) * PAGE_BYTES;
			int ret = touch(addr);
			bool part = addr >= self->va + CHUNK && addr < self->va + 2 * CHUNK;

			bad |= ret && !(part && ret == BUS_ADRERR);
			/* so that the pages above the part are faulted in, too, again and again */
			if (n % 16 == 0)
				bad |= madvise(self->va, LENGTH, MADV_DONTNEED);
		}
		_exit(bad);
	}
	for (n = 0; n < 20; n++) {
		ASSERT_EQ(0, remove_chunk(&self->s, 1, NULL));
		ASSERT_EQ(0, add_range(self->s.control, self->s.start + CHUNK, CHUNK, 0));
	}
	atomic_store(stop, 1);
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_TRUE(check_pattern(self->va, LENGTH, 1));
	ASSERT_EQ(0, munmap(self->va, LENGTH));
}

TEST_HARNESS_MAIN
