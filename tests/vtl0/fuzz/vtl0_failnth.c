// SPDX-License-Identifier: GPL-2.0
/*
 * Makes every allocation of every call fail, one after the other: N = 1, 2, 3, ...
 * is written to /proc/thread-self/fail-nth before a call, until the call ends
 * with the injection unused. After a call that failed: the errno is ENOMEM,
 * nothing has changed, and the same call then succeeds. A call that survives is
 * right as well: some allocations have a fallback.
 *
 * fail-nth counts what the calling thread allocates. drivers/vtl0/pgmap.c calls
 * memremap_pages() on a kernel thread, out of its reach, and that is on purpose:
 * core mm cannot survive there. add_pages() warns when a section cannot be added
 * and leaves the earlier ones, and the page tables that alloc_low_pages() could
 * not get are used all the same. For that part the driver has an injection of its
 * own (debugfs vtl0/fail_pgmap), swept here too, and it counts the memory before
 * it begins.
 *
 * Loading the module is swept by module.row29_init_failures of the selftests.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/mshv.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "util.h"

#define DEBUGFS		"/sys/kernel/debug/"
#define MAX_NTH		3000
#define CHUNKS		8
#define SIZE		(CHUNKS * 2 * MIB)
/* where nothing else is mapped, so that all levels of page tables are needed */
#define FAR_AWAY	((char *)0x100000000000ULL)

static struct window window;	/* 1 GiB-aligned reserved RAM */
static int nth_fd;
static int control;		/* through which calls are made */
static int watch;		/* through which is looked; opened before */
static int low = -1, extra = -1;
static char *mapping;
static union {
	struct vtl0_add add;
	struct vtl0_plan plan;
	struct vtl0_query query;
	struct vtl0_info info;
} arg;
static char buf[64 * 1024];

/*
 * prepare() brings the state about in which call() succeeds, call() does one
 * system call or touch and returns 0 or -errno. What call() leaves is taken back
 * by cleanup(), which is the same for all.
 */
struct test {
	const char *name;
	void (*prepare)(void);
	int (*call)(void);
	/* what call() returns if nothing fails */
	int result;
	struct vtl0_add add;
};

static const struct test *current;

/* ------------------------------------------------------------------ */
/* Calls */

static int sys(long ret)
{
	return ret < 0 ? -errno : 0;
}

static void add_now(int fd, uint64_t start, uint64_t length, uint32_t flags)
{
	errno = -vtl0_add_simple(fd, start, length, flags);
	if (errno)
		die("VTL0_ADD in preparation of \"%s\"", current->name);
}

static void set_add(void)
{
	arg.add = current->add;
	arg.add.start += window.start;
}

static void added_by_other(void)
{
	extra = open(CONTROL, O_RDWR | O_CLOEXEC);
	add_now(extra, window.start, SIZE, 0);
	set_add();
}

static void added(void)
{
	add_now(control, window.start, SIZE, 0);
}

static void chunks_added(void)
{
	struct vtl0_add add = {
		.flags = VTL0_ADD_CHUNK, .start = window.start, .length = SIZE,
		.chunk_length = 2 * MIB,
	};

	errno = -vtl0_add(control, &add);
	if (errno)
		die("VTL0_ADD of chunks");
}

static int do_add(void)
{
	return vtl0_add(control, &arg.add);
}

static int do_remove(void)
{
	return vtl0_remove(control, window.start, SIZE);
}

static int query(uint32_t flags, uint32_t size)
{
	arg.query = (struct vtl0_query) {
		.size = sizeof(arg.query), .flags = flags, .buf = (uintptr_t)buf,
		.entry_size = size, .count = 64,
	};
	return sys(ioctl(control, VTL0_QUERY, &arg.query));
}

static int do_query_ranges(void)
{
	return query(0, sizeof(struct vtl0_range_info));
}

static int do_query_chunks(void)
{
	return query(VTL0_QUERY_CHUNKS, sizeof(struct vtl0_chunk_info));
}

