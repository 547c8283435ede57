// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's reports on a mapping: procfs, a core dump, and the tracepoint.
 */
#include <dirent.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "map.h"

#define TRACE "/sys/kernel/tracing/instances/vtl0-test"

LEVEL_FIXTURE(procfs);

FIXTURE_SETUP(procfs)
{
	SETUP_LEVEL();
}

FIXTURE_TEARDOWN_PARENT(procfs)
{
	EXPECT_ALL_GONE();
}

#define FINISH() do {							\
	EXPECT_EQ(0, map_info(&self->s).held);				\
	ASSERT_EQ(0, munmap(self->va, self->s.length));			\
	EXPECT_UNUSED_AND_REMOVE(&self->s);				\
} while (0)

/* A line of the VMA's entry in smaps: its text behind the colon. */
static bool smaps_line(const char *va, const char *name, char *out, size_t size)
{
	FILE *f = fopen("/proc/self/smaps", "re");
	bool inside = false, found = false;
	char line[512];

	while (f && !found && fgets(line, sizeof(line), f)) {
		unsigned long from, to;

		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			inside = from <= (uintptr_t)va && (uintptr_t)va < to;
		found = inside && !strncmp(line, name, strlen(name)) &&
			line[strlen(name)] == ':';
		if (found)
			snprintf(out, size, "%s", line + strlen(name) + 1);
	}
	fclose(f);
	return found;
}

TEST_F_TIMEOUT(procfs, smaps, SLOW)
{
	char text[512];
	u64 rss;

	ASSERT_EQ(0, touch_write(self->va));
	ASSERT_TRUE(smaps_line(self->va, "Rss", text, sizeof(text)));
	rss = strtoull(text, NULL, 10) * 1024;
	/* the walk drops 1G entries, which fault in again */
	EXPECT_EQ(variant->entry == PUD_BYTES || !counts_mappings() ? 0 :
		  variant->entry * ENTRIES_AROUND(variant->entry), rss);
	ASSERT_TRUE(smaps_line(self->va, "VmFlags", text, sizeof(text)));
	EXPECT_NE(NULL, strstr(text, " sh "));
	EXPECT_NE(NULL, strstr(text, " de "));
	EXPECT_NE(NULL, strstr(text, " dd "));
	EXPECT_EQ(NULL, strstr(text, " io "));
	EXPECT_EQ(NULL, strstr(text, " pf "));
	EXPECT_EQ(NULL, strstr(text, " mm "));
	EXPECT_EQ(0, touch_write(self->va));
	EXPECT_MAPPINGS(ENTRIES_AROUND(variant->entry), map_info(&self->s).mappings);
	FINISH();
}

TEST_F_TIMEOUT(procfs, pagemap, SLOW)
{
	u64 entry, pfn = (self->s.start + 3 * PAGE_BYTES) / PAGE_BYTES;
	int fd = open("/proc/self/pagemap", O_RDONLY);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, touch_write(self->va + 3 * PAGE_BYTES));
	ASSERT_EQ(8, pread(fd, &entry, 8, ((uintptr_t)self->va / PAGE_BYTES + 3) * 8));
	/* as for smaps */
	EXPECT_EQ(variant->entry == PUD_BYTES ? 0 : pfn, entry & ((1ULL << 55) - 1));
	EXPECT_EQ(variant->entry != PUD_BYTES, entry >> 63);
	EXPECT_EQ(0, touch_write(self->va));
	FINISH();
}

TEST_F_TIMEOUT(procfs, numa_maps, SLOW)
{
	char *text = malloc(MIB(1)), name[32];

	ASSERT_EQ(0, touch_write(self->va));
	if (read_file("/proc/self/numa_maps", text, MIB(1)) < 0)
		SKIP(return, "needs CONFIG_NUMA");
	snprintf(name, sizeof(name), "%lx ", (uintptr_t)self->va);
	EXPECT_NE(NULL, strstr(text, name));
	EXPECT_EQ(0, touch_write(self->va));
	free(text);
	FINISH();
}

static void dump_core(const char *dir)
{
	struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };

	setrlimit(RLIMIT_CORE, &unlimited);
	/* everything, also shared DAX memory: bits of Documentation/filesystems/proc.rst */
	write_file("/proc/self/coredump_filter", "0x1ff");
	if (chdir(dir))
		_exit(1);
	abort();
}

