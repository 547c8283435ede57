// SPDX-License-Identifier: GPL-2.0
/*
 * Load, add, map, I/O, remove, unload, a thousand times, and then look whether
 * anything is left: /proc/iomem, devices, and memory. No fork and no shell, so
 * that a cycle costs little more than the kernel's own work. Every tenth cycle
 * leaves a step out or does it where it must be refused.
 *
 * Leaks of slab objects are found by kmemleak, which the lab scans afterwards;
 * pages are found here, see memory.c. The first tenth of the cycles fills caches
 * and is not compared.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "clock.h"
#include "file.h"
#include "ioctl.h"
#include "memory.h"
#include "module.h"
#include "random.h"
#include "tap.h"
#include "units.h"
#include "window.h"

#define SIZE		MIB(32)
#define CHUNK		MIB(8)
#define IO		KIB(256)
/* a page for every four cycles; a leak of a page per cycle is four times that */
#define LEAK_PER_CYCLE	1024
#define LEAK_NOISE	MIB(2)

static struct window window;
static int module, disk;
static char *pattern;
static struct rng rng;
static unsigned int cycle;

/* Prints the time each step took. */
enum step { LOAD, ADD, USE, REMOVE, UNLOAD, NR_STEPS };

static const char * const step_names[NR_STEPS] = {
	"load", "add", "map and I/O", "remove and close", "unload"
};

static uint64_t step_ns[NR_STEPS], step_begin;

static void step_done(enum step step)
{
	uint64_t now = now_ns();

	step_ns[step] += now - step_begin;
	step_begin = now;
}

static void need(int ret, int expected, const char *step)
{
	if (ret == expected)
		return;
	tap_ok(false, "cycle %u: %s: %s, not %s", cycle, step,
	       ret ? strerrorname_np(-ret) : "success",
	       expected ? strerrorname_np(-expected) : "success");
	exit(1);
}

static int open_or_errno(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static void write_and_read(char *p, uint64_t at)
{
	char *io = p + at;

	memcpy(io, pattern, IO);
	io[0] = cycle;
	if (pwrite(disk, io, IO, 0) != (ssize_t)IO)
		need(-errno, 0, "write from the mapping");
	memset(io, 0, 64);
	if (pread(disk, io, IO, 0) != (ssize_t)IO)
		need(-errno, 0, "read into the mapping");
	if (io[0] != (char)cycle || memcmp(io + 1, pattern + 1, IO - 1))
		need(-EILSEQ, 0, "compare");
}

static void add(int control, bool in_chunks, uint32_t flags)
{
	struct vtl0_add arg = {
		.flags = flags | (in_chunks ? VTL0_ADD_CHUNK : 0),
		.start = window.start,
		.length = SIZE,
		.chunk_length = in_chunks ? CHUNK : 0,
	};

	need(cmd_add(control, &arg), 0, "add");
	if (arg.nr_chunks != (in_chunks ? SIZE / CHUNK : 1))
		need(-ERANGE, 0, "number of chunks");
}

/* Map and do I/O over the seam between two chunks. */
static char *use(int low)
{
	char *p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, low, window.start);

	if (p == MAP_FAILED)
		need(-errno, 0, "mmap");
	write_and_read(p, CHUNK - IO / 2);
	return p;
}

/* The variants of each tenth cycle. */
enum variation {
	NONE,
	UNLOAD_WHILE_OPEN,
	UNLOAD_WHILE_MAPPED,
	REMOVE_WHILE_MAPPED,
	LEFT_TO_CLOSE,
	LEFT_TO_UNLOAD,
	ADD_TWICE,
	CLOSE_WHILE_MAPPED,
	LOAD_ONLY,
	VARIATIONS
};

static void refuse_unload(const char *step)
{
	need(module_unload("vtl0", false), -EAGAIN, step);
}

