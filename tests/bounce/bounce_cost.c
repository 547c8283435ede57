// SPDX-License-Identifier: GPL-2.0
/*
 * What one I/O costs: bounce_cost DISK read|write SIZE COUNT prints the
 * nanoseconds of one O_DIRECT I/O at queue depth 1. The median of 9 rounds, as timer interrupts
 * fall into some. Meant for a clock that counts instructions; see bounce.sh.
 */
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 9

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static char *buffer(size_t size)
{
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (p == MAP_FAILED)
		err(1, "mmap");
	memset(p, 1, size);
	return p;
}

int main(int argc, char **argv)
{
	int fd, write;
	size_t size, count;
	double round[ROUNDS];
	char *buf;

	if (argc != 5)
		errx(2, "DISK read|write SIZE COUNT");
	write = !strcmp(argv[2], "write");
	size = strtoul(argv[3], NULL, 0);
	count = strtoul(argv[4], NULL, 0);
	buf = buffer(size);
	fd = open(argv[1], O_RDWR | O_DIRECT);
	if (fd < 0)
		err(1, "%s", argv[1]);
	for (int r = -1; r < ROUNDS; r++) {	/* the first one warms up */
		double start = now();

		for (size_t i = 0; i < count; i++) {
			if ((write ? pwrite(fd, buf, size, 0) :
				     pread(fd, buf, size, 0)) != (ssize_t)size)
				err(1, "%s", argv[1]);
		}
		if (r >= 0)
			round[r] = (now() - start) / count;
	}
	qsort(round, ROUNDS, sizeof(*round), ascending);
	printf("%.0f\n", round[ROUNDS / 2]);
	return 0;
}
