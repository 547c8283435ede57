// SPDX-License-Identifier: GPL-2.0
/* See iomem.h. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "iomem.h"

bool iomem_walk(bool (*found)(u64 start, u64 length, const char *name, void *arg), void *arg)
{
	FILE *f = fopen("/proc/iomem", "re");
	bool ret = false;
	char line[256];

	if (!f)
		return false;
	while (!ret && fgets(line, sizeof(line), f)) {
		char name[128];
		u64 start, end;

		if (sscanf(line, " %" SCNx64 "-%" SCNx64 " : %127[^\n]", &start, &end, name) == 3)
			ret = found(start, end - start + 1, name, arg);
	}
	fclose(f);
	return ret;
}

struct iomem_wish {
	u64 start;
	u64 length;
	const char *name;
};

static bool same_entry(u64 start, u64 length, const char *name, void *arg)
{
	struct iomem_wish *w = arg;

	return start == w->start && length == w->length &&
	       (!w->name || !strcmp(name, w->name));
}

static bool long_enough(u64 start, u64 length, const char *name, void *arg)
{
	struct iomem_wish *w = arg;

	if (start < w->start || length < w->length || strcmp(name, w->name))
		return false;
	w->start = start;
	w->length = length;
	return true;
}

bool iomem_has(u64 start, u64 length, const char *name)
{
	struct iomem_wish w = { start, length, name };

	return iomem_walk(same_entry, &w);
}

static int find_from(u64 from, const char *name, u64 min_length, u64 *start, u64 *length)
{
	struct iomem_wish w = { from, min_length, name };

	if (!iomem_walk(long_enough, &w))
		return -ENOENT;
	*start = w.start;
	*length = w.length;
	return 0;
}

int iomem_find(const char *name, u64 min_length, u64 *start, u64 *length)
{
	return find_from(0, name, min_length, start, length);
}

u64 iomem_first_ram(void)
{
	u64 start = 0, length;

	iomem_find("System RAM", 1, &start, &length);
	return start;
}

struct iomem_gap {
	const char *window;
	u64 start;	/* the first gap of @min_length bytes or more ... */
	u64 end;	/* ... lies in [start, end) */
	u64 min_length;
};

/* The entries in a window are sorted, and come behind it. */
static bool ends_gap(u64 start, u64 length, const char *name, void *arg)
{
	struct iomem_gap *gap = arg;

	if (start < gap->start || start + length > gap->end || !strcmp(name, gap->window))
		return false;
	if (start - gap->start >= gap->min_length) {
		gap->end = start;
		return true;
	}
	gap->start = start + length;
	return false;
}

/*
 * The name of the host bridge's window is the second one after a boot with pci=noacpi, and
 * the third one where a device tree names it, for arm64 in QEMU.
 */
int iomem_find_window(u64 min_length, u64 *start, u64 *length)
{
	static const char * const names[] = { "PCI Bus 0000:00", "PNP0A08:00", "pcie@10000000" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		u64 from = iomem_first_ram();

		while (!find_from(from, names[i], min_length, start, length)) {
			struct iomem_gap gap = {
				.window = names[i], .start = *start,
				.end = *start + *length, .min_length = min_length,
			};

			from = gap.end;
			iomem_walk(ends_gap, &gap);
			*start = gap.start;
			*length = gap.end - gap.start;
			if (*length >= min_length)
				return 0;
		}
	}
	return -ENOENT;
}
