// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that must not be reachable through the mapping node, by touching or through
 * the kernel: anything that is not registered, private or read-only views.
 */
#include <sys/uio.h>

#include "map.h"

/* A GiB is aligned for the largest entries that may fit into it. */
#define LARGEST (GIB(1) < PUD_BYTES ? PMD_BYTES : PUD_BYTES)

FIXTURE(access) {
	struct map_state s;
	int disk;
};

FIXTURE_SETUP(access)
{
	int ret = map_open(&self->s);

	if (ret == -ENOENT)
		SKIP(return, NO_RAM);
	ASSERT_EQ(0, ret);
	self->disk = open_disk(512);
}

FIXTURE_TEARDOWN_PARENT(access)
{
	EXPECT_ALL_GONE();
}

static int peek(void *addr, void *to, size_t length)
{
	struct iovec local = { to, length }, remote = { addr, length };
	ssize_t n = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);

	return n < 0 ? -errno : n == (ssize_t)length ? 0 : -EIO;
}

/* 0 if touching, direct I/O and process_vm_readv() all refuse an address. */
static int reachable(int disk, char *addr)
{
	char byte;

	if (touch(addr) != BUS_ADRERR || touch_write(addr) != BUS_ADRERR)
		return 1;
	if (peek(addr, &byte, 1) != -EFAULT)
		return 2;
	if (disk >= 0 && (pread(disk, addr, PAGE_BYTES, 0) != -1 || errno != EFAULT))
		return 3;
	if (disk >= 0 && (pwrite(disk, addr, PAGE_BYTES, 0) != -1 || errno != EFAULT))
		return 4;
	return 0;
}

TEST_F(access, unregistered_2m_is_refused_by_gup)
{
	char *va = map_low(self->s.low, self->s.start, 4 * PMD_BYTES, PROT_READ | PROT_WRITE);

	ASSERT_NE(MAP_FAILED, va);
	ASSERT_EQ(0, (uintptr_t)va % PMD_BYTES);
	for (u64 i = 0; i < 4 * PMD_BYTES; i += PMD_BYTES / 2)
		EXPECT_EQ(0, reachable(self->disk, va + i));
}

TEST_F(access, unregistered_1g_is_refused_by_gup)
{
	char *va = map_low(self->s.low, self->s.start, GIB(1), PROT_READ | PROT_WRITE);

	ASSERT_NE(MAP_FAILED, va);
	ASSERT_EQ(0, (uintptr_t)va % LARGEST);
	for (u64 i = 0; i < GIB(1); i += MIB(128))
		EXPECT_EQ(0, reachable(self->disk, va + i));
}

TEST_F(access, registered_head_unregistered_tail)
{
	char *copy = alloc_aligned(PAGE_BYTES, 3 * PMD_BYTES);
	char *va;
	ssize_t n;

	if (self->disk < 0)
		SKIP(return, NO_DISK);
	/* a hole of 2M between two registered blocks */
	ASSERT_EQ(0, add_range(self->s.control, self->s.start, PMD_BYTES, 0));
	ASSERT_EQ(0, add_range(self->s.control, self->s.start + 2 * PMD_BYTES, PMD_BYTES, 0));
	va = map_low(self->s.low, self->s.start, 3 * PMD_BYTES, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, va);
	fill_pattern(va, PMD_BYTES, 14);
	fill_pattern(va + 2 * PMD_BYTES, PMD_BYTES, 15);
	EXPECT_EQ(0, reachable(self->disk, va + PMD_BYTES));
	EXPECT_EQ(0, reachable(self->disk, va + 2 * PMD_BYTES - PAGE_BYTES));
	/* the registered part may be written, nothing behind it */
	memset(copy, 0, PMD_BYTES);
	ASSERT_EQ(PMD_BYTES, pwrite(self->disk, copy, PMD_BYTES, 0));
	n = pwrite(self->disk, va, 3 * PMD_BYTES, 0);
	EXPECT_TRUE(n == PMD_BYTES || (n == -1 && errno == EFAULT)) {
		TH_LOG("pwrite: %zd, errno %d", n, errno);
	}
	if (n > 0) {
		EXPECT_EQ(n, pread(self->disk, copy, n, 0));
		EXPECT_TRUE(check_pattern(copy, n, 14));
	}
	EXPECT_EQ(0, direct_io(self->disk, va + 2 * PMD_BYTES, PMD_BYTES, 16));
	EXPECT_EQ(0, peek(va, copy, PMD_BYTES));
	EXPECT_NE(0, peek(va, copy, 3 * PMD_BYTES));
	ASSERT_EQ(0, munmap(va, 3 * PMD_BYTES));
	EXPECT_EQ(0, remove_unpinned(self->s.control, self->s.start, PMD_BYTES));
	EXPECT_EQ(0, remove_unpinned(self->s.control, self->s.start + 2 * PMD_BYTES, PMD_BYTES));
}

/* The same with a mapping that a 1G entry would just fit, but for its last block. */
TEST_F(access, last_block_of_gib_missing)
{
	u64 length = GIB(1) - PMD_BYTES;
	struct vtl0_range_info info;
	char *va;

	ASSERT_EQ(0, add_order(self->s.control, self->s.start, length, PUD_FOLIO_ORDER));
	va = map_low(self->s.low, self->s.start, GIB(1), PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, va);
	ASSERT_EQ(0, (uintptr_t)va % LARGEST);
	EXPECT_EQ(0, touch_write(va));
	EXPECT_EQ(0, touch_write(va + length - 1));
	EXPECT_EQ(0, reachable(self->disk, va + length));
	EXPECT_EQ(0, find_range(self->s.control, self->s.start, &info));
	EXPECT_EQ(2, info.faults_pmd);
	EXPECT_MAPPINGS(2, info.mappings);
	ASSERT_EQ(0, munmap(va, GIB(1)));
	EXPECT_EQ(0, remove_range(self->s.control, self->s.start, length));
}

