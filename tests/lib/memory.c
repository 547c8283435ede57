// SPDX-License-Identifier: GPL-2.0
/*
 * See memory.h. memory_available() makes the kernel free what it only keeps (partial slabs,
 * KASAN's quarantine, caches), and adds the pages on the processors' lists, several MiB,
 * which MemAvailable leaves out.
 */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "memory.h"

/* Reads the number behind "NAME:" in a file, which is in KiB, and returns it in bytes. */
static long long kib_line(const char *path, const char *name)
{
	size_t len = strlen(name);
	long long ret = -ENOENT;
	FILE *f = fopen(path, "re");
	char line[256];

	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, name, len) && line[len] == ':')
			ret = strtoll(line + len + 1, NULL, 10) * 1024;
	fclose(f);
	return ret;
}

u64 meminfo(const char *name)
{
	long long bytes = kib_line("/proc/meminfo", name);

	return bytes < 0 ? 0 : bytes;
}

long long status_bytes(const char *name)
{
	return kib_line("/proc/self/status", name);
}

static void shrink_slabs(void)
{
	DIR *dir = opendir("/sys/kernel/slab");
	struct dirent *d;
	char path[512];

	while (dir && (d = readdir(dir))) {
		snprintf(path, sizeof(path), "/sys/kernel/slab/%s/shrink", d->d_name);
		write_file(path, "1");
	}
	if (dir)
		closedir(dir);
}

static u64 on_processor_lists(void)
{
	FILE *f = fopen("/proc/zoneinfo", "r");
	u64 pages = 0, count;
	char line[256];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, " count: %" SCNu64, &count) == 1)
			pages += count;
	if (f)
		fclose(f);
	return pages * sysconf(_SC_PAGESIZE);
}

u64 memory_available(void)
{
	u64 most = 0, now;
	unsigned int same = 0, polls;

	write_file("/proc/sys/vm/drop_caches", "3");
	shrink_slabs();
	/* RCU frees memory late on a busy machine: wait until it is no longer getting more */
	for (polls = 0; same < 5 && polls < 100; polls++) {
		usleep(200000);
		now = meminfo("MemAvailable") + on_processor_lists();
		same = now > most ? 0 : same + 1;
		most = now > most ? now : most;
	}
	return most;
}

void *alloc_aligned(size_t alignment, size_t size)
{
	void *p;

	return posix_memalign(&p, alignment, size) ? NULL : p;
}

static u64 pattern(u64 seed, size_t i)
{
	return (seed + i) * 0x9e3779b97f4a7c15ULL;
}

void fill_pattern(void *buf, size_t size, u64 seed)
{
	u64 *p = buf;

	for (size_t i = 0; i < size / sizeof(*p); i++)
		p[i] = pattern(seed, i);
}

bool check_pattern(const void *buf, size_t size, u64 seed)
{
	const u64 *p = buf;

	for (size_t i = 0; i < size / sizeof(*p); i++)
		if (p[i] != pattern(seed, i))
			return false;
	return true;
}
