// SPDX-License-Identifier: GPL-2.0
/* The calls of vtl0_failnth that open files which map the memory, map it, and touch it. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "failnth.h"
#include "tap.h"

/* where nothing is mapped: all levels of page tables are needed */
#define FAR_AWAY	((char *)0x100000000000ULL)

static int low = -1;
static char *mapping;
static size_t map_length;
static off_t map_offset;
static uint64_t map_skew;

static int open_node(const char *path)
{
	low = open(path, O_RDWR | O_CLOEXEC);
	return sys(low);
}

int do_open_low(void)
{
	return open_node(LOW);
}

int do_open_mshv_low(void)
{
	return open_node("/dev/mshv_vtl_low");
}

int do_open_named(void)
{
	return open_node("/dev/vtl0_failnth");
}

int do_open_range(void)
{
	struct vtl0_open part = {
		.flags = VTL0_OPEN_WRITE, .start = window.start, .length = SIZE,
	};
	int ret = cmd_open(control, &part);

	low = ret ? -1 : part.fd;
	return ret;
}

int do_close_low(void)
{
	int ret = sys(close(low));

	low = -1;
	return ret;
}

int do_mmap(void)
{
	mapping = mmap(FAR_AWAY + map_skew, map_length, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_FIXED_NOREPLACE, low, map_offset);
	if (mapping != MAP_FAILED)
		return 0;
	mapping = NULL;
	return -errno;
}

void forget_maps(void)
{
	if (mapping)
		munmap(FAR_AWAY, GIB(8));
	mapping = NULL;
	if (low >= 0)
		close(low);
	low = -1;
}

/* ------------------------------------------------------------------ */
/* Preparations */

/* do_mmap() is to map @length of what open() opens. */
static void ready(int (*open)(void), size_t length, off_t offset)
{
	if (open())
		die("open in preparation of \"%s\"", current->name);
	map_length = length;
	map_offset = offset;
	map_skew = 0;
}

static void mapped(void)
{
	if (do_mmap())
		die("mmap in preparation of \"%s\"", current->name);
}

static void gib_added(uint32_t order)
{
	errno = -add_order(control, window.start, GIB(1), order);
	if (errno)
		die("VTL0_ADD of order %u", order);
}

void named_added(void)
{
	errno = -add_named(control, window.start, SIZE, "failnth", 0600);
	if (errno)
		die("VTL0_ADD with a name");
}

void ready_to_map(void)
{
	gib_added(18);
	ready(do_open_low, GIB(1), window.start);
}

void ready_to_map_named(void)
{
	named_added();
	ready(do_open_named, SIZE, 0);
}

void ready_to_map_range(void)
{
	added();
	ready(do_open_range, SIZE, 0);
}

void ready_to_map_mshv(void)
{
	ready(do_open_mshv_low, SIZE, window.start);
}

void mapped_pud(void)
{
	ready_to_map();
	mapped();
}

void mapped_pmd(void)
{
	gib_added(9);
	ready(do_open_low, GIB(1), window.start);
	mapped();
}

/* The mapping is a page off the alignment of the memory, so faults map neighbours, too. */
void mapped_pte(void)
{
	ready_to_map();
	map_skew = 4096;
	mapped();
}

void mapped_window(void)
{
	declared();
	ready(do_open_low, SIZE, window.start);
	mapped();
}

void mapped_mshv(void)
{
	ready_to_map_mshv();
	mapped();
}

void mapped_range(void)
{
	ready_to_map_range();
	mapped();
}

/* ------------------------------------------------------------------ */
/* The kernel retries a fault that ran out of memory, so a touch succeeds. */

static sigjmp_buf bus_jump;

static void on_sigbus(int sig)
{
	siglongjmp(bus_jump, sig);
}

void catch_bus_errors(void)
{
	struct sigaction bus = { .sa_handler = on_sigbus };

	sigaction(SIGBUS, &bus, NULL);
}

int do_write(void)
{
	if (sigsetjmp(bus_jump, 1))
		return -EFAULT;
	*(volatile char *)(mapping + MIB(6)) = 1;
	return 0;
}

int do_read(void)
{
	if (sigsetjmp(bus_jump, 1))
		return -EFAULT;
	*(volatile char *)(mapping + MIB(6));
	return 0;
}

int do_populate(void)
{
	return sys(madvise(mapping + MIB(4), 4096, MADV_POPULATE_WRITE));
}

int do_drop_part(void)
{
	return sys(madvise(mapping + MIB(6), 4096, MADV_DONTNEED));
}

int do_munmap_part(void)
{
	return sys(munmap(mapping + MIB(6), 4096));
}

int do_mprotect_part(void)
{
	return sys(mprotect(mapping + MIB(6), 4096, PROT_READ));
}

int do_mprotect_none(void)
{
	return sys(mprotect(mapping + MIB(6), 4096, PROT_NONE));
}

int do_mremap(void)
{
	char *p = mremap(mapping, map_length, map_length, MREMAP_MAYMOVE | MREMAP_FIXED,
			 FAR_AWAY + GIB(4) + MIB(2));

	if (p == MAP_FAILED)
		return -errno;
	mapping = p;
	return 0;
}

/* ------------------------------------------------------------------ */
/* Preparations that touch */

static void touched(void)
{
	errno = -do_write();
	if (errno)
		die("touch in preparation of \"%s\"", current->name);
}

void touched_pmd(void)
{
	mapped_pmd();
	touched();
}

void touched_pud(void)
{
	mapped_pud();
	touched();
}

void touched_range(void)
{
	mapped_range();
	touched();
}

void touched_before(void)
{
	touched_pud();
	munmap(mapping, map_length);
	mapping = NULL;
}
