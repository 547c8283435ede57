// SPDX-License-Identifier: GPL-2.0
/* Memory that cannot be registered because the kernel or a driver owns it. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "kselftest_harness.h"
#include "add.h"
#include "modules/upstream.h"

/* The first whole block in an entry of /proc/iomem. */
static u64 align_up(u64 start)
{
	return (start + BLOCKS(1) - 1) & ~(BLOCKS(1) - 1);
}

TEST_F(add, refuses_system_ram)
{
	struct vtl0_add arg = { .length = BLOCKS(1) };
	int low = open_low(O_RDWR);
	u64 start, length;
	char *p;

	ASSERT_LE(0, low);
	ASSERT_EQ(0, iomem_find("System RAM", BLOCKS(32), &start, &length));
	start = align_up(start);
	arg.start = start;
	EXPECT_EQ(-EBUSY, cmd_add(self->ctl, &arg));
	EXPECT_LE(arg.conflict_start, start);
	EXPECT_LT(start, arg.conflict_start + arg.conflict_length);
	/* and it cannot be touched */
	p = map_low(low, start, BLOCKS(1), PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, (void *)p);
	EXPECT_LT(0, touch(p));
	EXPECT_LT(0, touch_write(p + BLOCKS(1) / 2));
	munmap(p, BLOCKS(1));
	/* the lowest RAM, with the holes that firmware keeps in it */
	ASSERT_EQ(0, iomem_find("System RAM", 1, &start, &length));
	EXPECT_REFUSED(-EBUSY, start & ~(BLOCKS(1) - 1), BLOCKS(1));
	close(low);
}

TEST_F(add, device_memory)
{
	struct vtl0_add arg = { .length = BLOCKS(1) };
	int low = open_low(O_RDWR);
	u64 start, length;
	char *p;

	ASSERT_LE(0, low);
	ASSERT_EQ(0, iomem_find_window(BLOCKS(32), &start, &length));
	start = align_up(start);
	arg.start = start;
	EXPECT_EQ(-ENXIO, cmd_add(self->ctl, &arg));
	EXPECT_LT(0, arg.conflict_length);
	p = map_low(low, start, BLOCKS(1), PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, (void *)p);
	EXPECT_LT(0, touch(p));
	munmap(p, BLOCKS(1));
	/* the I/O APIC and the registers around it belong to the kernel */
	EXPECT_REFUSED(-EBUSY, 0xfec00000, BLOCKS(1));
	close(low);
}

TEST_F(add, memory_of_another_driver)
{
	struct upstream_add other = { .length = BLOCKS(2), .order = UPSTREAM_ORDER_CTZ };
	struct vtl0_add arg = { .length = BLOCKS(4) };
	int low = open_low(O_RDWR);
	char *p;
	int fd;

	NEED_WINDOW(1);
	if (run("modprobe vtl0_upstream"))
		SKIP(return, "no module vtl0_upstream");
	ASSERT_LE(0, low);
	fd = open("/dev/vtl0_upstream", O_RDWR);
	ASSERT_LE(0, fd);
	other.start = self->start[1] + BLOCKS(2);
	ASSERT_EQ(0, ioctl(fd, UPSTREAM_ADD, &other));
	arg.start = self->start[1];
	EXPECT_EQ(-EBUSY, cmd_add(self->ctl, &arg));
	EXPECT_EQ(other.start, arg.conflict_start);
	EXPECT_EQ(other.length, arg.conflict_length);
	EXPECT_EQ(0, list_ranges(self->ctl, self->ranges, 64));
	/* it has struct pages, but they are not ours */
	p = map_low(low, self->start[1], BLOCKS(4), PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, (void *)p);
	for (u64 pos = 0; pos < BLOCKS(4); pos += BLOCKS(1)) {
		EXPECT_LT(0, touch(p + pos));
	}
	/* beside it is allowed */
	EXPECT_EQ(0, add_range(self->ctl, self->start[1], BLOCKS(2), 0));
	EXPECT_EQ(0, touch(p));
	EXPECT_LT(0, touch(p + BLOCKS(2)));
	munmap(p, BLOCKS(4));
	close(low);
	EXPECT_EQ(0, ioctl(fd, UPSTREAM_REMOVE));
	close(fd);
	EXPECT_EQ(0, run("modprobe -r vtl0_upstream"));
}