static int do_info(void)
{
	arg.info = (struct vtl0_info) { .size = sizeof(arg.info) };
	return sys(ioctl(control, VTL0_INFO, &arg.info));
}

static int do_plan(void)
{
	arg.plan = (struct vtl0_plan) {
		.size = sizeof(arg.plan), .flags = VTL0_ADD_CHUNK, .start = window.start,
		.length = SIZE, .chunk_length = 2 * MIB, .count = 64,
		.buf = (uintptr_t)buf,
	};
	return sys(ioctl(control, VTL0_PLAN, &arg.plan));
}

static int do_check_extension(void)
{
	__u32 cap = MSHV_CAP_VTL_RETURN_ACTION;

	return sys(ioctl(control, MSHV_CHECK_EXTENSION, &cap));
}

static int do_create_vtl(void)
{
	extra = ioctl(control, MSHV_CREATE_VTL, 0);
	return sys(extra);
}

static void vtl_created(void)
{
	if (do_create_vtl())
		die("MSHV_CREATE_VTL");
}

static int do_add_vtl0_memory(void)
{
	struct mshv_vtl_ram_disposition ram = {
		.start_pfn = window.start / 4096,
		.last_pfn = (window.start + SIZE) / 4096,
	};

	return sys(ioctl(extra, MSHV_ADD_VTL0_MEMORY, &ram));
}

static int do_open_control(void)
{
	extra = open(CONTROL, O_RDWR | O_CLOEXEC);
	return sys(extra);
}

static int do_open_low(void)
{
	low = open(LOW, O_RDWR | O_CLOEXEC);
	return sys(low);
}

static int close_fd(int *fd)
{
	int ret = sys(close(*fd));

	*fd = -1;
	return ret;
}

static int do_close_extra(void)
{
	return close_fd(&extra);
}

static int do_close_low(void)
{
	return close_fd(&low);
}

static void low_open(void)
{
	if (do_open_low())
		die(LOW);
}

/* ------------------------------------------------------------------ */
/* Mapping and touching */

static size_t map_length;
static uint64_t map_skew;

static int do_mmap(void)
{
	char *p = mmap(FAR_AWAY + map_skew, map_length, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_FIXED_NOREPLACE, low, window.start);

	if (p == MAP_FAILED)
		return -errno;
	mapping = p;
	return 0;
}

static void ready_to_map(void)
{
	low_open();
	add_now(control, window.start, GIB, 0);
	map_length = GIB;
	map_skew = 0;
}

static void mapped(void)
{
	if (do_mmap())
		die("mmap in preparation of \"%s\"", current->name);
}

static void mapped_pud(void)
{
	ready_to_map();
	mapped();
}

static void mapped_pmd(void)
{
	struct vtl0_add add = {
		.flags = VTL0_ADD_ORDER, .start = window.start, .length = GIB, .max_order = 9,
	};

	low_open();
	errno = -vtl0_add(control, &add);
	if (errno)
		die("VTL0_ADD of order 9");
	map_length = GIB;
	map_skew = 0;
	mapped();
}

/* The mapping is a page off the alignment of the memory. */
static void mapped_pte(void)
{
	ready_to_map();
	map_skew = 4096;
	mapped();
}

static sigjmp_buf bus_jump;

static void on_sigbus(int sig)
{
	siglongjmp(bus_jump, sig);
}

/* The kernel retries a fault that ran out of memory, so this always succeeds. */
static int do_touch(void)
{
	if (sigsetjmp(bus_jump, 1))
		return -EFAULT;
	*(volatile char *)(mapping + 6 * MIB) = 1;
	return 0;
}

static int do_populate(void)
{
	return sys(madvise(mapping + 4 * MIB, 4096, MADV_POPULATE_WRITE));
}

static int do_munmap_part(void)
{
	return sys(munmap(mapping + 6 * MIB, 4096));
}

