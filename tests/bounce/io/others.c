// SPDX-License-Identifier: GPL-2.0
/* Files, memory, and the data on a disk. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "io.h"

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

/* put FILE TEXT: write a file at once and print the errno of open() or write() */
static int cmd_put(char **arg)
{
	int fd = open(arg[0], O_WRONLY | O_CLOEXEC), e = 0;

	if (fd < 0 || write(fd, arg[1], strlen(arg[1])) < 0)
		e = errno;
	puts(errno_word(e));
	return 0;
}

/* eat MIB: touch memory round and round, until SIGTERM */
static int cmd_eat(char **arg)
{
	size_t size = number(arg[0]) << 20, rounds = 0, wrong = 0;
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		err(2, "mmap");
	signal(SIGTERM, stop);
	for (; !stopped; rounds++)
		for (size_t i = 0; i < size && !stopped; i += 4096) {
			uint64_t *q = (uint64_t *)(p + i);

			/* All zeroes, or the data of the previous round. */
			wrong += rounds && *q != (i ^ (rounds - 1));
			*q = i ^ rounds;
		}
	printf("rounds=%zu wrong=%zu\n", rounds, wrong);
	return wrong ? BAD_DATA : 0;
}

/* sum DISK OFFSET SIZE: of all bytes there */
static int cmd_sum(char **arg)
{
	size_t offset = number(arg[1]), size = number(arg[2]), sum = 0;
	int fd = open_disk(arg[0], O_RDONLY | O_DIRECT);
	unsigned char *buf = (void *)buffer(size);

	if (pread(fd, buf, size, offset) != (ssize_t)size)
		err(2, "%s", arg[0]);
	for (size_t i = 0; i < size; i++)
		sum += buf[i];
	printf("sum=%zu\n", sum);
	return 0;
}

/*
 * log DISK: the entries that dm-log-writes wrote to it, one a line: flags, sector,
 * number of sectors. See the kernel's document of that target.
 */
static int cmd_log(char **arg)
{
	/* Little endian, as are the machines this runs on. */
	struct { uint64_t magic, version, entries; uint32_t sector_size; } super;
	struct { uint64_t sector, sectors, flags, data; } entry;
	const uint64_t discard = 4;
	int fd = open_disk(arg[0], O_RDONLY);
	off_t at;

	if (pread(fd, &super, sizeof(super), 0) != sizeof(super) ||
	    super.magic != 0x6a736677736872ULL)
		errx(2, "%s is no log", arg[0]);
	at = super.sector_size;
	for (uint64_t i = 0; i < super.entries; i++) {
		if (pread(fd, &entry, sizeof(entry), at) != sizeof(entry))
			err(2, "%s", arg[0]);
		printf("%#llx %llu %llu\n", (unsigned long long)entry.flags,
		       (unsigned long long)entry.sector,
		       (unsigned long long)entry.sectors);
		at += super.sector_size;
		if (!(entry.flags & discard))
			at += entry.sectors * super.sector_size;
	}
	return 0;
}

/* flood DISK COUNT SIZE: so many writes of one buffer at a time, and how many succeeded */
static int cmd_flood(char **arg)
{
	size_t count = number(arg[1]), size = number(arg[2]), done = 0;
	int fd = open_disk(arg[0], O_RDWR | O_DIRECT);
	char *buf = buffer(size);

	/* What is in flight may fill the cgroup: a page fault would then kill this task. */
	if (mlockall(MCL_CURRENT | MCL_FUTURE))
		err(1, "mlockall");
	for (size_t i = 0; i < count; i++)
		aio_begin(fd, true, buf, size, i * size);
	for (size_t i = 0; i < count; i++)
		done += aio_end(600) == (int64_t)size;
	printf("done=%zu\n", done);
	return 0;
}

const struct command others_commands[] = {
	{ "put", "FILE TEXT",
	  "write a file at once; prints the errno", 2, cmd_put },
	{ "eat", "MIB",
	  "touch memory round and round, until SIGTERM", 1, cmd_eat },
	{ "sum", "DISK OFFSET SIZE",
	  "of all bytes there", 3, cmd_sum },
	{ "log", "DISK",
	  "the entries that dm-log-writes wrote there", 1, cmd_log },
	{ "flood", "DISK COUNT SIZE",
	  "COUNT asynchronous writes of one buffer at a time", 3, cmd_flood },
	{ }
};