/* Not in /proc/iomem: only the struct pages tell. */
TEST_F(add, memory_that_another_driver_has_not_claimed)
{
	struct upstream_add other = { .length = BLOCKS(2), .order = UPSTREAM_ORDER_CTZ };
	struct vtl0_add arg = { .length = BLOCKS(4) };
	int fd;

	NEED_WINDOW(1);
	if (run("modprobe vtl0_upstream claim=0"))
		SKIP(return, "no module vtl0_upstream");
	fd = open("/dev/vtl0_upstream", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, fd);
	other.start = self->start[1] + BLOCKS(2);
	ASSERT_EQ(0, ioctl(fd, UPSTREAM_ADD, &other));
	EXPECT_FALSE(iomem_has(other.start, other.length, NULL));
	arg.start = self->start[1];
	EXPECT_EQ(-EBUSY, cmd_add(self->ctl, &arg));
	EXPECT_EQ(other.start, arg.conflict_start);
	/* struct pages are looked for in each subsection of the kernel */
	EXPECT_EQ(MIB(2), arg.conflict_length);
	/* a page of a block of it, and all that is beside it */
	arg = (struct vtl0_add) {
		.flags = VTL0_ADD_COVER, .start = self->start[1], .length = BLOCKS(2) + PAGE_BYTES,
	};
	EXPECT_EQ(-EBUSY, cmd_add(self->ctl, &arg));
	EXPECT_EQ(other.start, arg.conflict_start);
	EXPECT_EQ(0, add_range(self->ctl, self->start[1], BLOCKS(2), 0));
	EXPECT_EQ(0, ioctl(fd, UPSTREAM_REMOVE));
	EXPECT_EQ(0, cmd_add(self->ctl, &arg));
	close(fd);
	EXPECT_EQ(0, run("modprobe -r vtl0_upstream"));
}

TEST_F(add, shared_alias)
{
	int low = open_low(O_RDWR);
	u64 alias = 1ULL << 63;

	NEED_WINDOW(1);
	ASSERT_LE(0, low);
	EXPECT_REFUSED(-EOPNOTSUPP, self->start[1] | alias, BLOCKS(1));
	EXPECT_REFUSED(-EOPNOTSUPP, alias, BLOCKS(1));
	/* also beside the registered range itself */
	ASSERT_EQ(0, add_range(self->ctl, self->start[1], BLOCKS(1), 0));
	EXPECT_EQ(-EOPNOTSUPP, add_range(self->ctl, self->start[1] | alias, BLOCKS(1), 0));
	EXPECT_EQ(MAP_FAILED, map_low(low, self->start[1] | alias, BLOCKS(1), PROT_READ));
	EXPECT_EQ(EOPNOTSUPP, errno);
	close(low);
}

/* Pages of another pgmap: they exist, GUP would take them, but they are not ours. */
TEST_F(add, foreign_zone_device)
{
	struct vtl0_add arg = { .length = BLOCKS(1) };
	int low = open_low(O_RDWR);
	u64 start, length;
	char *p;

	ASSERT_LE(0, low);
	if (cmb_find(&start, &length))
		SKIP(return, "no NVMe controller with memory (CMB)");
	arg.start = start;
	EXPECT_EQ(-EBUSY, cmd_add(self->ctl, &arg));
	EXPECT_LE(arg.conflict_start, start);
	EXPECT_LT(start, arg.conflict_start + arg.conflict_length);
	p = map_low(low, start, BLOCKS(1), PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, (void *)p);
	EXPECT_LT(0, touch(p));
	EXPECT_LT(0, touch_write(p + BLOCKS(1) / 2));
	munmap(p, BLOCKS(1));
	close(low);
	/* the last bytes of it, and those behind */
	EXPECT_REFUSED(-EBUSY, start + length - BLOCKS(1), BLOCKS(2));
}

