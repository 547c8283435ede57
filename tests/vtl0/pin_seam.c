// SPDX-License-Identifier: GPL-2.0
/*
 * One direct I/O over the seam of two chunks, or of a chunk and normal memory:
 * the bios must be split there, and all of it must arrive.
 *
 * Direct I/O becomes one bio for each chunk, and a disk cannot take a bio that is
 * not a multiple of its logical block. With 512-byte blocks that is never the
 * case. With 4K blocks it is if the buffer is not aligned to 4K. What the kernel
 * does then depends on the size: up to 256 pages it does the rest through the page
 * cache, for larger ones it fails with EFAULT, maybe after a part. A seam with
 * normal memory does not matter, and neither does any in a registered buffer.
 * Asynchronous I/O of up to 256 pages, of any disk, ends at the seam: the caller
 * sees a short transfer and has to go on.
 */
#include <liburing.h>
#include <sys/uio.h>

#include "map.h"

#define STEP 512UL

FIXTURE(seam) {
	struct map_state s;
	int disk;
	char *va;
	char *normal;
};

FIXTURE_VARIANT(seam) {
	unsigned int block;
};

FIXTURE_VARIANT_ADD(seam, block_512) { 512 };
FIXTURE_VARIANT_ADD(seam, block_4k) { 4096 };

/* Four chunks of 2M with normal memory behind them, contiguous in virtual memory. */
FIXTURE_SETUP(seam)
{
	char *end;
	int ret = map_open(&self->s);

	if (ret == -ENOENT)
		SKIP(return, NO_RAM);
	ASSERT_EQ(0, ret);
	self->disk = open_disk(variant->block);
	if (self->disk < 0)
		SKIP(return, "needs --nvme %s", variant->block == 512 ? "plain" : "4k");
	self->s.length = 4 * PMD_BYTES;
	ASSERT_EQ(0, add_chunked(self->s.control, self->s.start, self->s.length, PMD_BYTES));
	ASSERT_EQ(4, map_info(&self->s).nr_chunks);
	self->va = mmap(NULL, self->s.length + PMD_BYTES, PROT_READ | PROT_WRITE,
			MAP_SHARED, self->s.low, self->s.start);
	ASSERT_NE(MAP_FAILED, self->va);
	end = self->va + self->s.length;
	self->normal = mmap(end, PMD_BYTES, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	ASSERT_EQ(end, self->normal);
}

FIXTURE_TEARDOWN_PARENT(seam)
{
	EXPECT_ALL_GONE();
}

#define FINISH() do {							\
	ASSERT_EQ(0, munmap(self->va, self->s.length + PMD_BYTES));	\
	EXPECT_UNUSED_AND_REMOVE(&self->s);				\
} while (0)

/* Does the disk hold the pattern, seen through normal memory? */
static bool on_disk(int disk, size_t size, u64 seed)
{
	char *copy = alloc_aligned(PAGE_BYTES, size);
	bool ret = pread(disk, copy, size, 0) == (ssize_t)size &&
		   check_pattern(copy, size, seed);

	free(copy);
	return ret;
}

/* Each block on the disk is one of @old or one of @new. */
static bool blocks_are_of(int disk, size_t size, u64 old, u64 new)
{
	char *copy = alloc_aligned(PAGE_BYTES, size);
	bool ret = pread(disk, copy, size, 0) == (ssize_t)size;

	for (size_t i = 0; i < size; i += 4096)
		ret &= check_pattern(copy + i, 4096, old + i / 8) ||
		       check_pattern(copy + i, 4096, new + i / 8);
	free(copy);
	return ret;
}

/* Fails both ways, and no wrong data are written. */
static bool refused(int disk, char *buf, size_t size)
{
	char *old = alloc_aligned(PAGE_BYTES, size);
	bool ret;

	fill_pattern(old, size, 1);
	ret = pwrite(disk, old, size, 0) == (ssize_t)size;
	free(old);
	fill_pattern(buf, size, 2);
	ret &= pwrite(disk, buf, size, 0) == -1 && errno == EFAULT;
	ret &= blocks_are_of(disk, size, 1, 2);
	return ret && pread(disk, buf, size, 0) == -1 && errno == EFAULT;
}

/*
 * Buffers with @first to @last bytes before the seam, in steps of 512 bytes. They
 * must be whole on the disk, except those that cannot be split at @block.
 */
#define AROUND(seam, size, first, last, block) do {			\
	unsigned int good = 0, no = 0;					\
	for (size_t n = first; n <= (last); n += STEP) {		\
		char *from = (seam) - n;				\
		if (n % (block)) {					\
			no += refused(self->disk, from, size);		\
		} else {						\
			EXPECT_EQ(0, direct_io(self->disk, from, size, n)) { \
				TH_LOG("%zu bytes before the seam", n);	\
			}						\
			good += on_disk(self->disk, size, n);		\
		}							\
	}								\
	EXPECT_EQ(((last) - (first)) / (block) + 1, good);		\
	EXPECT_EQ(((last) - (first)) / STEP + 1 - good, no);		\
} while (0)

TEST_F_TIMEOUT(seam, two_chunks, SLOW)
{
	size_t size = 3 * 4096;

	AROUND(self->va + PMD_BYTES, size, 4096, size, STEP);
	FINISH();
}

TEST_F_TIMEOUT(seam, three_chunks, SLOW)
{
	size_t size = PMD_BYTES + 2 * 4096;

	/* from one block before the first seam to one block behind the second */
	AROUND(self->va + PMD_BYTES, size, 4096, 2 * 4096, variant->block);
	FINISH();
}

