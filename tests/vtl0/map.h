/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Helpers of the tests of mapping (vtl0_map_*), pinning (vtl0_pin_*) and life
 * cycle (vtl0_life_*), besides common.h: a registered range that is mapped by
 * entries of one level, the disk behind it, and proof that nothing holds it.
 */
#ifndef _VTL0_SELFTESTS_MAP_H
#define _VTL0_SELFTESTS_MAP_H

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "common.h"

/* A fault of a page maps all of the aligned FAULT_AROUND that lies in mapping and chunk. */
#define FAULT_AROUND (64 * PAGE_BYTES)
/* The entries that a fault makes if they are of this size. */
#define ENTRIES_AROUND(entry) ((entry) == PAGE_BYTES ? 64 : 1)

/* Everything is within the first window, which is aligned to 1 GiB. */
struct map_state {
	int control;
	int low;
	u64 start;
	u64 length;
};

/* A folio order, the bytes of an entry that maps it, and how much to register. */
#define LEVEL_FIELDS u32 order; u64 entry; u64 length
#define LEVEL_PTE .order = 0, .entry = PAGE_BYTES, .length = 4 * PMD_BYTES
#define LEVEL_PMD .order = PMD_FOLIO_ORDER, .entry = PMD_BYTES, .length = 16 * PMD_BYTES
#define LEVEL_PUD .order = PUD_FOLIO_ORDER, .entry = PUD_BYTES, .length = PUD_BYTES

/* How long a test looks for a race that it may miss: VTL0_SECONDS of the environment, or 2. */
static inline unsigned int race_seconds(void)
{
	const char *text = getenv("VTL0_SECONDS");

	return text ? atoi(text) : 2;
}

/* Why a test is skipped that got -ENOENT from map_open() or map_setup(). */
static const char *map_lacks = "needs --reserve 1G@0x100000000";
#define NO_RAM "%s", map_lacks

/* Opens both nodes; registers nothing. -ENOENT: no RAM to use. */
static inline int map_open(struct map_state *s)
{
	u64 length;
	int ret = env_range(0, &s->start, &length);

	if (ret)
		return ret;
	if (s->start % GIB(1) || length < GIB(1))
		return -ENOENT;
	s->control = open_control();
	if (s->control < 0)
		return s->control;
	s->low = open_low(O_RDWR);
	return s->low < 0 ? s->low : 0;
}

/* Does the kernel map folios of 1G, or of what PUD_BYTES is? If not, @map_lacks says so. */
static inline bool map_has_pud(void)
{
	struct vtl0_info info = { };
	int fd = open_control();

	cmd_info(fd, &info);
	close(fd);
	if (!(info.features & VTL0_FEATURE_MAP_PUD))
		map_lacks = "this kernel makes no entries of 1G";
	return info.features & VTL0_FEATURE_MAP_PUD;
}

/*
 * As map_open(), and registers @length bytes at most of @order. -ENOENT also if the kernel
 * has no entries for that order.
 */
static inline int map_setup(struct map_state *s, u64 length, u32 order)
{
	int ret = map_open(s);

	if (!ret && order == PUD_FOLIO_ORDER && !map_has_pud())
		return -ENOENT;
	s->length = length;
	return ret ? ret : add_order(s->control, s->start, length, order);
}

/* A fixture and its variants: a range that is mapped by entries of each level. */
#define LEVEL_FIXTURE(name)						\
	FIXTURE(name) {							\
		struct map_state s;					\
		char *va;						\
	};								\
	FIXTURE_VARIANT(name) {						\
		LEVEL_FIELDS;						\
	};								\
	FIXTURE_VARIANT_ADD(name, pte) { LEVEL_PTE };			\
	FIXTURE_VARIANT_ADD(name, pmd) { LEVEL_PMD };			\
	FIXTURE_VARIANT_ADD(name, pud) { LEVEL_PUD }

/* The beginning of its FIXTURE_SETUP(): registers and maps the range. */
#define SETUP_LEVEL() do {						\
	int ret = map_setup(&self->s, variant->length, variant->order);	\
									\
	if (ret == -ENOENT)						\
		SKIP(return, NO_RAM);					\
	ASSERT_EQ(0, ret);						\
	self->va = map_low(self->s.low, self->s.start, self->s.length,	\
			   PROT_READ | PROT_WRITE);			\
	ASSERT_NE(MAP_FAILED, self->va);				\
} while (0)

