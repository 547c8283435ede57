// SPDX-License-Identifier: GPL-2.0
/*
 * Finds the blocks of a disk whose protection information is not that of their data; see
 * ../power_cut.guest.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "io.h"

#define PIECE (256 << 10)
#define BLOCK 512

static bool is_torn(int fd, void *buf, size_t size, off_t offset)
{
	if (pread(fd, buf, size, offset) == (ssize_t)size)
		return false;
	if (errno != EILSEQ)
		err(2, "pread at %lld", (long long)offset);
	return true;
}

/* torn DISK SIZE: prints the numbers of those in the first SIZE bytes */
static int cmd_torn(char **arg)
{
	int fd = open_disk(arg[0], O_RDONLY | O_DIRECT);
	size_t size = number(arg[1]) / PIECE * PIECE;
	char *buf = buffer(PIECE);

	for (size_t piece = 0; piece < size; piece += PIECE) {
		if (!is_torn(fd, buf, PIECE, piece))
			continue;
		for (size_t at = piece; at < piece + PIECE; at += BLOCK)
			if (is_torn(fd, buf, BLOCK, at))
				printf("%zu\n", at / BLOCK);
	}
	return 0;
}

const struct command torn_commands[] = {
	{ "torn", "DISK SIZE",
	  "the blocks of 512 bytes that cannot be read for their protection information", 2,
	  cmd_torn },
	{ }
};
