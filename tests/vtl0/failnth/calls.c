// SPDX-License-Identifier: GPL-2.0
/* The calls of vtl0_failnth, and their preparations; those that map memory are in maps.c. */
#include <errno.h>
#include <fcntl.h>
#include <linux/mshv.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "failnth.h"
#include "tap.h"

struct window window;
int control, watch;
const struct test *current;
static int extra = -1;
static union {
	struct vtl0_add add;
	struct vtl0_plan plan;
	struct vtl0_query query;
	struct vtl0_info info;
	struct vtl0_window window;
} arg;
static char buf[64 * 1024];

int sys(long ret)
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

void added(void)
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

static int do_window_with_cookie(void)
{
	arg.window = (struct vtl0_window) {
		.flags = VTL0_WINDOW_COOKIE, .start = window.start, .length = SIZE,
		.cookie = { 1 },
	};
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

void declared(void)
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

static int do_close_extra(void)
{
	int ret = sys(close(extra));

	extra = -1;
	return ret;
}

void forget_calls(void)
{
	int ret;

	if (extra >= 0)
		close(extra);
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
	{ "open of the mapping node of mshv", NULL, do_open_mshv_low, 0, {} },
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
	{ "VTL0_WINDOW with a cookie", NULL, do_window_with_cookie, 0, {} },
	{ "VTL0_WINDOW_DROP", declared, do_drop_window, 0, {} },
	{ "VTL0_ADD in a window", declared_and_set_add, do_add, 0, {
		.start = MIB(4), .length = MIB(4) } },
	{ "VTL0_QUERY of windows", declared, do_query_windows, 0, {} },
	{ "touch in a window", mapped_window, do_write, 0, {} },
	{ "touch in a mapping of mshv", mapped_mshv, do_write, 0, {} },
	{ "VTL0_OPEN", added, do_open_range, 0, {} },
	{ "open of a named node", named_added, do_open_named, 0, {} },
	{ "VTL0_REMOVE", added, do_remove, 0, {} },
	{ "VTL0_REMOVE of chunks", chunks_added, do_remove, 0, {} },
	{ "VTL0_REMOVE of what is mapped", touched_range, do_remove, 0, {} },
	{ "VTL0_REMOVE_PART at an end", chunks_added, do_remove_end, 0, {} },
	{ "VTL0_REMOVE_PART in the middle", chunks_added, do_remove_middle, 0, {} },
	{ "MSHV_CHECK_EXTENSION", NULL, do_check_extension, 0, {} },
	{ "MSHV_CREATE_VTL", NULL, do_create_vtl, 0, {} },
	{ "MSHV_ADD_VTL0_MEMORY", vtl_created, do_add_vtl0_memory, 0, {} },
	{ "mmap", ready_to_map, do_mmap, 0, {} },
	{ "mmap of the node of mshv", ready_to_map_mshv, do_mmap, 0, {} },
	{ "mmap of a named node", ready_to_map_named, do_mmap, 0, {} },
	{ "mmap of a file of VTL0_OPEN", ready_to_map_range, do_mmap, 0, {} },
	{ "read, 4K entry", mapped_pte, do_read, 0, {} },
	{ "write, 4K entry", mapped_pte, do_write, 0, {} },
	{ "read, 2M entry", mapped_pmd, do_read, 0, {} },
	{ "write, 2M entry", mapped_pmd, do_write, 0, {} },
	{ "read, 1G entry", mapped_pud, do_read, 0, {} },
	{ "write, 1G entry", mapped_pud, do_write, 0, {} },
	{ "write through a file of VTL0_OPEN", mapped_range, do_write, 0, {} },
	{ "MADV_POPULATE_WRITE, 4K entry", mapped_pte, do_populate, 0, {} },
	{ "MADV_POPULATE_WRITE, 2M entry", mapped_pmd, do_populate, 0, {} },
	{ "MADV_POPULATE_WRITE, 1G entry", mapped_pud, do_populate, 0, {} },
	{ "MADV_DONTNEED of a part of a 2M entry", touched_pmd, do_drop_part, 0, {} },
	{ "MADV_DONTNEED of a part of a 1G entry", touched_pud, do_drop_part, 0, {} },
	{ "munmap of a part of a 2M entry", touched_pmd, do_munmap_part, 0, {} },
	{ "munmap of a part of a 1G entry", touched_pud, do_munmap_part, 0, {} },
	{ "mprotect of a part of a 2M entry", touched_pmd, do_mprotect_part, 0, {} },
	{ "mprotect of a part of a 1G entry", touched_pud, do_mprotect_part, 0, {} },
	{ "mprotect to nothing, 1G entry", touched_pud, do_mprotect_none, 0, {} },
	{ "mremap of a 2M entry", touched_pmd, do_mremap, 0, {} },
	{ "mremap of a 1G entry", touched_pud, do_mremap, 0, {} },
	{ "close of the mapping node", touched_before, do_close_low, 0, {} },
	{ "close of the control node with a range", added_by_other, do_close_extra, 0, {} },
	{ "close of a VTL", vtl_created, do_close_extra, 0, {} },
};

const unsigned int nr_tests = ARRAY_SIZE(tests);
