// SPDX-License-Identifier: GPL-2.0
/* See ioctl.h. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "clock.h"
#include "file.h"
#include "iomem.h"
#include "ioctl.h"
#include "window.h"

static int open_node(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int open_control(void)
{
	return open_node(CONTROL, O_RDWR);
}

int open_low(int flags)
{
	return open_node(LOW, flags);
}

void *map_low(int low, u64 start, size_t length, int prot)
{
	return mmap(NULL, length, prot, MAP_SHARED, low, start);
}

int vtl0_ioctl(int fd, unsigned long cmd, void *arg)
{
	int ret = ioctl(fd, cmd, arg);

	return ret < 0 ? -errno : ret;
}

int cmd_add(int fd, struct vtl0_add *arg)
{
	if (!arg->size)
		arg->size = sizeof(*arg);
	return vtl0_ioctl(fd, VTL0_ADD, arg);
}

int cmd_remove(int fd, struct vtl0_remove *arg)
{
	if (!arg->size)
		arg->size = sizeof(*arg);
	return vtl0_ioctl(fd, VTL0_REMOVE, arg);
}

int cmd_query(int fd, struct vtl0_query *arg)
{
	if (!arg->size)
		arg->size = sizeof(*arg);
	return vtl0_ioctl(fd, VTL0_QUERY, arg);
}

int cmd_info(int fd, struct vtl0_info *arg)
{
	if (!arg->size)
		arg->size = sizeof(*arg);
	return vtl0_ioctl(fd, VTL0_INFO, arg);
}

int cmd_plan(int fd, struct vtl0_plan *arg)
{
	if (!arg->size)
		arg->size = sizeof(*arg);
	return vtl0_ioctl(fd, VTL0_PLAN, arg);
}

int cmd_open(int fd, struct vtl0_open *arg)
{
	if (!arg->size)
		arg->size = sizeof(*arg);
	return vtl0_ioctl(fd, VTL0_OPEN, arg);
}

int cmd_window(int fd, struct vtl0_window *arg)
{
	if (!arg->size)
		arg->size = sizeof(*arg);
	return vtl0_ioctl(fd, VTL0_WINDOW, arg);
}

int declare_window(int fd, u64 start, u64 length)
{
	struct vtl0_window arg = { .start = start, .length = length };

	return cmd_window(fd, &arg);
}

int add_named(int fd, u64 start, u64 length, const char *name, u32 mode)
{
	struct vtl0_add arg = {
		.start = start, .length = length, .flags = VTL0_ADD_NAME, .file_mode = mode,
	};

	/* one that is too long has no NUL at its end */
	memcpy(arg.name, name, strnlen(name, sizeof(arg.name)));
	return cmd_add(fd, &arg);
}

int add_range(int fd, u64 start, u64 length, u32 flags)
{
	struct vtl0_add arg = { .start = start, .length = length, .flags = flags };

	return cmd_add(fd, &arg);
}

int add_chunked(int fd, u64 start, u64 length, u64 chunk_length)
{
	struct vtl0_add arg = {
		.flags = VTL0_ADD_CHUNK,
		.start = start,
		.length = length,
		.chunk_length = chunk_length,
	};

	return cmd_add(fd, &arg);
}

int add_order(int fd, u64 start, u64 length, u32 max_order)
{
	struct vtl0_add arg = {
		.flags = VTL0_ADD_ORDER,
		.start = start,
		.length = length,
		.max_order = max_order,
	};

	return cmd_add(fd, &arg);
}

int remove_range(int fd, u64 start, u64 length)
{
	struct vtl0_remove arg = { .start = start, .length = length };

	return cmd_remove(fd, &arg);
}

int remove_unpinned(int fd, u64 start, u64 length)
{
	u64 end = now_ns() + 60 * 1000000000ULL;
	int ret;

	/* each call waits for the pins a little */
	do {
		ret = remove_range(fd, start, length);
	} while (ret == -EBUSY && now_ns() < end);
	return ret;
}

/* Calls QUERY until there is no more, with an array of 64 entries. */
static int list(int fd, u32 flags, void *out, size_t entry, unsigned int max)
{
	struct vtl0_query arg = { .flags = flags, .entry_size = entry };
	char *buf = malloc(64 * entry);
	unsigned int nr = 0;
	int ret;

	do {
		arg.buf = (uintptr_t)buf;
		arg.count = 64;
		ret = cmd_query(fd, &arg);
		if (ret)
			break;
		for (u32 i = 0; i < arg.count; i++, nr++)
			if (nr < max)
				memcpy((char *)out + nr * entry, buf + i * entry, entry);
	} while (arg.cursor);
	free(buf);
	return ret ? ret : (int)nr;
}

int list_ranges(int fd, struct vtl0_range_info *info, unsigned int max)
{
	return list(fd, 0, info, sizeof(*info), max);
}

int list_chunks(int fd, struct vtl0_chunk_info *info, unsigned int max)
{
	return list(fd, VTL0_QUERY_CHUNKS, info, sizeof(*info), max);
}

