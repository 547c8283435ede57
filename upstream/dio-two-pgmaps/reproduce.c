// SPDX-License-Identifier: GPL-2.0
/*
 * Direct I/O of one buffer that begins in a file on one persistent memory and ends in a
 * file on another:
 *
 *	reproduce-dio-two-pgmaps TARGET FILE1 FILE2
 *
 * It is longer than one bio may be: the first of the bios cannot have all that it asks for.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common.h"

#define PAGE	4096UL
#define FIRST	(16 * PAGE)
#define SIZE	(512 * PAGE)

static void map_file(void *at, size_t len, const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT, 0600);

	if (fd < 0 || posix_fallocate(fd, 0, len))
		err(CANNOT, "%s", path);
	if (mmap(at, len, PROT_READ | PROT_WRITE, MAP_SHARED_VALIDATE | MAP_SYNC | MAP_FIXED, fd,
		 0) == MAP_FAILED)
		err(CANNOT, "%s: no DAX", path);
	close(fd);
}

/* Each page differs from all others, and from those of a distant @seed. */
static void fill(char *buf, unsigned int seed)
{
	unsigned int *word = (unsigned int *)buf;
	size_t i;

	for (i = 0; i < SIZE / sizeof(*word); i++)
		word[i] = seed + i * sizeof(*word) / PAGE;
}

static size_t differ(const char *got, const char *wanted, size_t len)
{
	size_t i, pages = 0;

	for (i = 0; i + PAGE <= len; i += PAGE)
		pages += !!memcmp(got + i, wanted + i, PAGE);
	return pages;
}

/* An error is no harm, success with other data is. */
static size_t judge(const char *what, ssize_t ret, const char *got, const char *wanted)
{
	size_t wrong;

	if (ret < 0) {
		printf("# %s: an error\n", what);
		return 0;
	}
	wrong = differ(got, wanted, ret);
	printf("# %s: %zd of %lu bytes, %zu pages of %lu WRONG\n", what, ret, SIZE, wrong,
	       SIZE / PAGE);
	return wrong;
}

int main(int argc, char **argv)
{
	/* Memory follows the buffer, as it would in a VMM. */
	char *dax = mmap(NULL, 2 * SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			 0);
	char *behind = dax + SIZE;
	char *plain = aligned_alloc(PAGE, SIZE), *wanted = malloc(SIZE);
	size_t bad, hit;
	ssize_t ret;
	int target;

	if (argc != 4)
		errx(CANNOT, "usage: %s TARGET FILE1 FILE2", argv[0]);
	target = open(argv[1], O_RDWR | O_DIRECT);
	if (target < 0 || dax == MAP_FAILED || !plain || !wanted)
		err(CANNOT, "%s", argv[1]);
	map_file(dax, FIRST, argv[2]);
	map_file(dax + FIRST, SIZE - FIRST, argv[3]);

	fill(dax, 1000);
	fill(behind, 3000);
	fill(wanted, 1000);
	ret = pwrite(target, dax, SIZE, 0);
	if (pread(target, plain, SIZE, 0) != SIZE)
		err(CANNOT, "%s", argv[1]);
	bad = judge("write", ret, plain, wanted);

	fill(plain, 2000);
	fill(wanted, 2000);
	if (pwrite(target, plain, SIZE, 0) != SIZE)
		err(CANNOT, "%s", argv[1]);
	memset(dax, 0, SIZE);
	ret = pread(target, dax, SIZE, 0);
	bad += judge("read", ret, dax, wanted);
	fill(wanted, 3000);
	hit = differ(behind, wanted, SIZE);
	printf("# read: %zu pages behind the buffer OVERWRITTEN\n", hit);
	return bad || hit ? FOUND : NOT_FOUND;
}
