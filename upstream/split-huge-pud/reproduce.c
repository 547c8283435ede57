// SPDX-License-Identifier: GPL-2.0
/*
 * reproduce move FILE: moves a mapping of 1 GiB of FILE by mremap(), and unmaps it.
 * reproduce split FILE: unmaps 4 KiB of such a mapping whose memory begins with a word
 * that looks like a page table's entry for 2 MiB. Is it still there?
 */
#include <err.h>
#include <stdio.h>
#include <string.h>

#include "common.h"

#define PAGE	4096UL
/* present, writable, for users, accessed, dirty, a leaf */
#define LEAF	(0x140000000UL | 0xe7)

static int move(const char *path)
{
	char *space = reserve_space(3 * GIB);
	char *map = map_at(space, GIB, path);

	strcpy(map, "moved");
	map = mremap(map, GIB, GIB, MREMAP_MAYMOVE | MREMAP_FIXED, space + 2 * GIB);
	if (map == MAP_FAILED)
		err(CANNOT, "mremap");
	if (strcmp(map, "moved"))
		errx(CANNOT, "the data did not move");
	if (munmap(map, GIB))
		err(CANNOT, "munmap");
	return NOT_FOUND;
}

static int split(const char *path)
{
	volatile uint64_t *map = (void *)map_at(reserve_space(GIB), GIB, path);

	*map = LEAF;
	if (munmap((char *)map + PAGE, PAGE))
		err(CANNOT, "munmap");
	printf("# the first word was %#lx, is %#lx\n", LEAF, (unsigned long)*map);
	return *map == LEAF ? NOT_FOUND : FOUND;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "move"))
		return move(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "split"))
		return split(argv[2]);
	errx(CANNOT, "usage: reproduce move|split FILE");
}