TEST_F_TIMEOUT(seam, all_chunks_and_normal_memory, SLOW)
{
	EXPECT_EQ(0, direct_io(self->disk, self->va, self->s.length + PMD_BYTES, 24));
	EXPECT_TRUE(on_disk(self->disk, self->s.length + PMD_BYTES, 24));
	FINISH();
}

TEST_F_TIMEOUT(seam, chunk_then_normal_memory, SLOW)
{
	size_t size = 3 * 4096;

	AROUND(self->normal, size, 4096, size, STEP);
	FINISH();
}

/* Pieces of chunks, of normal memory, and of a chunk again, in one request. */
TEST_F_TIMEOUT(seam, iovec_of_chunks_and_normal_memory, SLOW)
{
	struct iovec iov[] = {
		{ self->va + PMD_BYTES - 8192, 16384 },
		{ self->normal, 8192 },
		{ self->va + 3 * PMD_BYTES - 4096, 4096 },
		{ self->va + 3 * PMD_BYTES, 4096 },
		{ self->va + 8192, 8192 },
	};
	size_t total = 16384 + 8192 + 4096 + 4096 + 8192, done = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(iov); done += iov[i++].iov_len)
		fill_pattern(iov[i].iov_base, iov[i].iov_len, 24 + done / 8);
	ASSERT_EQ(total, pwritev(self->disk, iov, ARRAY_SIZE(iov), 0));
	EXPECT_TRUE(on_disk(self->disk, total, 24));
	for (unsigned int i = 0; i < ARRAY_SIZE(iov); i++)
		memset(iov[i].iov_base, 0xee, iov[i].iov_len);
	ASSERT_EQ(total, preadv(self->disk, iov, ARRAY_SIZE(iov), 0));
	for (unsigned int i = done = 0; i < ARRAY_SIZE(iov); done += iov[i++].iov_len)
		EXPECT_TRUE(check_pattern(iov[i].iov_base, iov[i].iov_len, 24 + done / 8));
	FINISH();
}

/* One transfer by io_uring, of a registered buffer or any: bytes or -errno. */
static int ring_once(struct io_uring *ring, int disk, char *buf, size_t size, u64 pos,
		     bool write, bool fixed)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);
	struct io_uring_cqe *cqe;
	int ret;

	if (fixed && write)
		io_uring_prep_write_fixed(sqe, disk, buf, size, pos, 0);
	else if (fixed)
		io_uring_prep_read_fixed(sqe, disk, buf, size, pos, 0);
	else if (write)
		io_uring_prep_write(sqe, disk, buf, size, pos);
	else
		io_uring_prep_read(sqe, disk, buf, size, pos);
	io_uring_submit(ring);
	ret = io_uring_wait_cqe(ring, &cqe);
	if (ret)
		return ret;
	ret = cqe->res;
	io_uring_cqe_seen(ring, cqe);
	return ret;
}

/* To the disk and back, going on after short transfers: their number, or -errno. */
static int ring_io(struct io_uring *ring, int disk, char *buf, size_t size, bool fixed)
{
	int nr = 0;

	for (int write = 1; write >= 0; write--) {
		for (size_t done = 0; done < size; nr++) {
			int ret = ring_once(ring, disk, buf + done, size - done, done,
					    write, fixed);

			if (ret <= 0)
				return ret ? ret : -EIO;
			done += ret;
		}
		if (write)
			memset(buf, 0xee, size);
	}
	return nr;
}

/* How many transfers it takes if they end after @cut bytes, in both directions. */
static int transfers(size_t cut, size_t size)
{
	return cut < size ? 4 : 2;
}

/* Buffers around one seam and around two, at every alignment that works. */
#define RING_AROUND(fixed, step) do {					\
	struct iovec whole = { self->va, self->s.length };		\
	size_t small = 2 * 4096, large = PMD_BYTES + 2 * 4096;		\
	struct io_uring ring;						\
	ASSERT_EQ(0, io_uring_queue_init(2, &ring, 0));			\
	ASSERT_EQ(0, io_uring_register_buffers(&ring, &whole, 1));	\
	for (size_t n = 4096; n <= small; n += (step)) {		\
		char *from = self->va + PMD_BYTES - n;			\
		fill_pattern(from, large, n);				\
		EXPECT_EQ(2, ring_io(&ring, self->disk, from, large, fixed)); \
		EXPECT_TRUE(check_pattern(from, large, n));		\
		EXPECT_TRUE(on_disk(self->disk, large, n));		\
		fill_pattern(from, small, n + 1);			\
		EXPECT_EQ(fixed ? 2 : transfers(n, small),		\
			  ring_io(&ring, self->disk, from, small, fixed)); \
		EXPECT_TRUE(check_pattern(from, small, n + 1));		\
		EXPECT_TRUE(on_disk(self->disk, small, n + 1));		\
	}								\
	ASSERT_EQ(0, io_uring_unregister_buffers(&ring));		\
	io_uring_queue_exit(&ring);					\
} while (0)

TEST_F_TIMEOUT(seam, io_uring, SLOW)
{
	RING_AROUND(false, variant->block);
	FINISH();
}

TEST_F_TIMEOUT(seam, io_uring_registered_buffer, SLOW)
{
	RING_AROUND(true, STEP);
	FINISH();
}

TEST_HARNESS_MAIN
