// SPDX-License-Identifier: GPL-2.0
/* The calls of vtl0_failnth, and their preparations. */
#include <errno.h>
#include <fcntl.h>
#include <linux/mshv.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "failnth.h"
#include "tap.h"

/* where nothing is mapped: all levels of page tables are needed */
#define FAR_AWAY	((char *)0x100000000000ULL)

struct window window;
int control, watch;
const struct test *current;
static int low = -1, extra = -1;
static char *mapping;
static union {
	struct vtl0_add add;
	struct vtl0_plan plan;
	struct vtl0_query query;
	struct vtl0_info info;
	struct vtl0_window window;
} arg;
static char buf[64 * 1024];

static int sys(long ret)
{
	return ret < 0 ? -errno : 0;
}

static void add_now(int fd, uint64_t start, uint64_t length, uint32_t flags)
{
	errno = -add_range(fd, start, length, flags);
	if (errno)
		die("VTL0_ADD in preparation of \"%s\"", current->name);
}

void set_add(void)
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

int do_add(void)
{
	return cmd_add(control, &arg.add);
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
		.length = SIZE, .chunk_length = MIB(2), .count = 64,
		.buf = (uintptr_t)buf,
	};
	return sys(ioctl(control, VTL0_PLAN, &arg.plan));
}

static int do_window(void)
{
	arg.window = (struct vtl0_window) { .start = window.start, .length = SIZE };
	return cmd_window(control, &arg.window);
}

static int do_drop_window(void)
{
	arg.window = (struct vtl0_window) {
		.flags = VTL0_WINDOW_DROP, .start = window.start, .length = SIZE,
	};
	return cmd_window(control, &arg.window);
}

static int do_query_windows(void)
{
	return query(VTL0_QUERY_WINDOWS, sizeof(struct vtl0_window_info));
}

static void declared(void)
{
	if (do_window())
		die("VTL0_WINDOW");
}