static void one_cycle(enum variation v)
{
	uint32_t flags = v == LEFT_TO_UNLOAD ? VTL0_ADD_PERSIST : 0;
	int control, low;
	char *p;

	step_begin = now_ns();
	need(module_load_fd(module, ""), 0, "load");
	step_done(LOAD);
	if (v == LOAD_ONLY)
		goto unload;
	control = open_or_errno(CONTROL);
	low = open_or_errno(LOW);
	need(control < 0 ? control : 0, 0, "open of " CONTROL);
	need(low < 0 ? low : 0, 0, "open of " LOW);
	if (v == UNLOAD_WHILE_OPEN)
		refuse_unload("unload while open");

	add(control, cycle & 1, flags);
	if (v == ADD_TWICE)
		add(control, cycle & 1, 0);
	step_done(ADD);
	p = use(low);
	close(low);
	step_done(USE);
	if (v == UNLOAD_WHILE_MAPPED) {
		close(control);
		refuse_unload("unload while mapped");
		munmap(p, SIZE);
		goto unload;
	}
	if (v == REMOVE_WHILE_MAPPED) {
		need(remove_unpinned(control, window.start, SIZE), 0, "remove while mapped");
		munmap(p, SIZE);
	} else if (v == CLOSE_WHILE_MAPPED) {
		close(control);
		control = -1;
		munmap(p, SIZE);
	} else {
		munmap(p, SIZE);
		if (v != LEFT_TO_CLOSE && v != LEFT_TO_UNLOAD)
			need(remove_unpinned(control, window.start, SIZE), 0, "remove");
	}
	if (control >= 0)
		close(control);
unload:
	step_done(REMOVE);
	need(module_unload("vtl0", true), 0, "unload");
	step_done(UNLOAD);
}

/* ------------------------------------------------------------------ */

static int64_t run(unsigned int count)
{
	unsigned int tenth = count / 10;
	uint64_t begin = now_ns(), before = 0;

	for (cycle = 0; cycle < count; cycle++) {
		enum variation v = cycle % 10 == 9 ?
			1 + rng_below(&rng, VARIATIONS - 1) : NONE;

		if (cycle == tenth)
			before = memory_available();
		one_cycle(v);
		if (cycle % 100 == 99)
			tap_note("%u of %u cycles, %" PRIu64 " ms each", cycle + 1, count,
				 (now_ns() - begin) / 1000000 / (cycle + 1));
	}
	return before - memory_available();
}

int main(int argc, char **argv)
{
	const char *device = "/dev/nvme0n1";
	unsigned int count = 1000, i;
	uint64_t seed = 1;
	int64_t less, allowed;
	char *iomem, *now;
	int c;

	while ((c = getopt(argc, argv, "n:s:d:")) >= 0) {
		if (c == 'n') {
			count = strtoul(optarg, NULL, 0);
		} else if (c == 's') {
			seed = strtoull(optarg, NULL, 0);
		} else if (c == 'd') {
			device = optarg;
		} else {
			fputs("usage: cycles [-n COUNT] [-s SEED] [-d DISK]\n", stderr);
			return 2;
		}
	}
	tap_plan(3);
	if (!window_aligned(MIB(2), SIZE, &window)) {
		errno = ENODEV;
		die("no reserved RAM of 32 MiB (memmap=)");
	}
	disk = open(device, O_RDWR | O_DIRECT | O_CLOEXEC);
	if (disk < 0)
		die("%s", device);
	module = module_file("vtl0");
	errno = -module;
	if (module < 0)
		die("vtl0.ko");
	pattern = malloc(IO);
	rng.state = seed;
	for (i = 0; i < IO; i++)
		pattern[i] = rng_next(&rng);
	tap_note("%u cycles, seed %" PRIu64 ", range %#" PRIx64, count, seed, window.start);

	iomem = slurp("/proc/iomem");
	less = run(count);
	for (i = 0; i < NR_STEPS; i++)
		tap_note("%s: %" PRIu64 " ms each", step_names[i],
			 step_ns[i] / 1000000 / count);
	tap_ok(true, "%u cycles of load, add, map, I/O, remove, unload", count);
	now = slurp("/proc/iomem");
	tap_ok(!strcmp(iomem, now) && access(CONTROL, F_OK) && access(LOW, F_OK),
	       "/proc/iomem and /dev are as before");
	allowed = LEAK_NOISE + (count - count / 10) * LEAK_PER_CYCLE;
	tap_ok(less <= allowed, "free memory is as before (%" PRId64 " KiB less, %" PRId64 " allowed)",
	       less / 1024, allowed / 1024);
	return tap_status();
}