static bool is_ram_there(u64 start, u64 length, const char *name, void *arg)
{
	u64 address = *(u64 *)arg;

	return start <= address && address - start < length && !strcmp(name, "System RAM");
}

static bool is_system_ram(u64 address)
{
	return iomem_walk(is_ram_there, &address);
}

TEST_F(add, reaches_into_system_ram)
{
	struct vtl0_add arg;
	u64 end;

	NEED_WINDOW(1);
	end = self->start[1] + self->length[1];
	if (!is_system_ram(end))
		SKIP(return, "no System RAM behind window 1");
	arg = (struct vtl0_add) { .start = end - BLOCKS(4), .length = BLOCKS(8) };
	EXPECT_EQ(-EBUSY, cmd_add(self->ctl, &arg));
	/* the first byte that is in the way is where RAM goes on */
	EXPECT_EQ(end, arg.conflict_start);
	EXPECT_LT(0, arg.conflict_length);
	EXPECT_EQ(0, list_ranges(self->ctl, self->ranges, 64));
	/* RAM before it, and on both sides */
	EXPECT_REFUSED(-EBUSY, self->start[1] - BLOCKS(4), BLOCKS(8));
	EXPECT_REFUSED(-EBUSY, self->start[1] - BLOCKS(4), self->length[1] + BLOCKS(8));
	/* one block too many at either side */
	EXPECT_REFUSED(-EBUSY, self->start[1] - BLOCKS(1), BLOCKS(2));
	EXPECT_REFUSED(-EBUSY, end - BLOCKS(1), BLOCKS(2));
	/* up to it is allowed */
	EXPECT_EQ(0, add_range(self->ctl, end - BLOCKS(4), BLOCKS(4), 0));
}

/* A resource that is not busy within a reserved one, as PNP makes them. */
TEST_F(add, resource_in_reserved_memory)
{
	struct vtl0_add arg = { .length = BLOCKS(8) };
	char command[128];
	u64 child;

	NEED_WINDOW(1);
	if (!iomem_has(self->start[1], self->length[1], "Reserved"))
		SKIP(return, "window 1 is not listed as Reserved");
	child = self->start[1] + BLOCKS(32);
	snprintf(command, sizeof(command),
		 "modprobe reserved_child start=%" PRIu64 " length=%" PRIu64, child, BLOCKS(2));
	ASSERT_EQ(0, run(command));
	/* around it */
	arg.start = child - BLOCKS(4);
	EXPECT_EQ(-EBUSY, cmd_add(self->ctl, &arg));
	EXPECT_LE(arg.conflict_start, child);
	EXPECT_LE(child + BLOCKS(2), arg.conflict_start + arg.conflict_length);
	/* one end of it, the other one, all of it, and in it */
	EXPECT_REFUSED(-EBUSY, child - BLOCKS(1), BLOCKS(2));
	EXPECT_REFUSED(-EBUSY, child + BLOCKS(1), BLOCKS(2));
	EXPECT_REFUSED(-ENXIO, child, BLOCKS(2));
	EXPECT_REFUSED(-ENXIO, child + BLOCKS(1), BLOCKS(1));
	/* beside it is allowed */
	EXPECT_EQ(0, add_range(self->ctl, child - BLOCKS(1), BLOCKS(1), 0));
	EXPECT_EQ(0, add_range(self->ctl, child + BLOCKS(2), BLOCKS(1), 0));
	EXPECT_EQ(0, remove_range(self->ctl, child - BLOCKS(1), BLOCKS(1)));
	EXPECT_EQ(0, remove_range(self->ctl, child + BLOCKS(2), BLOCKS(1)));
	EXPECT_EQ(0, run("modprobe -r reserved_child"));
	EXPECT_EQ(0, add_range(self->ctl, child - BLOCKS(4), BLOCKS(8), 0));
}

