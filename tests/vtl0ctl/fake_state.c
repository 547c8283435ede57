// SPDX-License-Identifier: GPL-2.0
/* The ranges of the fake device, in the file that VTL0_FAKE_STATE names; see fake_dev.c. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/vtl0.h>

#include "dev.h"
#include "die.h"
#include "fake.h"

struct fake_range *ranges;
size_t nr_ranges;

const char *setting(const char *name)
{
	return getenv(name) ?: "";
}

uint64_t number(const char *name)
{
	return strtoull(setting(name), NULL, 0);
}

int wanted_failure(const char *request)
{
	const char *fail = setting("VTL0_FAKE_FAIL");
	size_t len = strlen(request);
	int err;

	if (strncmp(fail, request, len) || fail[len] != ':')
		return 0;
	for (err = 1; err < 134; err++)
		if (strerrorname_np(err) &&
		    !strcmp(strerrorname_np(err), fail + len + 1))
			return err;
	abort();
}

int dev_open(const char *path)
{
	struct fake_range r;
	int fd;

	(void)path;
	errno = wanted_failure("OPEN");
	if (errno)
		return -1;
	fd = open(setting("VTL0_FAKE_STATE"), O_RDWR | O_CREAT, 0600);
	while (fd >= 0 && read(fd, &r, sizeof(r)) == sizeof(r)) {
		ranges = xrealloc(ranges, nr_ranges + 1, sizeof(r));
		ranges[nr_ranges++] = r;
	}
	return fd;
}

void save_ranges(int fd, bool closing)
{
	size_t i;

	if (ftruncate(fd, 0) || lseek(fd, 0, SEEK_SET))
		abort();
	for (i = 0; i < nr_ranges; i++) {
		if (closing && !ranges[i].persist)
			continue;
		if (write(fd, &ranges[i], sizeof(*ranges)) != sizeof(*ranges))
			abort();
	}
}

void dev_close(int fd)
{
	save_ranges(fd, true);
	close(fd);
	free(ranges);
	ranges = NULL;
	nr_ranges = 0;
}

int dev_stat(const char *path, struct stat *st)
{
	size_t i;

	for (i = 0; i < nr_ranges; i++) {
		if (strncmp(path, "/dev/vtl0_", 10) || strcmp(path + 10, ranges[i].name))
			continue;
		*st = (struct stat) {
			.st_mode = S_IFCHR | ranges[i].mode,
			.st_uid = ranges[i].uid, .st_gid = ranges[i].gid,
		};
		if (*setting("VTL0_FAKE_CHMOD"))
			st->st_mode = S_IFCHR | number("VTL0_FAKE_CHMOD");
		if (*setting("VTL0_FAKE_CHOWN"))
			st->st_uid = number("VTL0_FAKE_CHOWN");
		return 0;
	}
	return ENOENT;
}

const char *dev_devicetree(void)
{
	return setting("VTL0_FAKE_DEVICETREE");
}

FILE *dev_iomem(void)
{
	static char text[] =
		"00000000-00000fff : Reserved\n"
		"00001000-3fffffff : System RAM\n"
		"  01000000-01ffffff : Kernel code\n"
		"c0000000-ffffffff : PCI Bus 0000:00\n"
		"  c0000000-c0003fff : 0000:00:04.0\n"
		"    c0000000-c0003fff : nvme\n"
		"1000000000-103fffffff : dax0.0\n"
		"1080000000-113fffffff : Reserved\n";

	return fmemopen(text, strlen(text), "r");
}

FILE *dev_memtypes(void)
{
	static char text[] =
		"PAT memtype list:\n"
		"PAT: [mem 0x0000001000000000-0x00000010c0000000] write-back\n"
		"PAT: [mem 0x0000001080000000-0x0000001080001000] uncached-minus\n";

	return fmemopen(text, strlen(text), "r");
}

FILE *dev_mtrrs(void)
{
	static char text[] =
		"reg00: base=0x000000000 (    0MB), size=131072MB, count=1: write-back\n"
		"reg01: base=0x10c0000000 (68608MB), size=   64KB, count=1: uncachable\n";

	return fmemopen(text, strlen(text), "r");
}

struct fake_range *find_range(uint64_t start, uint64_t length)
{
	size_t i;

	for (i = 0; i < nr_ranges; i++)
		if (ranges[i].start == start && ranges[i].length == length)
			return &ranges[i];
	return NULL;
}

struct fake_range *insert_range(struct fake_range new)
{
	size_t i = nr_ranges++, j;

	for (j = 0; j + 1 < nr_ranges; j++)
		if (ranges[j].id >= new.id)
			new.id = ranges[j].id + 1;
	ranges = xrealloc(ranges, nr_ranges, sizeof(*ranges));
	for (; i && ranges[i - 1].start > new.start; i--)
		ranges[i] = ranges[i - 1];
	ranges[i] = new;
	return &ranges[i];
}

bool name_taken(const char *name)
{
	size_t i;

	for (i = 0; i < nr_ranges; i++)
		if (name[0] && !strcmp(ranges[i].name, name))
			return true;
	return false;
}

static bool same_chunks(const struct fake_range *r, uint32_t max_order, uint64_t chunk_length)
{
	struct fake_range like = *r;
	struct chunk_list is = chunks_of(r), wanted;
	bool same;

	like.max_order = max_order;
	like.chunk_length = chunk_length;
	wanted = chunks_of(&like);
	same = is.nr == wanted.nr && !memcmp(is.v, wanted.v, is.nr * sizeof(*is.v));
	free(is.v);
	free(wanted.v);
	return same;
}

static bool on_node(const struct fake_range *r, uint32_t node)
{
	return r->node == node &&
	       (r->one_node || firmware_node(r->start + r->length - 1) == node);
}

uint32_t mismatch(const struct fake_range *r, const struct vtl0_add *add)
{
	if (add->flags & VTL0_ADD_EXCLUSIVE)
		return VTL0_ADD_EXCLUSIVE;
	if (add->flags & VTL0_ADD_CLEAR)
		return VTL0_ADD_CLEAR;
	if (add->flags & VTL0_ADD_COOKIE && memcmp(r->cookie, add->cookie, sizeof(r->cookie)))
		return VTL0_ADD_COOKIE;
	if (add->flags & VTL0_ADD_NODE && !on_node(r, add->node))
		return VTL0_ADD_NODE;
	if (add->flags & VTL0_ADD_ORDER && !same_chunks(r, add->max_order, r->chunk_length))
		return VTL0_ADD_ORDER;
	if (add->flags & VTL0_ADD_CHUNK && !same_chunks(r, r->max_order, add->chunk_length))
		return VTL0_ADD_CHUNK;
	if (add->name[0] && strcmp(add->name, r->name))
		return VTL0_ADD_NAME;
	return 0;
}

struct fake_range *range_at(uint64_t pos, uint64_t *end)
{
	size_t i;

	for (i = 0; i < nr_ranges; i++) {
		if (pos >= ranges[i].start && pos < ranges[i].start + ranges[i].length)
			return &ranges[i];
		if (ranges[i].start > pos && ranges[i].start < *end)
			*end = ranges[i].start;
	}
	return NULL;
}