/* Does the file contain the eight bytes, at a multiple of eight? */
static bool file_has(const char *path, u64 word)
{
	static u64 buf[KIB(64) / 8];
	int fd = open(path, O_RDONLY);
	bool found = false;
	ssize_t n;

	while (!found && (n = read(fd, buf, sizeof(buf))) > 0)
		for (ssize_t i = 0; i < n / 8; i++)
			found |= buf[i] == word;
	close(fd);
	return found;
}

TEST_F_TIMEOUT(procfs, core_dump_is_without_it, SLOW)
{
	/* not the words themselves: they must not be in the core by way of the code */
	volatile u64 half = 0x1122334455667788ULL;
	static volatile u64 *normal;
	char dir[] = "/tmp/vtl0-core-XXXXXX", old[128], core[80];
	struct stat st;
	int status;
	pid_t child;

	ASSERT_LT(0, read_file("/proc/sys/kernel/core_pattern", old, sizeof(old)));
	ASSERT_EQ(0, write_file("/proc/sys/kernel/core_pattern", "core"));
	write_file("/proc/sys/kernel/core_uses_pid", "0");
	ASSERT_NE(NULL, mkdtemp(dir));
	normal = malloc(8);
	*normal = half * 3;
	*(volatile u64 *)self->va = half * 5;
	child = fork();
	if (!child)
		dump_core(dir);
	EXPECT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, write_file("/proc/sys/kernel/core_pattern", old));
	EXPECT_TRUE(WIFSIGNALED(status) && WCOREDUMP(status));
	snprintf(core, sizeof(core), "%s/core", dir);
	EXPECT_EQ(0, stat(core, &st));
	EXPECT_GT((off_t)MIB(8), st.st_size);
	EXPECT_TRUE(file_has(core, half * 3));
	EXPECT_FALSE(file_has(core, half * 5));
	EXPECT_EQ(0, unlink(core));
	EXPECT_EQ(0, rmdir(dir));
	FINISH();
}

/* The trace shows which orders were tried, and which one it became. */
TEST_F_TIMEOUT(procfs, tracepoint_shows_orders, SLOW)
{
	char *text = malloc(MIB(1)), wanted[128];

	mkdir(TRACE, 0755);
	if (write_file(TRACE "/events/vtl0/vtl0_fault/enable", "1"))
		SKIP(return, "needs tracefs");
	EXPECT_EQ(0, touch_write(self->va));
	EXPECT_EQ(0, write_file(TRACE "/events/vtl0/vtl0_fault/enable", "0"));
	EXPECT_LT(0, read_file(TRACE "/trace", text, MIB(1)));
	snprintf(wanted, sizeof(wanted), "address=%#lx phys=%#lx order=%u ",
		 (uintptr_t)self->va, (unsigned long)self->s.start, variant->order);
	EXPECT_NE(NULL, strstr(text, wanted));
	/* the C code reads the byte before it writes it */
	snprintf(wanted, sizeof(wanted), "order=%u read result=NOPAGE", variant->order);
	EXPECT_NE(NULL, strstr(text, wanted)) {
		TH_LOG("%s", text);
	}
	/* that of the folio at once, and no other */
	snprintf(wanted, sizeof(wanted), "order=%u read result=FALLBACK", PMD_FOLIO_ORDER);
	EXPECT_EQ(variant->entry == PAGE_BYTES, !!strstr(text, wanted));
	snprintf(wanted, sizeof(wanted), "order=%u read result=NOPAGE", PMD_FOLIO_ORDER);
	EXPECT_EQ(variant->entry == PMD_BYTES, !!strstr(text, wanted));
	/*
	 * Whether 1G is tried before depends on the other mappings in that GiB: the
	 * core offers it if the entry is empty, for a VMA of any size.
	 */
	snprintf(wanted, sizeof(wanted), "order=%u read result=NOPAGE", PUD_FOLIO_ORDER);
	EXPECT_EQ(variant->entry == PUD_BYTES, !!strstr(text, wanted));
	rmdir(TRACE);
	free(text);
	FINISH();
}

TEST_HARNESS_MAIN
