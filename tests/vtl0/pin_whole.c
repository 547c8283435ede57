// SPDX-License-Identifier: GPL-2.0
/*
 * Direct I/O is never cut where chunks or ranges meet: one transfer of every kind,
 * at every size and alignment, over any number of them, is done whole.
 */
#include <liburing.h>
#include <linux/aio_abi.h>
#include <sys/uio.h>

#include "map.h"

#define NR_CHUNKS 64
#define CHUNK BLOCK_BYTES
#define BLOCK 512UL
#define MAX_SIZE MIB(16)

/* How a transfer is asked for. */
enum kind { SYNC, LIBAIO, URING, URING_FIXED, URING_SQPOLL };

FIXTURE(whole) {
	struct map_state s;
	struct io_uring ring;
	aio_context_t aio;
	int disk;
	size_t unit;
	char *va;
	char *copy;
};

FIXTURE_VARIANT(whole) {
	enum kind kind;
	unsigned int block;
};

FIXTURE_VARIANT_ADD(whole, sync_512) { SYNC, 512 };
FIXTURE_VARIANT_ADD(whole, sync_4k) { SYNC, 4096 };
FIXTURE_VARIANT_ADD(whole, libaio_512) { LIBAIO, 512 };
FIXTURE_VARIANT_ADD(whole, libaio_4k) { LIBAIO, 4096 };
FIXTURE_VARIANT_ADD(whole, uring_512) { URING, 512 };
FIXTURE_VARIANT_ADD(whole, uring_4k) { URING, 4096 };
FIXTURE_VARIANT_ADD(whole, fixed_512) { URING_FIXED, 512 };
FIXTURE_VARIANT_ADD(whole, fixed_4k) { URING_FIXED, 4096 };
FIXTURE_VARIANT_ADD(whole, sqpoll_512) { URING_SQPOLL, 512 };
FIXTURE_VARIANT_ADD(whole, sqpoll_4k) { URING_SQPOLL, 4096 };

/*
 * The least length of a piece: on 6.12 each vec of a transfer must be a multiple
 * of the logical block, and so must each page of a registered buffer be.
 */
static size_t least_piece(int disk, char *memory, size_t block)
{
	struct iovec iov[] = {
		{ memory, BLOCK },
		{ memory + 2 * block, block - BLOCK },
	};

	return preadv(disk, iov, block > BLOCK ? 2 : 1, 0) == (ssize_t)block ? BLOCK : block;
}

static int open_aio(aio_context_t *aio)
{
	return syscall(SYS_io_setup, 8, aio) ? -errno : 0;
}

FIXTURE_SETUP(whole)
{
	int ret = map_open(&self->s);

	if (ret == -ENOENT)
		SKIP(return, NO_RAM);
	ASSERT_EQ(0, ret);
	self->disk = open_disk(variant->block);
	if (self->disk < 0)
		SKIP(return, "needs --nvme %s", variant->block == 512 ? "plain" : "4k");
	self->s.length = NR_CHUNKS * CHUNK;
	self->va = mmap(NULL, self->s.length, PROT_READ | PROT_WRITE, MAP_SHARED,
			self->s.low, self->s.start);
	ASSERT_NE(MAP_FAILED, self->va);
	self->copy = alloc_aligned(PAGE_BYTES, MAX_SIZE);
	ASSERT_NE(NULL, self->copy);
	self->unit = least_piece(self->disk, self->copy, variant->block);
	ASSERT_EQ(0, open_aio(&self->aio));
	ret = io_uring_queue_init(2, &self->ring,
				  variant->kind == URING_SQPOLL ? IORING_SETUP_SQPOLL : 0);
	ASSERT_EQ(0, ret);
}

FIXTURE_TEARDOWN_PARENT(whole)
{
	EXPECT_ALL_GONE();
}

