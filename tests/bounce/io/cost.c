// SPDX-License-Identifier: GPL-2.0
/* Measures the cost of one I/O, for a clock that counts instructions; see ../cost.sh. */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../lib/clock.h"
#include "io.h"

#define ROUNDS 9

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* COUNT of I/O, @depth at a time, all from one buffer. */
static void io(int fd, bool write, char *buf, size_t size, size_t count, size_t depth)
{
	size_t begun = 0, ended = 0;

	if (depth == 1) {
		for (; ended < count; ended++) {
			if ((write ? pwrite(fd, buf, size, 0) :
				     pread(fd, buf, size, 0)) != (ssize_t)size)
				err(2, "I/O");
		}
		return;
	}
	while (ended < count) {
		for (; begun < count && begun < ended + depth; begun++)
			aio_begin(fd, write, buf, size, 0);
		if (aio_end(60) != (int64_t)size)
			errx(2, "I/O failed");
		ended++;
	}
}

/*
 * cost DISK read|write SIZE COUNT DEPTH: the nanoseconds of one O_DIRECT I/O, DEPTH at a
 * time, the median of some rounds, as timer interrupts fall into some
 */
static int cmd_cost(char **arg)
{
	bool write = !strcmp(arg[1], "write");
	size_t size = number(arg[2]), count = number(arg[3]);
	int fd = open_disk(arg[0], O_RDWR | O_DIRECT);
	char *buf = buffer(size);
	size_t depth = number(arg[4]);
	double round[ROUNDS];

	for (int r = -1; r < ROUNDS; r++) {	/* the first one warms up */
		u64 start = now_ns();

		io(fd, write, buf, size, count, depth);
		if (r >= 0)
			round[r] = (double)(now_ns() - start) / count;
	}
	qsort(round, ROUNDS, sizeof(*round), ascending);
	printf("%.0f\n", round[ROUNDS / 2]);
	return 0;
}

const struct command cost_commands[] = {
	{ "cost", "DISK read|write SIZE COUNT DEPTH",
	  "nanoseconds of one I/O", 5, cmd_cost },
	{ }
};
