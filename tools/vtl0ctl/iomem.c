// SPDX-License-Identifier: GPL-2.0
/* Finds the owner of an address in /proc/iomem. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "dev.h"
#include "die.h"
#include "iomem.h"
#include "text.h"

static char *append(char *path, const char *name)
{
	char *longer = path ? xasprintf("%s > %s", path, name)
			    : xasprintf("%s", name);

	free(path);
	return longer;
}

/* Without CAP_SYS_ADMIN all addresses in the file are 0: such lines cover nothing. */
static int line_covers(const char *line, uint64_t addr, const char **name)
{
	uint64_t first, last;
	int pos = 0;

	if (sscanf(line, " %" SCNx64 "-%" SCNx64 " : %n", &first, &last,
		   &pos) < 2 || !pos || !last)
		return 0;
	*name = line + pos;
	return first <= addr && addr <= last;
}

char *iomem_owner(uint64_t addr)
{
	FILE *file = dev_iomem();
	char *line = NULL, *path = NULL;
	const char *name;
	size_t size = 0;

	if (!file)
		return NULL;
	while (getline(&line, &size, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (line_covers(line, addr, &name))
			path = append(path, name);
	}
	free(line);
	fclose(file);
	return path;
}