static int do_mprotect_part(void)
{
	return sys(mprotect(mapping + 6 * MIB, 4096, PROT_READ));
}

static int do_mremap(void)
{
	char *p = mremap(mapping, map_length, map_length, MREMAP_MAYMOVE | MREMAP_FIXED,
			 FAR_AWAY + 4 * GIB + 2 * MIB);

	if (p == MAP_FAILED)
		return -errno;
	mapping = p;
	return 0;
}

static void touched_pmd(void)
{
	mapped_pmd();
	do_touch();
}

static void touched_pud(void)
{
	mapped_pud();
	do_touch();
}

static void low_and_range(void)
{
	mapped_pud();
	do_touch();
	munmap(mapping, map_length);
	mapping = NULL;
}

static const struct test tests[] = {
	{ "open of the control node", NULL, do_open_control, 0, {} },
	{ "open of the mapping node", NULL, do_open_low, 0, {} },
	{ "VTL0_INFO", added, do_info, 0, {} },
	{ "VTL0_PLAN", NULL, do_plan, 0, {} },
	{ "VTL0_QUERY of ranges", chunks_added, do_query_ranges, 0, {} },
	{ "VTL0_QUERY of chunks", chunks_added, do_query_chunks, 0, {} },
	{ "VTL0_ADD", set_add, do_add, 0, { .length = SIZE } },
	{ "VTL0_ADD, persistent, exclusive, with node", set_add, do_add, 0, {
		.flags = VTL0_ADD_PERSIST | VTL0_ADD_EXCLUSIVE | VTL0_ADD_NODE,
		.length = SIZE } },
	{ "VTL0_ADD, trimmed", set_add, do_add, 0, {
		.flags = VTL0_ADD_TRIM, .start = 4096, .length = SIZE } },
	{ "VTL0_ADD in chunks", set_add, do_add, 0, {
		.flags = VTL0_ADD_CHUNK, .length = SIZE, .chunk_length = 2 * MIB } },
	{ "VTL0_ADD of the same again", added_by_other, do_add, 0, { .length = SIZE } },
	{ "VTL0_ADD of an overlap", added_by_other, do_add, -EEXIST, {
		.start = 2 * MIB, .length = SIZE } },
	{ "VTL0_ADD of a duplicate, exclusive", added_by_other, do_add, -EEXIST, {
		.flags = VTL0_ADD_EXCLUSIVE, .length = SIZE } },
	{ "VTL0_REMOVE", added, do_remove, 0, {} },
	{ "VTL0_REMOVE of chunks", chunks_added, do_remove, 0, {} },
	{ "MSHV_CHECK_EXTENSION", NULL, do_check_extension, 0, {} },
	{ "MSHV_CREATE_VTL", NULL, do_create_vtl, 0, {} },
	{ "MSHV_ADD_VTL0_MEMORY", vtl_created, do_add_vtl0_memory, 0, {} },
	{ "mmap", ready_to_map, do_mmap, 0, {} },
	{ "touch, 4K entry", mapped_pte, do_touch, 0, {} },
	{ "touch, 2M entry", mapped_pmd, do_touch, 0, {} },
	{ "touch, 1G entry", mapped_pud, do_touch, 0, {} },
	{ "MADV_POPULATE_WRITE, 4K entry", mapped_pte, do_populate, 0, {} },
	{ "MADV_POPULATE_WRITE, 2M entry", mapped_pmd, do_populate, 0, {} },
	{ "MADV_POPULATE_WRITE, 1G entry", mapped_pud, do_populate, 0, {} },
	{ "munmap of a part of a 2M entry", touched_pmd, do_munmap_part, 0, {} },
	{ "munmap of a part of a 1G entry", touched_pud, do_munmap_part, 0, {} },
	{ "mprotect of a part of a 2M entry", touched_pmd, do_mprotect_part, 0, {} },
	{ "mprotect of a part of a 1G entry", touched_pud, do_mprotect_part, 0, {} },
	{ "mremap of a 2M entry", touched_pmd, do_mremap, 0, {} },
	{ "mremap of a 1G entry", touched_pud, do_mremap, 0, {} },
	{ "close of the mapping node", low_and_range, do_close_low, 0, {} },
	{ "close of the control node with a range", added_by_other, do_close_extra, 0, {} },
	{ "close of a VTL", vtl_created, do_close_extra, 0, {} },
};