static long by_libaio(aio_context_t aio, int disk, const struct iovec *iov, int nr, bool write)
{
	struct iocb cb = {
		.aio_fildes = disk,
		.aio_lio_opcode = write ? IOCB_CMD_PWRITEV : IOCB_CMD_PREADV,
		.aio_buf = (unsigned long)iov,
		.aio_nbytes = nr,
	}, *cbs[] = { &cb };
	struct io_event event;

	if (syscall(SYS_io_submit, aio, 1, cbs) != 1)
		return -errno;
	if (syscall(SYS_io_getevents, aio, 1, 1, &event, NULL) != 1)
		return -errno;
	return event.res;
}

static long by_uring(struct io_uring *ring, int disk, const struct iovec *iov, int nr,
		     bool write, bool fixed)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);
	struct io_uring_cqe *cqe;
	long ret;

	if (fixed && write)
		io_uring_prep_write_fixed(sqe, disk, iov->iov_base, iov->iov_len, 0, 0);
	else if (fixed)
		io_uring_prep_read_fixed(sqe, disk, iov->iov_base, iov->iov_len, 0, 0);
	else if (write)
		io_uring_prep_writev(sqe, disk, iov, nr, 0);
	else
		io_uring_prep_readv(sqe, disk, iov, nr, 0);
	io_uring_submit(ring);
	ret = io_uring_wait_cqe(ring, &cqe);
	if (ret)
		return ret;
	ret = cqe->res;
	io_uring_cqe_seen(ring, cqe);
	return ret;
}

/* One transfer: bytes or -errno. */
#define TRANSFER(iov, nr, write) ({					\
	long done;							\
	if (variant->kind == SYNC)					\
		done = write ? pwritev(self->disk, iov, nr, 0) :	\
			       preadv(self->disk, iov, nr, 0);		\
	else if (variant->kind == LIBAIO)				\
		done = by_libaio(self->aio, self->disk, iov, nr, write); \
	else								\
		done = by_uring(&self->ring, self->disk, iov, nr, write, \
				variant->kind == URING_FIXED);		\
	done;								\
})

static void fill(const struct iovec *iov, int nr, u64 seed)
{
	for (int i = 0; i < nr; i++)
		fill_pattern(iov[i].iov_base, iov[i].iov_len, seed + i * 7919);
}

static void wipe(const struct iovec *iov, int nr)
{
	for (int i = 0; i < nr; i++)
		memset(iov[i].iov_base, 0xee, iov[i].iov_len);
}

static bool check(const struct iovec *iov, int nr, u64 seed)
{
	bool ret = true;

	for (int i = 0; i < nr; i++)
		ret &= check_pattern(iov[i].iov_base, iov[i].iov_len, seed + i * 7919);
	return ret;
}

/* The disk as ordinary memory sees it. */
static bool on_disk(int disk, char *copy, const struct iovec *iov, int nr, size_t size, u64 seed)
{
	bool ret = pread(disk, copy, size, 0) == (ssize_t)size;

	for (int i = 0; i < nr; copy += iov[i++].iov_len)
		ret &= check_pattern(copy, iov[i].iov_len, seed + i * 7919);
	return ret;
}

/* To the disk and back, each in one transfer. */
#define ROUND_TRIP(iov, nr, size, seed) do {				\
	fill(iov, nr, seed);						\
	EXPECT_EQ((long)(size), TRANSFER(iov, nr, true));		\
	EXPECT_TRUE(on_disk(self->disk, self->copy, iov, nr, size, seed)); \
	wipe(iov, nr);							\
	EXPECT_EQ((long)(size), TRANSFER(iov, nr, false));		\
	EXPECT_TRUE(check(iov, nr, seed));				\
} while (0)

/*
 * Buffers around the seams, at three places within a page where the kernel takes that;
 * the longest, which take most of the time, at the last of these.
 */
