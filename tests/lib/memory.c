// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that is free but does not look so is squeezed out or counted: partial
 * slabs, the quarantine of KASAN, caches, and the pages on the processors' lists,
 * several MiB that MemAvailable leaves out.
 */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "memory.h"
#include "util.h"

static void shrink_slabs(void)
{
	DIR *dir = opendir("/sys/kernel/slab");
	struct dirent *d;
	char path[512];

	while (dir && (d = readdir(dir))) {
		snprintf(path, sizeof(path), "/sys/kernel/slab/%s/shrink", d->d_name);
		spit(path, "1");
	}
	if (dir)
		closedir(dir);
}

static uint64_t on_processor_lists(void)
{
	FILE *f = fopen("/proc/zoneinfo", "r");
	uint64_t pages = 0, count;
	char line[256];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, " count: %" SCNu64, &count) == 1)
			pages += count;
	if (f)
		fclose(f);
	return pages * sysconf(_SC_PAGESIZE);
}

uint64_t memory_available(void)
{
	uint64_t most = 0, now;
	unsigned int same = 0, polls;

	spit("/proc/sys/vm/drop_caches", "3");
	shrink_slabs();
	/* a loaded machine may be late with its grace periods */
	for (polls = 0; same < 5 && polls < 100; polls++) {
		usleep(200000);
		now = meminfo("MemAvailable") + on_processor_lists();
		same = now > most ? 0 : same + 1;
		most = now > most ? now : most;
	}
	return most;
}