#define CACHE_TYPES "/sys/kernel/debug/x86/pat_memtype_list"

/* Has the kernel a mapping on record that begins at @start and is not cached? */
static bool maps_uncached(u64 start)
{
	char *types = slurp(CACHE_TYPES);
	char entry[40], *found;
	bool ret;

	snprintf(entry, sizeof(entry), "[mem %#018" PRIx64 "-", start);
	found = types ? strstr(types, entry) : NULL;
	ret = found && !strncmp(strchr(found, ']'), "] uncached", strlen("] uncached"));
	free(types);
	return ret;
}

/*
 * An uncached mapping that was there first makes the direct map uncached, too. A claim
 * zaps it (CONFIG_IO_STRICT_DEVMEM), and there are kernels that then forget its type.
 */
TEST_F(add, memory_that_a_program_maps_uncached)
{
	struct vtl0_add arg = { };
	int fd = open("/dev/mem", O_RDWR | O_SYNC | O_CLOEXEC);
	void *page;
	int ret;

	NEED_WINDOW(1);
	if (access(CACHE_TYPES, F_OK))
		SKIP(return, "the kernel keeps no cache types (CONFIG_X86_PAT)");
	ASSERT_LE(0, fd);
	page = mmap(NULL, PAGE_BYTES, PROT_READ, MAP_SHARED, fd, self->start[1] + BLOCKS(2));
	if (page == MAP_FAILED)
		SKIP(return, "/dev/mem cannot be mapped");
	arg.flags = VTL0_ADD_CHUNK;
	arg.start = self->start[1];
	arg.length = BLOCKS(4);
	arg.chunk_length = BLOCKS(1);
	ret = cmd_add(self->ctl, &arg);
	if (!ret && !maps_uncached(self->start[1] + BLOCKS(2))) {
		EXPECT_LT(0, touch(page));
		EXPECT_EQ(0, munmap(page, PAGE_BYTES));
		close(fd);
		return;
	}
	EXPECT_EQ(-EBUSY, ret);
	EXPECT_EQ(self->start[1] + BLOCKS(2), arg.conflict_start);
	EXPECT_EQ(BLOCKS(1), arg.conflict_length);
	EXPECT_EQ(-EBUSY, add_range(self->ctl, self->start[1], BLOCKS(4), 0));
	/* beside it is good, and when it has gone all is */
	EXPECT_EQ(0, add_range(self->ctl, self->start[1], BLOCKS(2), 0));
	EXPECT_EQ(0, remove_range(self->ctl, self->start[1], BLOCKS(2)));
	ASSERT_EQ(0, munmap(page, PAGE_BYTES));
	close(fd);
	EXPECT_EQ(0, add_range(self->ctl, self->start[1], BLOCKS(4), 0));
}

/* The register of an MTRR that begins at @base, or -1. */
static int mtrr_register(u64 base)
{
	char *text = slurp("/proc/mtrr");
	char *line, *rest = text;
	int found = -1;

	while (rest && (line = strsep(&rest, "\n"))) {
		unsigned int reg;
		u64 start;

		if (sscanf(line, "reg%u: base=%" SCNx64, &reg, &start) == 2 && start == base)
			found = reg;
	}
	free(text);
	return found;
}

TEST_F(add, memory_that_an_mtrr_makes_uncached)
{
	u64 base = self->start[1] + BLOCKS(3);
	struct vtl0_add arg = { };
	char text[80];

	NEED_WINDOW(1);
	snprintf(text, sizeof(text), "base=%#" PRIx64 " size=0x200000 type=uncachable", base);
	if (write_file("/proc/mtrr", text) < 0)
		SKIP(return, "no MTRR can be set here");
	ASSERT_LE(0, mtrr_register(base));
	arg.flags = VTL0_ADD_CHUNK;
	arg.start = base - BLOCKS(1);
	arg.length = BLOCKS(3);
	arg.chunk_length = BLOCKS(1);
	EXPECT_EQ(-EBUSY, cmd_add(self->ctl, &arg));
	EXPECT_EQ(base, arg.conflict_start);
	EXPECT_EQ(BLOCKS(1), arg.conflict_length);
	snprintf(text, sizeof(text), "disable=%d", mtrr_register(base));
	EXPECT_EQ(0, write_file("/proc/mtrr", text));
	EXPECT_EQ(0, cmd_add(self->ctl, &arg));
}