int list_windows(int fd, struct vtl0_window_info *info, unsigned int max)
{
	return list(fd, VTL0_QUERY_WINDOWS, info, sizeof(*info), max);
}

int find_range(int fd, u64 start, struct vtl0_range_info *info)
{
	struct vtl0_query arg = {
		.cursor = start,
		.buf = (uintptr_t)info,
		.entry_size = sizeof(*info),
		.count = 1,
	};
	int ret = cmd_query(fd, &arg);

	if (ret)
		return ret;
	return arg.count == 1 && info->start == start ? 0 : -ENOENT;
}

int remove_all(int fd)
{
	struct vtl0_range_info info;
	int removed = 0, ret;

	while ((ret = list_ranges(fd, &info, 1)) > 0) {
		ret = remove_unpinned(fd, info.start, info.length);
		if (!ret)
			removed++;
		else if (ret != -ENOENT)
			return ret;
	}
	return ret ?: removed;
}

static void describe_range(FILE *out, const struct vtl0_range_info *r)
{
	fprintf(out, "range %u %#llx+%#llx state %u flags %u node %d chunks %u owners %u memmap %llu/%llu\n",
		r->id, r->start, r->length, r->state, r->flags, r->node, r->nr_chunks, r->owners,
		r->memmap_bytes, r->memmap_saved);
}

static void describe_chunk(FILE *out, const struct vtl0_chunk_info *c)
{
	fprintf(out, "chunk of %u %#llx+%#llx order %u\n", c->range_id, c->start, c->length,
		c->order);
}

bool counts_mappings(void)
{
	struct vtl0_info info = { };
	int fd = open_control();

	cmd_info(fd, &info);
	close(fd);
	return info.features & VTL0_FEATURE_COUNTS;
}

char *describe_ranges(int fd)
{
	int nr_ranges = list_ranges(fd, NULL, 0), nr_chunks = list_chunks(fd, NULL, 0);
	struct vtl0_range_info *ranges;
	struct vtl0_chunk_info *chunks;
	char *text = NULL;
	size_t size;
	FILE *out;

	if (nr_ranges < 0 || nr_chunks < 0)
		return NULL;
	ranges = calloc(nr_ranges + 1, sizeof(*ranges));
	chunks = calloc(nr_chunks + 1, sizeof(*chunks));
	out = open_memstream(&text, &size);
	if (!ranges || !chunks || !out)
		abort();
	list_ranges(fd, ranges, nr_ranges);
	list_chunks(fd, chunks, nr_chunks);
	for (int i = 0; i < nr_ranges; i++)
		describe_range(out, &ranges[i]);
	for (int i = 0; i < nr_chunks; i++)
		describe_chunk(out, &chunks[i]);
	fclose(out);
	free(ranges);
	free(chunks);
	return text;
}

int range_attr(u32 id, const char *name, char *buf, size_t size)
{
	char path[128];
	ssize_t n;

	snprintf(path, sizeof(path), "/sys/class/vtl0/range%u/%s", id, name);
	n = read_file(path, buf, size);
	if (n < 0)
		return n;
	if (n && buf[n - 1] == '\n')
		buf[n - 1] = '\0';
	return 0;
}

int range_attr_u64(u32 id, const char *name, u64 *value)
{
	char buf[64], *end;
	int ret = range_attr(id, name, buf, sizeof(buf));

	if (ret)
		return ret;
	*value = strtoull(buf, &end, 0);
	return *end || end == buf ? -EINVAL : 0;
}

static bool is_vtl0(u64 start, u64 length, const char *name, void *arg)
{
	struct window *w = arg;

	if (strcmp(name, "vtl0"))
		return false;
	w->start = start;
	w->length = length;
	return true;
}

/* Is nothing of what is listed on its way out? */
static bool nothing_drains(void *arg)
{
	struct vtl0_range_info info[16];
	int nr = list_ranges(*(int *)arg, info, 16);

	for (int i = 0; i < nr && i < 16; i++)
		if (info[i].state == VTL0_STATE_DRAINING)
			return false;
	return true;
}

int left_behind(char *why, size_t size)
{
	struct vtl0_range_info info[16];
	struct window w;
	int fd = open_control();
	int nr, ret;

	if (fd < 0) {
		snprintf(why, size, "cannot open the control node: %s", strerror(-fd));
		return fd;
	}
	/* what closed files owned goes in the background */
	wait_until(nothing_drains, &fd, PATIENCE);
	nr = list_ranges(fd, info, 16);
	for (int i = 0; i < nr && i < 16; i++) {
		ret = remove_range(fd, info[i].start, info[i].length);
		snprintf(why, size, "range %u at %#llx+%#llx in state %u, %u owners, flags %#x; removing it: %s",
			 info[i].id, info[i].start, info[i].length, info[i].state,
			 info[i].owners, info[i].flags, strerror(-ret));
	}
	if (!nr && iomem_walk(is_vtl0, &w)) {
		snprintf(why, size, "%#" PRIx64 "+%#" PRIx64 " in /proc/iomem only",
			 w.start, w.length);
		nr = 1;
	}
	close(fd);
	return nr;
}