/* ------------------------------------------------------------------ */
/* The sweep */

static void arm(unsigned int n)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", n);

	if (pwrite(nth_fd, text, len, 0) != len)
		die("fail-nth");
}

/* Whether the injection was used. */
static bool disarm(void)
{
	char text[16] = "";

	if (pread(nth_fd, text, sizeof(text) - 1, 0) < 1)
		die("fail-nth");
	arm(0);
	return strtoul(text, NULL, 10) == 0;
}

/* Bytes mapped; not the number of mappings, which core mm cuts before it fails. */
static uint64_t mapped_bytes(void)
{
	FILE *f = fopen("/proc/self/maps", "re");
	uint64_t start, end, sum = 0;
	char line[512];

	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, LOW) &&
		    sscanf(line, "%" SCNx64 "-%" SCNx64, &start, &end) == 2)
			sum += end - start;
	if (f)
		fclose(f);
	return sum;
}

/* Everything a failed call must leave as it was. */
static char *snapshot(void)
{
	char *list = vtl0_list(watch), *iomem = slurp("/proc/iomem"), *all;
	DIR *dir = opendir("/sys/class/vtl0");
	unsigned int dirs = 0;

	while (dir && readdir(dir))
		dirs++;
	if (dir)
		closedir(dir);
	if (asprintf(&all, "%s%s%u directories, %" PRIu64 " bytes mapped\n", list,
		     iomem, dirs, mapped_bytes()) < 0)
		die("asprintf");
	free(list);
	free(iomem);
	return all;
}

static void cleanup(void)
{
	int ret;

	if (mapping)
		munmap(FAR_AWAY, 8 * GIB);
	mapping = NULL;
	if (low >= 0)
		close(low);
	if (extra >= 0)
		close(extra);
	low = -1;
	extra = -1;
	ret = vtl0_remove_all(watch);
	errno = -ret;
	if (ret < 0)
		die("cannot remove what \"%s\" added", current->name);
}

struct outcome {
	unsigned int failed, survived;
	char why[200];
};

/* One call with the Nth allocation failing; true if there are no more. */
static bool attempt(const struct test *t, unsigned int n, struct outcome *out)
{
	char *before, *after;
	bool used, same;
	int ret;

	if (t->prepare)
		t->prepare();
	before = snapshot();
	arm(n);
	ret = t->call();
	used = disarm();
	if (ret == t->result) {
		out->survived += used;
		goto done;
	}
	if (!used || ret != -ENOMEM) {
		snprintf(out->why, sizeof(out->why), "allocation %u%s: %s, not %s", n,
			 used ? "" : " (did not fail)", strerrorname_np(-ret),
			 used ? "ENOMEM" : "as expected");
		goto done;
	}
	out->failed++;
	after = snapshot();
	same = !strcmp(before, after);
	if (!same)
		tap_note("before:\n%safter:\n%s", before, after);
	free(after);
	ret = t->call();
	if (!same || ret != t->result)
		snprintf(out->why, sizeof(out->why), "allocation %u: %s, then %s", n,
			 same ? "nothing changed" : "it left something behind",
			 ret ? strerrorname_np(-ret) : "success");
done:
	free(before);
	cleanup();
	return !used || out->why[0];
}

static void sweep(const struct test *t)
{
	struct outcome out = { };
	unsigned int n = 1;

	current = t;
	while (!attempt(t, n, &out) && n < MAX_NTH)
		n++;
	if (n == MAX_NTH)
		snprintf(out.why, sizeof(out.why), "no end after %u", n);
	tap_ok(!out.why[0], "%s (%u allocations: %u calls failed, %u survived)%s%s",
	       t->name, n - 1, out.failed, out.survived, out.why[0] ? ": " : "", out.why);
}