/* Why a test is skipped that got -ENOENT from open_disk(). */
#define NO_DISK "needs --nvme plain"

static inline struct vtl0_range_info map_info(const struct map_state *s)
{
	struct vtl0_range_info info = { .state = ~0U, .held = ~0ULL, .mappings = ~0ULL };

	find_range(s->control, s->start, &info);
	return info;
}

static inline bool map_is_idle(void *arg)
{
	struct vtl0_range_info info = map_info(arg);

	return !info.held && (!info.mappings || info.mappings == VTL0_MAPPINGS_UNKNOWN);
}

static inline bool map_is_unheld(void *arg)
{
	return !map_info(arg).held;
}

/* After I/O: nothing is pinned, or will not be in a moment, see remove_unpinned(). */
#define EXPECT_UNHELD(s) EXPECT_TRUE(wait_until(map_is_unheld, s, PATIENCE))

/* At the end of a test, when nothing is mapped and nothing pinned any more. */
#define EXPECT_UNUSED_AND_REMOVE(s) do {				\
	struct vtl0_range_info idle_info;				\
	EXPECT_TRUE(wait_until(map_is_idle, s, PATIENCE));		\
	idle_info = map_info(s);					\
	EXPECT_EQ(0, idle_info.held);					\
	EXPECT_MAPPINGS(0, idle_info.mappings);				\
	EXPECT_EQ(0, remove_range((s)->control, (s)->start, (s)->length)); \
} while (0)

static inline bool map_nothing_registered(void *arg)
{
	struct vtl0_info info = { .nr_ranges = 1 };
	int fd = open_control();

	(void)arg;
	if (fd < 0)
		return true;
	cmd_info(fd, &info);
	close(fd);
	return !info.nr_ranges;
}

/*
 * For FIXTURE_TEARDOWN_PARENT(): the test's process is dead, so its ranges must
 * go, those that were pinned a moment later.
 */
#define EXPECT_ALL_GONE() do {						\
	EXPECT_TRUE(wait_until(map_nothing_registered, NULL, PATIENCE)); \
	EXPECT_NOTHING_LEFT();						\
} while (0)

/* An NVMe disk with @block bytes a block and no metadata, O_DIRECT; -ENOENT: none. */
static inline int open_disk_named(unsigned int block, char *path, size_t size)
{
	for (int i = 0; i < 8; i++) {
		unsigned int found;
		char meta[8];
		int fd;

		snprintf(path, size, "/sys/block/nvme%dn1/metadata_bytes", i);
		if (read_file(path, meta, sizeof(meta)) > 0 && meta[0] != '0')
			continue;
		snprintf(path, size, "/dev/nvme%dn1", i);
		fd = open(path, O_RDWR | O_DIRECT | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (!ioctl(fd, BLKSSZGET, &found) && found == block)
			return fd;
		close(fd);
	}
	return -ENOENT;
}

static inline int open_disk(unsigned int block)
{
	char path[64];

	return open_disk_named(block, path, sizeof(path));
}

/*
 * Direct I/O from @buf to the disk and back: 0 if all of it went both ways and
 * the data are right, else -errno, -EIO for a short transfer, -EILSEQ for data.
 */
static inline int direct_io(int disk, void *buf, size_t size, u64 seed)
{
	ssize_t n;

	fill_pattern(buf, size, seed);
	n = pwrite(disk, buf, size, 0);
	if (n != (ssize_t)size)
		return n < 0 ? -errno : -EIO;
	memset(buf, 0xee, size);
	n = pread(disk, buf, size, 0);
	if (n != (ssize_t)size)
		return n < 0 ? -errno : -EIO;
	return check_pattern(buf, size, seed) ? 0 : -EILSEQ;
}

/* rmmod vtl0, without waiting: 0, or -EAGAIN while something uses it. */
static inline int unload_module(void)
{
	return module_unload("vtl0", false);
}

static inline bool module_unloads(void *arg)
{
	(void)arg;
	return unload_module() == 0;
}

/* No file, mapping or pinned page keeps the module. */
static inline bool module_unused(void *arg)
{
	char text[16] = "";

	(void)arg;
	return read_file("/sys/module/vtl0/refcnt", text, sizeof(text)) > 0 && !strcmp(text, "0\n");
}

static inline int load_module(void)
{
	return module_load("vtl0", "");
}

#endif /* _VTL0_SELFTESTS_MAP_H */
