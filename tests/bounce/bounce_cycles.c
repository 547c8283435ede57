// SPDX-License-Identifier: GPL-2.0
/*
 * mkdir, power on, I/O, power off, rmdir of a bounce device, a thousand times,
 * while one thread does I/O to the disk whenever it is there, and another one
 * reads every attribute. Then looks whether anything is left.
 *
 * Leaks of slab objects are found by kmemleak, which the lab scans afterwards, a
 * single page by the test no_page_left; what is left here is the memory as a whole,
 * see memory.c, after the first tenth of the cycles.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "file.h"
#include "memory.h"
#include "module.h"
#include "tap.h"
#include "units.h"

#define CONFIG		"/sys/kernel/config/bounce_blk"
#define DEVICE		CONFIG "/cycle"
#define DISK		"/dev/bounce-cycle"
#define STATISTICS	"/sys/block/bounce-cycle/bounce"
#define IO		KIB(256)
/*
 * A page for every four cycles; the reserve alone is 256. And what a debug kernel
 * keeps in partial slabs and traces of stacks, of which each run has seen another
 * amount.
 */
#define LEAK_PER_CYCLE	1024
#define LEAK_NOISE	MIB(12)

static const char *backing = "/dev/nvme0n1";
static unsigned int cycle;
static volatile bool stop;
/* Counts the threads' work; a run in which they did nothing proves nothing. */
static volatile uint64_t nr_ios, nr_reads, nr_busy;

static void need(bool ok, const char *step)
{
	if (ok)
		return;
	tap_ok(false, "cycle %u: %s: %s", cycle, step, strerror(errno));
	exit(1);
}

static void *io_buffer(void)
{
	void *p = mmap(NULL, IO, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("mmap");
	return p;
}

/* I/O until the disk is gone, and again. Its result does not matter. */
static void *do_io(void *unused)
{
	char *buf = io_buffer();

	(void)unused;
	while (!stop) {
		int fd = open(DISK, O_RDWR | O_DIRECT | O_CLOEXEC), i;

		if (fd < 0) {
			usleep(1000);
			continue;
		}
		for (i = 0; i < 20 && !stop; i++) {
			/* Behind the sectors that the cycles compare. */
			if (pwrite(fd, buf, IO, IO) != (ssize_t)IO ||
			    pread(fd, buf, IO, IO) != (ssize_t)IO)
				break;
			nr_ios++;
		}
		close(fd);
		/* Power off fails while the disk is open. */
		usleep(20000);
	}
	return NULL;
}

static void read_all(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *d;
	char buf[4096];

	while (dir && (d = readdir(dir))) {
		int fd = openat(dirfd(dir), d->d_name, O_RDONLY | O_CLOEXEC);

		if (fd < 0)
			continue;
		if (read(fd, buf, sizeof(buf)) > 0)
			nr_reads++;
		close(fd);
	}
	if (dir)
		closedir(dir);
}

static void *read_attributes(void *unused)
{
	(void)unused;
	while (!stop) {
		read_all(DEVICE);
		read_all(STATISTICS);
		usleep(1000);
	}
	return NULL;
}

static void set(const char *attribute, const char *value)
{
	char path[256];

	snprintf(path, sizeof(path), DEVICE "/%s", attribute);
	need(!write_file(path, value), attribute);
}

static void write_and_read(char *buf)
{
	int fd = open(DISK, O_RDWR | O_DIRECT | O_CLOEXEC);
	size_t i;

	need(fd >= 0, "open of " DISK);
	memset(buf, cycle, IO);
	need(pwrite(fd, buf, IO, 0) == (ssize_t)IO, "write");
	memset(buf, ~cycle, IO);
	need(pread(fd, buf, IO, 0) == (ssize_t)IO, "read");
	for (i = 0; i < IO; i++)
		if (buf[i] != (char)cycle)
			need(false, "compare");
	close(fd);
}

static void one_cycle(char *buf)
{
	static const char * const modes[] = { "write", "all", "guest", "none" };

	need(!mkdir(DEVICE, 0755), "mkdir");
	set("mode", modes[cycle % 4]);
	set("detect", cycle & 4 ? "1" : "0");
	set("backing", backing);
	set("power", "1");
	write_and_read(buf);
	need(rmdir(DEVICE) && errno == EBUSY, "rmdir of a live device");
	while (write_file(DEVICE "/power", "0")) {
		need(errno == EBUSY, "power off");
		nr_busy++;
		usleep(1000);
	}
	need(!rmdir(DEVICE), "rmdir");
}

/* So that nothing counts that goes with the module. */
static uint64_t memory_without_module(void)
{
	uint64_t available;

	need(!module_unload("bounce_blk", true), "unload");
	available = memory_available();
	need(!module_load("bounce_blk", ""), "load");
	return available;
}

static int64_t run(unsigned int count)
{
	uint64_t begin = now_ns(), before = 0;
	char *buf = io_buffer();

	for (cycle = 0; cycle < count; cycle++) {
		if (cycle == count / 10)
			before = memory_without_module();
		one_cycle(buf);
		if (cycle % 100 == 99)
			tap_note("%u of %u cycles, %" PRIu64 " ms each", cycle + 1, count,
				 (now_ns() - begin) / 1000000 / (cycle + 1));
	}
	return before - memory_without_module();
}

static void check(unsigned int count, int64_t less)
{
	int64_t allowed = LEAK_NOISE + (count - count / 10) * LEAK_PER_CYCLE;

	tap_ok(true, "%u cycles", count);
	tap_note("meanwhile %" PRIu64 " I/Os, %" PRIu64 " attributes read, %" PRIu64
		 " times busy", nr_ios, nr_reads, nr_busy);
	tap_ok(nr_ios > count / 10 && nr_reads > count, "the other threads were there");
	tap_ok(access(DEVICE, F_OK) && access(DISK, F_OK) &&
	       !module_unload("bounce_blk", true), "no device is left, and the module goes");
	tap_ok(less <= allowed, "free memory is as before (%" PRId64 " KiB less, %" PRId64 " allowed)",
	       less / 1024, allowed / 1024);
}

int main(int argc, char **argv)
{
	pthread_t thread[2];
	unsigned int count = 1000;
	int64_t less;
	int c, ret;

	while ((c = getopt(argc, argv, "n:d:")) >= 0) {
		if (c == 'n') {
			count = strtoul(optarg, NULL, 0);
		} else if (c == 'd') {
			backing = optarg;
		} else {
			fputs("usage: bounce_cycles [-n COUNT] [-d DISK]\n", stderr);
			return 2;
		}
	}
	tap_plan(4);
	if (access(backing, F_OK))
		die("%s", backing);
	ret = module_load("bounce_blk", "");
	errno = -ret;
	if (ret && ret != -EEXIST)
		die("bounce_blk");
	if (pthread_create(&thread[0], NULL, do_io, NULL) ||
	    pthread_create(&thread[1], NULL, read_attributes, NULL))
		die("pthread_create");
	less = run(count);
	stop = true;
	for (c = 0; c < 2; c++)
		pthread_join(thread[c], NULL);
	check(count, less);
	return tap_status();
}
