// SPDX-License-Identifier: GPL-2.0
/*
 * reproduce FILE: reads mappings of FILE by process_vm_readv(), through entries of 4 KiB,
 * 2 MiB and 1 GiB. All are special, so that none may be read.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common.h"

#define PAGE	4096UL
#define PMD	(2UL << 20)

/* The size of the mapping, and where it begins, decide on the entry. */
static int readable(const char *what, char *at, size_t len, const char *path)
{
	char *map = map_at(at, len, path), c = 0;
	struct iovec to = { &c, 1 }, from = { map, 1 };
	int got;

	*(volatile char *)map = 'x';
	got = process_vm_readv(getpid(), &to, 1, &from, 1, 0) == 1;
	printf("# %s: %s\n", what, got ? "read" : strerror(errno));
	munmap(map, len);
	return got;
}

int main(int argc, char **argv)
{
	char *space;
	int found;

	if (argc != 2)
		errx(CANNOT, "usage: reproduce FILE");
	space = reserve_space(GIB);
	if (readable("4 KiB", space + PAGE, PAGE, argv[1]))
		errx(CANNOT, "an entry of 4 KiB is not special");
	found = readable("2 MiB", space + PMD, PMD, argv[1]);
	space = reserve_space(GIB);
	found |= readable("1 GiB", space, GIB, argv[1]);
	return found ? FOUND : NOT_FOUND;
}