static void declared_and_set_add(void)
{
	declared();
	set_add();
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

static int do_open_range(void)
{
	struct vtl0_open part = { .start = window.start, .length = SIZE };
	int ret = cmd_open(control, &part);

	low = part.fd;
	return ret;
}

static void named_added(void)
{
	errno = -add_named(control, window.start, SIZE, "failnth", 0600);
	if (errno)
		die("VTL0_ADD with a name");
}

static int do_open_named(void)
{
	low = open("/dev/vtl0_failnth", O_RDWR | O_CLOEXEC);
	return sys(low);
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

/* Mapping and touching */

static size_t map_length;
static uint64_t map_skew;

static int do_mmap(void)
{
	mapping = mmap(FAR_AWAY + map_skew, map_length, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_FIXED_NOREPLACE, low, window.start);
	if (mapping != MAP_FAILED)
		return 0;
	mapping = NULL;
	return -errno;
}

static void ready_to_map(void)
{
	low_open();
	errno = -add_order(control, window.start, GIB(1), 18);
	if (errno)
		die("VTL0_ADD of order 18");
	map_length = GIB(1);
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
		.flags = VTL0_ADD_ORDER, .start = window.start, .length = GIB(1), .max_order = 9,
	};

	low_open();
	errno = -cmd_add(control, &add);
	if (errno)
		die("VTL0_ADD of order 9");
	map_length = GIB(1);
	map_skew = 0;
	mapped();
}

static void mapped_window(void)
{
	declared();
	low_open();
	map_length = SIZE;
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

void catch_bus_errors(void)
{
	struct sigaction bus = { .sa_handler = on_sigbus };

	sigaction(SIGBUS, &bus, NULL);
}

/* The kernel retries a fault that ran out of memory, so this always succeeds. */
static int do_touch(void)
{
	if (sigsetjmp(bus_jump, 1))
		return -EFAULT;
	*(volatile char *)(mapping + MIB(6)) = 1;
	return 0;
}

static int do_populate(void)
{
	return sys(madvise(mapping + MIB(4), 4096, MADV_POPULATE_WRITE));
}

static int do_munmap_part(void)
{
	return sys(munmap(mapping + MIB(6), 4096));
}

static int do_mprotect_part(void)
{
	return sys(mprotect(mapping + MIB(6), 4096, PROT_READ));
}

static int do_mprotect_none(void)
{
	return sys(mprotect(mapping + MIB(6), 4096, PROT_NONE));
}

static int do_mremap(void)
{
	char *p = mremap(mapping, map_length, map_length, MREMAP_MAYMOVE | MREMAP_FIXED,
			 FAR_AWAY + GIB(4) + MIB(2));

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

void cleanup(void)
{
	int ret;

	if (mapping)
		munmap(FAR_AWAY, GIB(8));
	mapping = NULL;
	if (low >= 0)
		close(low);
	if (extra >= 0)
		close(extra);
	low = -1;
	extra = -1;
	do_drop_window();
	ret = remove_all(watch);
	errno = -ret;
	if (ret < 0)
		die("cannot remove what \"%s\" added", current->name);
}

const struct test tests[] = {
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
		.flags = VTL0_ADD_CHUNK, .length = SIZE, .chunk_length = MIB(2) } },
	{ "VTL0_ADD of the same again", added_by_other, do_add, 0, { .length = SIZE } },
	{ "VTL0_ADD of an overlap", added_by_other, do_add, -EEXIST, {
		.start = MIB(2), .length = SIZE } },
	/* one gap: what a failed call has covered before stays */
	{ "VTL0_ADD_COVER with edges of 4K", set_add, do_add, 0, {
		.flags = VTL0_ADD_COVER, .start = 4096, .length = SIZE } },
	{ "VTL0_ADD_COVER of what is there", added_by_other, do_add, 0, {
		.flags = VTL0_ADD_COVER, .start = MIB(2), .length = SIZE - MIB(4) } },
	{ "VTL0_ADD of a duplicate, exclusive", added_by_other, do_add, -EEXIST, {
		.flags = VTL0_ADD_EXCLUSIVE, .length = SIZE } },
	{ "VTL0_ADD, cleared", set_add, do_add, 0, {
		.flags = VTL0_ADD_CLEAR, .length = SIZE } },
	{ "VTL0_ADD with a cookie", set_add, do_add, 0, {
		.flags = VTL0_ADD_COOKIE, .length = SIZE, .cookie = { 1 } } },
	{ "VTL0_ADD with a name", set_add, do_add, 0, {
		.flags = VTL0_ADD_NAME, .length = SIZE, .name = "failnth", .file_mode = 0600 } },
	{ "VTL0_WINDOW", NULL, do_window, 0, {} },
	{ "VTL0_WINDOW_DROP", declared, do_drop_window, 0, {} },
	{ "VTL0_ADD in a window", declared_and_set_add, do_add, 0, {
		.start = MIB(4), .length = MIB(4) } },
	{ "VTL0_QUERY of windows", declared, do_query_windows, 0, {} },
	{ "touch in a window", mapped_window, do_touch, 0, {} },
	{ "VTL0_OPEN", added, do_open_range, 0, {} },
	{ "open of a named node", named_added, do_open_named, 0, {} },
	{ "VTL0_REMOVE", added, do_remove, 0, {} },
	{ "VTL0_REMOVE of chunks", chunks_added, do_remove, 0, {} },
	{ "VTL0_REMOVE_PART at an end", chunks_added, do_remove_end, 0, {} },
	{ "VTL0_REMOVE_PART in the middle", chunks_added, do_remove_middle, 0, {} },
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
	{ "mprotect to nothing, 1G entry", touched_pud, do_mprotect_none, 0, {} },
	{ "mremap of a 2M entry", touched_pmd, do_mremap, 0, {} },
	{ "mremap of a 1G entry", touched_pud, do_mremap, 0, {} },
	{ "close of the mapping node", low_and_range, do_close_low, 0, {} },
	{ "close of the control node with a range", added_by_other, do_close_extra, 0, {} },
	{ "close of a VTL", vtl_created, do_close_extra, 0, {} },
};

const unsigned int nr_tests = ARRAY_SIZE(tests);