#define OVER_SEAMS(nr_chunks, chunk) do {				\
	static const size_t sizes[] = {					\
		512, 4096, 8192, KIB(64), KIB(128), KIB(512), MIB(1),	\
		MIB(1) + 4096, MIB(2), MIB(4), MAX_SIZE,		\
	};								\
	size_t unit = variant->kind == URING_FIXED ? self->unit : BLOCK; \
	struct iovec all = { self->va, (nr_chunks) * (chunk) };		\
	ASSERT_EQ(0, io_uring_register_buffers(&self->ring, &all, 1));	\
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {		\
		if (sizes[i] % variant->block ||			\
		    sizes[i] + (chunk) > (nr_chunks) * (chunk))		\
			continue;					\
		size_t last = 4095 / (3 * unit) * 3 * unit;		\
		for (size_t off = sizes[i] > MIB(2) ? last : 0; off <= last; off += 3 * unit) { \
			size_t before = sizes[i] / 2 / unit * unit + off; \
			size_t seam = (before / (chunk) + 1) * (chunk);	\
			struct iovec iov = { self->va + seam - before, sizes[i] }; \
			ROUND_TRIP(&iov, 1, sizes[i], i * 4096 + off);	\
		}							\
	}								\
	ASSERT_EQ(0, io_uring_unregister_buffers(&self->ring));		\
} while (0)

#define FINISH() do {							\
	io_uring_queue_exit(&self->ring);				\
	ASSERT_EQ(0, munmap(self->va, NR_CHUNKS * CHUNK));		\
	EXPECT_UNUSED_AND_REMOVE(&self->s);				\
} while (0)

TEST_F(whole, seamless_is_announced)
{
	struct vtl0_info info = { };

	ASSERT_EQ(0, cmd_info(self->s.control, &info));
	EXPECT_TRUE(info.features & VTL0_FEATURE_SEAMLESS);
}

TEST_F_TIMEOUT(whole, buffer_over_chunks, SLOW)
{
	ASSERT_EQ(0, add_chunked(self->s.control, self->s.start, self->s.length, CHUNK));
	ASSERT_EQ(NR_CHUNKS, map_info(&self->s).nr_chunks);
	OVER_SEAMS(NR_CHUNKS, CHUNK);
	FINISH();
}

/* Chunks of single pages beside chunks of large folios, each range added alone. */
TEST_F_TIMEOUT(whole, buffer_over_ranges, SLOW)
{
	u64 start = self->s.start;

	for (int i = 0; i < 4; i++)
		ASSERT_EQ(0, add_order(self->s.control, start + i * PMD_BYTES, PMD_BYTES,
				       i % 2 ? 0 : PMD_FOLIO_ORDER));
	OVER_SEAMS(4, PMD_BYTES);
	for (int i = 3; i > 0; i--)
		ASSERT_EQ(0, remove_unpinned(self->s.control, start + i * PMD_BYTES, PMD_BYTES));
	self->s.length = PMD_BYTES;
	FINISH();
}

/* A piece of every chunk, in an order that never meets the neighbour next. */
TEST_F_TIMEOUT(whole, pieces_of_64_chunks_in_random_order, SLOW)
{
	struct iovec iov[NR_CHUNKS];

	if (variant->kind == URING_FIXED)
		SKIP(return, "one buffer only");
	ASSERT_EQ(0, add_chunked(self->s.control, self->s.start, self->s.length, CHUNK));
	for (size_t piece = self->unit; piece <= MAX_SIZE / NR_CHUNKS; piece *= 8) {
		for (int i = 0; i < NR_CHUNKS; i++) {
			/* odd factors, so each chunk comes once */
			size_t chunk = (i * 37 + 11) % NR_CHUNKS;
			size_t off = i % 3 * BLOCK + (i * 13 % 64) * 4096;

			iov[i].iov_base = self->va + chunk * CHUNK + off;
			iov[i].iov_len = piece;
		}
		ROUND_TRIP(iov, NR_CHUNKS, piece * NR_CHUNKS, piece);
	}
	FINISH();
}

TEST_HARNESS_MAIN
