// SPDX-License-Identifier: GPL-2.0
/* Measures the cost of one I/O, for a clock that counts instructions; see ../cost.sh. */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io.h"

#define ROUNDS 9

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/*
 * cost DISK read|write SIZE COUNT: the nanoseconds of one O_DIRECT I/O at queue depth 1,
 * the median of some rounds, as timer interrupts fall into some
 */
static int cmd_cost(char **arg)
{
	bool write = !strcmp(arg[1], "write");
	size_t size = number(arg[2]), count = number(arg[3]);
	int fd = open_disk(arg[0], O_RDWR | O_DIRECT);
	char *buf = buffer(size);
	double round[ROUNDS];

	for (int r = -1; r < ROUNDS; r++) {	/* the first one warms up */
		double start = now();

		for (size_t i = 0; i < count; i++) {
			if ((write ? pwrite(fd, buf, size, 0) :
				     pread(fd, buf, size, 0)) != (ssize_t)size)
				err(2, "%s", arg[0]);
		}
		if (r >= 0)
			round[r] = (now() - start) / count;
	}
	qsort(round, ROUNDS, sizeof(*round), ascending);
	printf("%.0f\n", round[ROUNDS / 2] * 1e9);
	return 0;
}

const struct command cost_commands[] = {
	{ "cost", "DISK read|write SIZE COUNT",
	  "nanoseconds of one I/O", 4, cmd_cost },
	{ }
};
