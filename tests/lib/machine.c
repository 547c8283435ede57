// SPDX-License-Identifier: GPL-2.0
/* See machine.h. */
#include <errno.h>
#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "file.h"
#include "machine.h"

bool debug_kernel(void)
{
	return !access("/proc/lockdep_stats", F_OK);
}

const char *nvme_disk(void)
{
	struct stat st;

	return !stat("/dev/nvme0n1", &st) && S_ISBLK(st.st_mode) ? "/dev/nvme0n1" : NULL;
}

u64 online_nodes(void)
{
	char buf[256];
	char *p = buf;
	u64 mask = 0;

	if (read_file("/sys/devices/system/node/online", buf, sizeof(buf)) < 0)
		return 1;
	/* "0-1,3" */
	while (*p >= '0' && *p <= '9') {
		unsigned long from = strtoul(p, &p, 10), to = from;

		if (*p == '-')
			to = strtoul(p + 1, &p, 10);
		for (; from <= to && from < 64; from++)
			mask |= 1ULL << from;
		if (*p == ',')
			p++;
	}
	return mask;
}

/* Finds the BAR that the memory of @length bytes fills. */
static int bar_of(const char *resources, u64 length, u64 *start)
{
	char line[128];
	int ret = -ENOENT;
	u64 end, flags;
	FILE *f = fopen(resources, "r");

	while (f && ret && fgets(line, sizeof(line), f))
		if (sscanf(line, "%" SCNx64 " %" SCNx64 " %" SCNx64, start, &end, &flags) == 3 &&
		    *start && end - *start + 1 == length)
			ret = 0;
	if (f)
		fclose(f);
	return ret;
}

int cmb_find(u64 *start, u64 *length)
{
	char text[32], path[300];
	int ret = -ENOENT;
	glob_t g;

	if (glob("/sys/bus/pci/devices/*/p2pmem/size", 0, NULL, &g))
		return -ENOENT;
	for (size_t i = 0; ret && i < g.gl_pathc; i++) {
		if (read_file(g.gl_pathv[i], text, sizeof(text)) <= 0)
			continue;
		*length = strtoull(text, NULL, 0);
		snprintf(path, sizeof(path), "%.*s/resource",
			 (int)(strlen(g.gl_pathv[i]) - strlen("/p2pmem/size")), g.gl_pathv[i]);
		ret = bar_of(path, *length, start);
	}
	globfree(&g);
	return ret;
}

int run(const char *command)
{
	char line[512];
	int ret;

	snprintf(line, sizeof(line), "%s >/dev/null 2>&1", command);
	ret = system(line);
	return WIFEXITED(ret) ? WEXITSTATUS(ret) : 128;
}
