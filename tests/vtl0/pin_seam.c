// SPDX-License-Identifier: GPL-2.0
/*
 * Direct I/O over the seam of this memory and ordinary memory, where the kernel
 * does change pgmaps. Synchronous I/O is done whole. Asynchronous I/O of up
 * to 256 pages from unregistered buffers ends where the kind of memory changes: the
 * caller sees a short transfer and has to go on. Seams between chunks are the
 * subject of vtl0_pin_whole.c.
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

/* Buffers with @first to @last bytes before the seam, in steps of 512 bytes. */
#define AROUND(seam, size, first, last) do {				\
	for (size_t n = first; n <= (last); n += STEP) {		\
		EXPECT_EQ(0, direct_io(self->disk, (seam) - n, size, n)) { \
			TH_LOG("%zu bytes before the seam", n);		\
		}							\
		EXPECT_TRUE(on_disk(self->disk, size, n));		\
	}								\
} while (0)

TEST_F_TIMEOUT(seam, all_chunks_and_normal_memory, SLOW)
{
	EXPECT_EQ(0, direct_io(self->disk, self->va, self->s.length + PMD_BYTES, 24));
	EXPECT_TRUE(on_disk(self->disk, self->s.length + PMD_BYTES, 24));
	FINISH();
}

TEST_F_TIMEOUT(seam, chunk_then_normal_memory, SLOW)
{
	size_t size = 3 * 4096;

	AROUND(self->normal, size, 4096, size);
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

/* One transfer by io_uring: bytes or -errno. */
static int ring_once(struct io_uring *ring, int disk, char *buf, size_t size, u64 pos,
		     bool write)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);
	struct io_uring_cqe *cqe;
	int ret;

	if (write)
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
static int ring_io(struct io_uring *ring, int disk, char *buf, size_t size)
{
	int nr = 0;

	for (int write = 1; write >= 0; write--) {
		for (size_t done = 0; done < size; nr++) {
			int ret = ring_once(ring, disk, buf + done, size - done, done,
					    write);

			if (ret <= 0)
				return ret ? ret : -EIO;
			done += ret;
		}
		if (write)
			memset(buf, 0xee, size);
	}
	return nr;
}

/* One short transfer in each direction at most, and its data is right. */
TEST_F_TIMEOUT(seam, io_uring_goes_on_behind_the_seam, SLOW)
{
	size_t sizes[] = { 2 * 4096, PMD_BYTES + 2 * 4096 };
	struct io_uring ring;

	ASSERT_EQ(0, io_uring_queue_init(2, &ring, 0));
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (size_t n = 4096; n < 2 * 4096; n += variant->block) {
			char *from = self->normal - sizes[i] + n;
			int nr;

			fill_pattern(from, sizes[i], n);
			nr = ring_io(&ring, self->disk, from, sizes[i]);
			EXPECT_TRUE(nr >= 2 && nr <= 4) {
				TH_LOG("%zu bytes, %zu behind the seam: %d", sizes[i], n, nr);
			}
			EXPECT_TRUE(check_pattern(from, sizes[i], n));
			EXPECT_TRUE(on_disk(self->disk, sizes[i], n));
		}
	}
	io_uring_queue_exit(&ring);
	FINISH();
}

TEST_HARNESS_MAIN