/* ------------------------------------------------------------------ */
/* The pgmaps, through the driver's own knob */

static void pgmap_knobs(unsigned int pass)
{
	char text[16];

	/* the counter stops at 1 */
	snprintf(text, sizeof(text), "%u", pass + 1);
	if (!spit(DEBUGFS "vtl0/fail_pgmap/space", text) ||
	    !spit(DEBUGFS "vtl0/fail_pgmap/times", "1") ||
	    !spit(DEBUGFS "vtl0/fail_pgmap/verbose", "0") ||
	    !spit(DEBUGFS "vtl0/fail_pgmap/probability", "100"))
		die(DEBUGFS "vtl0/fail_pgmap");
}

static void sweep_pgmaps(void)
{
	static const struct test t = { .name = "pgmaps", .add = {
		.flags = VTL0_ADD_CHUNK, .length = SIZE, .chunk_length = 2 * MIB } };
	unsigned int pass, failed = 0, left = 0, after = 0;
	char *before, *now;

	current = &t;
	for (pass = 0; pass <= CHUNKS; pass++) {
		before = snapshot();
		set_add();
		pgmap_knobs(pass);
		failed += do_add() == -ENOMEM;
		spit(DEBUGFS "vtl0/fail_pgmap/probability", "0");
		if (pass < CHUNKS) {
			now = snapshot();
			left += strcmp(before, now) != 0;
			free(now);
			set_add();
			after += do_add() == 0;
		}
		free(before);
		cleanup();
	}
	tap_ok(failed == CHUNKS && !left && after == CHUNKS,
	       "VTL0_ADD in %u chunks, each pgmap failing (%u failed, %u left something, %u worked then)",
	       CHUNKS, failed, left, after);
}

/* ------------------------------------------------------------------ */

/* Allocations that may sleep, of any order and zone, count too. */
static bool set_up_injection(void)
{
	return spit(DEBUGFS "failslab/ignore-gfp-wait", "N") &&
	       spit(DEBUGFS "failslab/verbose", "0") &&
	       spit(DEBUGFS "fail_page_alloc/ignore-gfp-wait", "N") &&
	       spit(DEBUGFS "fail_page_alloc/ignore-gfp-highmem", "N") &&
	       spit(DEBUGFS "fail_page_alloc/min-order", "0") &&
	       spit(DEBUGFS "fail_page_alloc/verbose", "0");
}

int main(void)
{
	struct sigaction bus = { .sa_handler = on_sigbus };
	unsigned int i;
	int ret;

	nth_fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (nth_fd < 0 || !set_up_injection())
		tap_skip_all("fail-nth", "the kernel has no fault injection");
	if (!window_aligned(GIB, GIB, &window)) {
		errno = ENODEV;
		die("needs 1 GiB of reserved RAM, aligned to it (memmap=)");
	}
	/* faults on the program itself must not use up the injection */
	if (mlockall(MCL_CURRENT))
		die("mlockall");
	sigaction(SIGBUS, &bus, NULL);
	tap_plan(ARRAY_SIZE(tests) + 1);
	ret = module_load("vtl0", "");
	errno = -ret;
	if (ret)
		die("cannot load vtl0");
	control = open(CONTROL, O_RDWR | O_CLOEXEC);
	watch = open(CONTROL, O_RDWR | O_CLOEXEC);
	if (control < 0 || watch < 0)
		die(CONTROL);
	for (i = 0; i < ARRAY_SIZE(tests); i++)
		sweep(&tests[i]);
	sweep_pgmaps();
	close(control);
	close(watch);
	ret = module_unload("vtl0", true);
	errno = -ret;
	if (ret)
		die("cannot unload vtl0");
	return tap_status();
}