/* All of memory: RAM, windows, PCI, and the holes between them. */
TEST_F(add, refuses_all_of_memory)
{
	int ret = add_range(self->ctl, iomem_first_ram() & ~(BLOCKS(1) - 1), GIB(16), 0);

	EXPECT_TRUE(ret == -EBUSY || ret == -ENXIO)
		TH_LOG("%d", ret);
	EXPECT_EQ(0, list_ranges(self->ctl, self->ranges, 64));
	/* where there is nothing at all is a hole, and that is allowed */
	EXPECT_EQ(0, add_range(self->ctl, EMPTY_BASE, GIB(2), 0));
}

#define HALF BLOCKS(2)

static bool overlaps(u64 start, u64 length, const char *name, void *arg)
{
	u64 *from = arg;

	(void)name;
	return start < *from + HALF && *from < start + length;
}

/* Reserved memory that ends where nothing is listed. */
static bool ends_in_nothing(u64 start, u64 length, const char *name, void *arg)
{
	u64 *edge = arg, end = start + length;

	if (strcmp(name, "Reserved") || length < HALF || end % BLOCKS(1) ||
	    iomem_walk(overlaps, &end))
		return false;
	*edge = end;
	return true;
}

TEST_F(add, half_reserved)
{
	struct vtl0_add arg = { .length = 2 * HALF };
	u64 edge;

	if (!iomem_walk(ends_in_nothing, &edge) || edge + HALF > self->max_address)
		SKIP(return, "no reserved memory ends in unlisted space");
	arg.start = edge - HALF;
	EXPECT_EQ(-EXDEV, cmd_add(self->ctl, &arg));
	EXPECT_EQ(edge, arg.conflict_start);
	EXPECT_EQ(0, arg.conflict_length);
	EXPECT_EQ(0, list_ranges(self->ctl, self->ranges, 64));
	/* one by one, or covered: that makes both */
	EXPECT_EQ(0, add_range(self->ctl, arg.start, HALF, 0));
	EXPECT_EQ(0, add_range(self->ctl, edge, HALF, 0));
	EXPECT_EQ(2, remove_all(self->ctl));
	arg.flags = VTL0_ADD_COVER;
	EXPECT_EQ(0, cmd_add(self->ctl, &arg));
	EXPECT_EQ(0, arg.conflict_start);
	EXPECT_EQ(2 * HALF, arg.added_length);
	EXPECT_EQ(2, arg.nr_chunks);
	ASSERT_EQ(2, list_ranges(self->ctl, self->ranges, 64));
	EXPECT_EQ(edge, self->ranges[1].start);
	EXPECT_EQ(2, remove_all(self->ctl));
	/* a window claims both, and again when ranges beside the edge have gone */
	EXPECT_EQ(0, declare_window(self->ctl, arg.start, arg.length));
	arg.start = edge - BLOCKS(1);
	arg.length = BLOCKS(2);
	for (int i = 0; i < 2; i++) {
		u64 first = i ? arg.start : edge, last = i ? edge : arg.start;

		EXPECT_EQ(0, cmd_add(self->ctl, &arg));
		EXPECT_EQ(0, remove_range(self->ctl, first, BLOCKS(1)));
		EXPECT_EQ(0, remove_range(self->ctl, last, BLOCKS(1)));
		EXPECT_TRUE(iomem_has(edge - HALF, HALF, "vtl0"));
		EXPECT_TRUE(iomem_has(edge, HALF, "vtl0"));
	}
}

TEST_HARNESS_MAIN
