// SPDX-License-Identifier: GPL-2.0
/*
 * Transfers two blocks whose metadata lies in two pages, half of it at the end of the
 * one and half at the beginning of the other: once in pages that are neighbours in
 * physical memory, too, and, as the control, in pages that are not.
 *
 *	reproduce-nvme-metadata-vecs DISK
 */
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common.h"
#include "pi_io.h"

#define PAGE 4096UL
#define NR_PAGES 4096
#define NR_BLOCKS 2
#define META_SIZE (NR_BLOCKS * PI_TUPLE)

static char *pool;
static uint64_t pfns[NR_PAGES];
static struct pi_disk disk;
static void *data;

/* Small pages that stay where they are. */
static void make_pool(void)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);
	size_t i;

	pool = mmap(NULL, NR_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		    -1, 0);
	if (pool == MAP_FAILED || madvise(pool, NR_PAGES * PAGE, MADV_NOHUGEPAGE) ||
	    mlock(pool, NR_PAGES * PAGE))
		err(CANNOT, "memory");
	for (i = 0; i < NR_PAGES; i++)
		*(volatile char *)(pool + i * PAGE) = 1;
	if (pread(fd, pfns, sizeof(pfns), (uintptr_t)pool / PAGE * sizeof(pfns[0])) !=
	    sizeof(pfns))
		err(CANNOT, "pagemap");
	close(fd);
	for (i = 0; i < NR_PAGES; i++)
		pfns[i] &= (1ULL << 55) - 1;
}

/* Two pages, taken from the pool, one behind the other, and in them the place of the metadata. */
static char *place(size_t first, size_t second)
{
	char *va = mmap(NULL, 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (va == MAP_FAILED ||
	    mremap(pool + first * PAGE, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, va) ==
	    MAP_FAILED ||
	    mremap(pool + second * PAGE, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, va + PAGE) ==
	    MAP_FAILED)
		err(CANNOT, "mremap");
	printf("# pfns %#llx, %#llx\n", (unsigned long long)pfns[first],
	       (unsigned long long)pfns[second]);
	pfns[first] = 0;
	pfns[second] = 0;
	return va + PAGE - META_SIZE / 2;
}

static char *neighbours(void)
{
	size_t i, j;

	for (i = 0; i < NR_PAGES; i++)
		for (j = 0; j < NR_PAGES; j++)
			if (pfns[i] && pfns[j] == pfns[i] + 1)
				return place(i, j);
	errx(CANNOT, "no two pages are neighbours");
}

static char *strangers(void)
{
	size_t first = NR_PAGES, second;

	while (!pfns[--first])
		;
	second = first;
	while (!pfns[--second] || pfns[second] == pfns[first] + 1)
		;
	return place(first, second);
}

static void transfer(bool write, void *meta)
{
	int ret = pi_transfer(&disk, write, data, meta, NR_BLOCKS);

	if (ret != NR_BLOCKS * PI_BLOCK)
		errx(CANNOT, "%s: result %d", write ? "write" : "read", ret);
}

/* Says for each block whether its metadata is @want; returns how many are not. */
static int compare(const char *what, const char *meta, char want)
{
	char tuple[PI_TUPLE];
	int wrong = 0;
	int i;

	memset(tuple, want, sizeof(tuple));
	for (i = 0; i < NR_BLOCKS; i++) {
		bool same = !memcmp(meta + i * PI_TUPLE, tuple, sizeof(tuple));

		printf("# %s: metadata of block %d %s\n", what, i, same ? "arrived" : "is LOST");
		wrong += !same;
	}
	return wrong;
}

static int round_trip(const char *what, char *out, char *in, char value)
{
	memset(out, value, META_SIZE);
	transfer(true, out);
	memset(in, 0, META_SIZE);
	transfer(false, in);
	return compare(what, in, value);
}

int main(int argc, char **argv)
{
	char *close_by, *apart, *apart2;
	int lost;

	if (argc != 2)
		errx(CANNOT, "usage: %s DISK", argv[0]);
	pi_open(&disk, argv[1]);
	make_pool();
	close_by = neighbours();
	apart = strangers();
	data = aligned_alloc(PAGE, PAGE);
	apart2 = malloc(META_SIZE);
	if (!data || !apart2)
		err(CANNOT, "memory");
	memset(data, 'd', PAGE);
	if (round_trip("control", apart, apart2, 'a'))
		errx(CANNOT, "metadata is lost in any case");
	lost = round_trip("write from neighbours", close_by, apart2, 'b');
	lost += round_trip("read into neighbours", apart, close_by, 'c');
	puts(lost ? "reproduced" : "not reproduced");
	return 0;
}
