// SPDX-License-Identifier: GPL-2.0
/* Measures the cost of a fault, on reserved RAM. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"
#include "clock.h"
#include "ioctl.h"
#include "measure.h"
#include "tap.h"
#include "window.h"

#define MANY_CHUNKS	4096

/* Reads or writes a byte every @step; returns the work for each of them. */
static uint64_t touch(char *p, uint64_t length, uint64_t step, bool write)
{
	struct measure m;
	uint64_t i;

	measure_begin(&m);
	for (i = 0; i < length; i += step) {
		if (write)
			*(volatile char *)(p + i) = 1;
		else
			(void)*(volatile char *)(p + i);
	}
	measure_end(&m);
	return m.work / (length / step);
}

static char *map_at(int fd, uint64_t offset, uint64_t length, uint64_t skew)
{
	uint64_t align = GIB(1);
	char *p, *area;

	area = mmap(NULL, length + 2 * align, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (area == MAP_FAILED)
		die("mmap of an area");
	p = (char *)(((uintptr_t)area + align - 1) & ~(align - 1)) + offset % align + skew;
	if (mmap(p, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, offset) != p)
		die("mmap of %#" PRIx64, offset);
	return p;
}

/* @skew: how far the mapping is off the alignment of the memory */
static uint64_t fault_cost(int fd, uint64_t offset, uint64_t length, uint64_t step,
			   uint64_t skew, bool write)
{
	uint64_t v[MAX_REPS];
	unsigned int i;

	for (i = 0; i < reps; i++) {
		char *p = map_at(fd, offset, length, skew);

		v[i] = touch(p, length, step, write);
		munmap(p, length);
	}
	return median(v, reps);
}

static void add_window(const struct window *w, unsigned int max_order, uint64_t chunk)
{
	struct vtl0_add add = {
		.flags = VTL0_ADD_ORDER | (chunk ? VTL0_ADD_CHUNK : 0),
		.start = w->start,
		.length = w->length,
		.max_order = max_order,
		.chunk_length = chunk,
	};

	errno = -cmd_add(control, &add);
	if (errno)
		die("VTL0_ADD of the window at %#" PRIx64, w->start);
}

/* For each touch of memory that no entry maps yet. */
struct faults {
	uint64_t pte, pte_write, pmd, pud;
};

/* Every page of it, in order. */
#define PTE_LENGTH	MIB(64)

static void page_faults(int fd, uint64_t start, struct faults *f)
{
	f->pte = fault_cost(fd, start, PTE_LENGTH, KIB(4), KIB(4), false);
	f->pte_write = fault_cost(fd, start, PTE_LENGTH, KIB(4), KIB(4), true);
}

static void vtl0_faults(const struct window *w, uint64_t chunk, struct faults *f)
{
	int low = open(LOW, O_RDWR | O_CLOEXEC);

	if (low < 0)
		die(LOW);
	add_window(w, PMD_ORDER, chunk);
	f->pmd = fault_cost(low, w->start, w->length, MIB(2), 0, false);
	page_faults(low, w->start, f);
	remove_range(control, w->start, w->length);
	add_window(w, PUD_ORDER, chunk && chunk < GIB(1) ? GIB(1) : chunk);
	f->pud = fault_cost(low, w->start, w->length, GIB(1), 0, false);
	remove_range(control, w->start, w->length);
	close(low);
}

static void upstream_faults(const struct window *w, struct faults *f)
{
	upstream_add(w->start, w->length, PMD_ORDER);
	f->pmd = fault_cost(upstream, w->start, w->length, MIB(2), 0, false);
	page_faults(upstream, w->start, f);
	upstream_remove();
}

/* Pages that exist already: only the faults are measured, not their allocation. */
static void memfd_faults(struct faults *f)
{
	int fd = memfd_create("bench", MFD_CLOEXEC);

	if (fd < 0 || fallocate(fd, 0, 0, PTE_LENGTH))
		die("memfd");
	page_faults(fd, 0, f);
	close(fd);
}

void bench_faults(void)
{
	static const char section[] = "fault; other: upstream";
	static const char chunks[] = "fault among 4096 chunks; other: among 1";
	uint64_t others = MANY_CHUNKS * MIB(2);
	struct faults one, many, up, memfd;
	struct vtl0_add add = {
		.flags = VTL0_ADD_ORDER | VTL0_ADD_CHUNK, .start = NO_RAM,
		.length = others, .chunk_length = MIB(2), .max_order = PMD_ORDER,
	};
	uint64_t begin, add_ns, remove_ns;
	struct window w;

	if (!window_aligned(GIB(1), GIB(1), &w)) {
		progress("faults: no reserved RAM of 1 GiB (memmap=), left out");
		return;
	}
	w.length &= ~(GIB(1) - 1);
	progress("faults on %" PRIu64 " GiB", w.length / GIB(1));
	vtl0_faults(&w, 0, &one);
	upstream_faults(&w, &up);
	memfd_faults(&memfd);
	begin = now_ns();
	errno = -cmd_add(control, &add);
	if (errno)
		die("VTL0_ADD of %u chunks", MANY_CHUNKS);
	add_ns = now_ns() - begin;
	vtl0_faults(&w, MIB(2), &many);
	begin = now_ns();
	remove_range(control, add.start, add.length);
	remove_ns = now_ns() - begin;
	add_row(section, "4K", "instr", one.pte, up.pte);
	add_row(section, "4K, other: memfd", "instr", one.pte, memfd.pte);
	add_row(section, "4K, written", "instr", one.pte_write, up.pte_write);
	add_row(section, "4K, written, other: memfd", "instr", one.pte_write, memfd.pte_write);
	add_row(section, "2M", "instr", one.pmd, up.pmd);
	add_row(section, "1G", "instr", one.pud, 0);
	add_row(chunks, "4K", "instr", many.pte, one.pte);
	add_row(chunks, "2M", "instr", many.pmd, one.pmd);
	add_row(chunks, "1G", "instr", many.pud, one.pud);
	add_row("a range of 4096 chunks, with waiting", "add", "ms", add_ns / 1e6, 0);
	add_row("a range of 4096 chunks, with waiting", "remove", "ms", remove_ns / 1e6, 0);
	if (!check)
		return;
	tap_ok(one.pte <= memfd.pte * 1.1 && one.pte_write <= memfd.pte_write * 1.1,
	       "mapping a page costs at most 1.1 times what it costs of a memfd (instructions: read %"
	       PRIu64 " to %" PRIu64 ", written %" PRIu64 " to %" PRIu64 ")",
	       one.pte, memfd.pte, one.pte_write, memfd.pte_write);
	tap_ok(many.pte < one.pte * 1.5 && many.pmd < one.pmd * 1.5 && many.pud < one.pud * 1.5,
	       "a fault among %u chunks costs less than 1.5 times one in a single chunk (instructions: 4K %"
	       PRIu64 " to %" PRIu64 ", 2M %" PRIu64 " to %" PRIu64 ", 1G %" PRIu64 " to %"
	       PRIu64 ")", MANY_CHUNKS, many.pte, one.pte, many.pmd, one.pmd, many.pud,
	       one.pud);
}