TEST_F(access, private_is_refused)
{
	ASSERT_EQ(0, add_range(self->s.control, self->s.start, BLOCKS(4), 0));
	for (int prot = PROT_NONE; prot <= (PROT_READ | PROT_WRITE); prot++) {
		EXPECT_EQ(MAP_FAILED, mmap(NULL, BLOCKS(1), prot, MAP_PRIVATE, self->s.low,
					   self->s.start));
		EXPECT_EQ(EINVAL, errno);
	}
}

TEST_F(access, read_only_fd_cannot_write)
{
	int low = open_low(O_RDONLY), mem = open("/proc/self/mem", O_RDWR);
	char *va, byte = 1;

	ASSERT_LE(0, low);
	ASSERT_LE(0, mem);
	ASSERT_EQ(0, add_range(self->s.control, self->s.start, BLOCKS(4), 0));
	EXPECT_EQ(MAP_FAILED, map_low(low, self->s.start, BLOCKS(1), PROT_READ | PROT_WRITE));
	EXPECT_EQ(EACCES, errno);
	va = map_low(low, self->s.start, BLOCKS(1), PROT_READ);
	ASSERT_NE(MAP_FAILED, va);
	EXPECT_EQ(0, touch(va));
	EXPECT_EQ(-SIGSEGV, touch_write(va));
	EXPECT_EQ(-1, mprotect(va, BLOCKS(1), PROT_READ | PROT_WRITE));
	EXPECT_EQ(EACCES, errno);
	/* not even by force */
	EXPECT_EQ(-1, pwrite(mem, &byte, 1, (uintptr_t)va));
	EXPECT_EQ(-1, pread(self->disk, va, PAGE_BYTES, 0));
	EXPECT_EQ(EFAULT, self->disk < 0 ? EFAULT : errno);
	if (self->disk >= 0)
		EXPECT_EQ(PAGE_BYTES, pwrite(self->disk, va, PAGE_BYTES, 0));
}

/* A page of a resource that is not ours must not be reachable. */
static int foreign_at(struct map_state *s, u64 start)
{
	char *va;
	int ret;

	start += -start % PAGE_BYTES;
	va = map_low(s->low, start, PAGE_BYTES, PROT_READ | PROT_WRITE);
	if (va == MAP_FAILED)
		return -errno;
	ret = reachable(-1, va);
	munmap(va, PAGE_BYTES);
	return ret;
}

/* The range that /proc/iomem calls @name. */
static int foreign(struct map_state *s, const char *name)
{
	u64 start, length;

	return iomem_find(name, PAGE_BYTES, &start, &length) ?: foreign_at(s, start);
}

TEST_F(access, system_ram_and_mmio)
{
	u64 start, length;

	EXPECT_EQ(0, foreign(&self->s, "System RAM"));
	EXPECT_EQ(0, foreign(&self->s, "Kernel code"));
	ASSERT_EQ(0, iomem_find_window(PAGE_BYTES, &start, &length));
	EXPECT_EQ(0, foreign_at(&self->s, start));
#ifdef __x86_64__
	/* what firmware lists there only */
	EXPECT_EQ(0, foreign(&self->s, "System ROM"));
	EXPECT_EQ(0, foreign(&self->s, "Reserved"));
#endif
	if (self->disk >= 0)
		EXPECT_EQ(0, foreign(&self->s, "nvme"));
}

TEST_F(access, hole_and_limits)
{
	struct vtl0_info info = { };
	u64 top = 1ULL << 52;
	char *va;

	va = map_low(self->s.low, EMPTY_BASE, BLOCKS(2), PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, va);
	EXPECT_EQ(0, reachable(self->disk, va));
	ASSERT_EQ(0, cmd_info(self->s.control, &info));
	EXPECT_EQ(MAP_FAILED, map_low(self->s.low, info.max_address + 1, BLOCKS(1), PROT_READ));
	EXPECT_EQ(ERANGE, errno);
	EXPECT_EQ(MAP_FAILED, map_low(self->s.low, info.max_address + 1 - BLOCKS(1), BLOCKS(2),
				      PROT_READ));
	EXPECT_EQ(ERANGE, errno);
	EXPECT_EQ(MAP_FAILED, map_low(self->s.low, top, BLOCKS(1), PROT_READ));
	EXPECT_EQ(ERANGE, errno);
	EXPECT_NE(MAP_FAILED, map_low(self->s.low, info.max_address + 1 - BLOCKS(1), BLOCKS(1),
				      PROT_READ));
}

/* The shared alias of isolated machines. */
TEST_F(access, alias_bit_is_refused)
{
	ASSERT_EQ(0, add_range(self->s.control, self->s.start, BLOCKS(4), 0));
	EXPECT_EQ(MAP_FAILED, map_low(self->s.low, self->s.start | 1ULL << 63, BLOCKS(1),
				      PROT_READ | PROT_WRITE));
	EXPECT_EQ(EOPNOTSUPP, errno);
}

TEST_HARNESS_MAIN
