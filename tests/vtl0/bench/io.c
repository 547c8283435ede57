// SPDX-License-Identifier: GPL-2.0
/* Measures direct I/O of a range, beside that of RAM, on a disk that does nothing. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"
#include "ioctl.h"
#include "machine.h"
#include "measure.h"
#include "tap.h"
#include "window.h"

#define DISK	"/dev/nullb0"
#define LENGTH	MIB(64)

/* Work for each of the transfers, over all of the memory. */
static uint64_t transfer(int disk, char *p, uint64_t size, bool write)
{
	struct measure m;
	uint64_t i;

	measure_begin(&m);
	for (i = 0; i + size <= LENGTH; i += size) {
		ssize_t ret = write ? pwrite(disk, p + i, size, i) : pread(disk, p + i, size, i);

		if (ret != (ssize_t)size)
			die("direct I/O of %" PRIu64 " bytes: %zd", size, ret);
	}
	measure_end(&m);
	return m.work / (LENGTH / size);
}

static uint64_t io_cost(int disk, char *p, uint64_t size, bool write)
{
	uint64_t v[MAX_REPS];

	for (unsigned int i = 0; i < reps; i++)
		v[i] = transfer(disk, p, size, write);
	return median(v, reps);
}

static char *ordinary_memory(void)
{
	char *p = mmap(NULL, LENGTH + MIB(2), PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("mmap");
	p = (char *)(((uintptr_t)p + MIB(2) - 1) & ~(MIB(2) - 1));
	if (madvise(p, LENGTH, MADV_HUGEPAGE) || madvise(p, LENGTH, MADV_POPULATE_WRITE) ||
	    madvise(p, LENGTH, MADV_COLLAPSE))
		die("no huge pages");
	return p;
}

static double compare_io(int disk, char *ours, char *theirs, uint64_t size, bool write)
{
	uint64_t a = io_cost(disk, ours, size, write);
	uint64_t b = io_cost(disk, theirs, size, write);
	char name[64];

	snprintf(name, sizeof(name), "%s of %" PRIu64 " KiB", write ? "write" : "read",
		 size / KIB(1));
	add_row("O_DIRECT on null_blk; other: RAM, huge pages", name, "instr", a, b);
	return (double)a / b;
}

void bench_io(void)
{
	static const uint64_t sizes[] = { KIB(4), KIB(64), MIB(1) };
	double ratio, worst = 0;
	char *ours, *theirs;
	struct window w;
	int disk, low;

	if (!window_aligned(MIB(2), LENGTH, &w))
		die("no reserved RAM (memmap=)");
	if (run("modprobe null_blk"))
		die("cannot load null_blk");
	disk = open(DISK, O_RDWR | O_DIRECT | O_CLOEXEC);
	if (disk < 0)
		die(DISK);
	progress("direct I/O on " DISK);
	if (add_range(control, w.start, LENGTH, 0))
		die("VTL0_ADD of the window");
	low = open_low(O_RDWR);
	ours = map_low(low, w.start, LENGTH, PROT_READ | PROT_WRITE);
	if (ours == MAP_FAILED)
		die("mmap of " LOW);
	theirs = ordinary_memory();
	memset(ours, 1, LENGTH);
	memset(theirs, 1, LENGTH);
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes) * 2; i++) {
		ratio = compare_io(disk, ours, theirs, sizes[i / 2], i % 2);
		worst = ratio > worst ? ratio : worst;
	}
	munmap(ours, LENGTH);
	close(low);
	close(disk);
	if (remove_unpinned(control, w.start, LENGTH))
		die("VTL0_REMOVE of the window");
	if (check)
		tap_ok(worst <= 1.1, "direct I/O of a range costs at most 1.1 times what it costs of RAM (%.3f times)",
		       worst);
}
