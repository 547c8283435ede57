// SPDX-License-Identifier: GPL-2.0
/*
 * Transfers two blocks whose metadata lies in two pages: of the host (H), or of another
 * controller's memory (P). A platform that does not let the disk reach P has to refuse
 * such metadata, or to copy it, wherever P stands.
 *
 *	reproduce-metadata-p2p-mix DISK
 */
#include <err.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common.h"
#include "pi_io.h"

#define PAGE 4096UL
#define NR_BLOCKS 2
#define META_SIZE (NR_BLOCKS * PI_TUPLE)
#define ALL (NR_BLOCKS * PI_BLOCK)

static struct pi_disk disk;
static int peer = -1;
static void *data;

static void open_peer(void)
{
	glob_t found;

	if (glob("/sys/bus/pci/devices/*/p2pmem/allocate", 0, NULL, &found))
		errx(CANNOT, "no controller memory");
	peer = open(found.gl_pathv[0], O_RDWR);
	if (peer < 0)
		err(CANNOT, "%s", found.gl_pathv[0]);
	globfree(&found);
}

/* Two pages of these kinds, and in them the place of the metadata. */
static char *place(const char *kinds)
{
	char *va = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			-1, 0);
	int i;

	if (va == MAP_FAILED)
		err(CANNOT, "memory");
	for (i = 0; i < 2; i++)
		if (kinds[i] == 'P' &&
		    mmap(va + i * PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, peer,
			 0) == MAP_FAILED)
			err(CANNOT, "controller memory");
	return va + PAGE - META_SIZE / 2;
}

static void carry(bool write, char *meta)
{
	int ret = pi_transfer(&disk, write, data, meta, NR_BLOCKS);

	if (ret != ALL)
		errx(CANNOT, "%s with metadata in one page: result %d",
		     write ? "write" : "read", ret);
}

/* A write of metadata of these kinds: its result, or 0 if other metadata was written. */
static int try(const char *kinds, char value)
{
	char *meta = place(kinds);
	char *plain = malloc(META_SIZE);
	int ret, i;

	if (!plain)
		err(CANNOT, "memory");
	memset(plain, 'o', META_SIZE);
	carry(true, plain);
	memset(meta, value, META_SIZE);
	ret = pi_transfer(&disk, true, data, meta, NR_BLOCKS);
	carry(false, plain);
	for (i = 0; ret == ALL && i < META_SIZE; i++)
		if (plain[i] != value)
			ret = 0;
	printf("# metadata in %s: %s (%d)\n", kinds,
	       ret == ALL ? "written" : ret ? "refused" : "WRITTEN WRONGLY", ret);
	free(plain);
	munmap(meta - PAGE + META_SIZE / 2, 2 * PAGE);
	return ret;
}

int main(int argc, char **argv)
{
	int pp, ph, hp;

	if (argc != 2)
		errx(CANNOT, "usage: %s DISK", argv[0]);
	pi_open(&disk, argv[1]);
	open_peer();
	data = aligned_alloc(PAGE, PAGE);
	if (!data)
		err(CANNOT, "memory");
	memset(data, 'd', PAGE);
	if (try("HH", 'a') != ALL)
		errx(CANNOT, "metadata in two pages is not written");
	pp = try("PP", 'b');
	ph = try("PH", 'c');
	hp = try("HP", 'e');
	if (pp == ALL && ph == ALL && hp == ALL)
		errx(CANNOT, "the disk may reach the memory here: nothing to tell");
	puts(ph != hp || !ph ? "reproduced" : "not reproduced");
	return 0;
}
