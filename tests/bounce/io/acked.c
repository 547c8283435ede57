// SPDX-License-Identifier: GPL-2.0
/*
 * Writes records that a power cut must not lose: each is acknowledged on standard output
 * when the kernel has said that it is on the disk; and finds out later whether all that
 * were acknowledged are there. See ../power_cut.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io.h"

/*
 * A file or disk is a ring of records. Record N, from 1 on, is in slot N % SLOTS, so it
 * replaces record N - SLOTS, and a cut may leave neither of these two.
 */
#define RECORD 16384
#define SLOTS 64
#define WORDS (RECORD / sizeof(uint64_t))

/* Each so many records a file is made, made durable, and an older one removed. */
#define FILE_EACH 8
#define FILES_KEPT 4

static uint64_t word_of(uint64_t nr, size_t i)
{
	return (nr * WORDS + i) * 0x9e3779b97f4a7c15;
}

static void make(uint64_t *record, uint64_t nr)
{
	record[0] = nr;
	for (size_t i = 1; i < WORDS; i++)
		record[i] = word_of(nr, i);
}

static bool is_whole(const uint64_t *record)
{
	for (size_t i = 1; i < WORDS; i++)
		if (record[i] != word_of(record[0], i))
			return false;
	return true;
}

/* Numbers of the records in the ring, 0 for those that are not whole; returns the last. */
static uint64_t scan(int fd, uint64_t *numbers)
{
	uint64_t *record = (void *)buffer(RECORD), last = 0;

	for (size_t slot = 0; slot < SLOTS; slot++) {
		ssize_t n = pread(fd, record, RECORD, slot * RECORD);

		if (n < 0)
			err(2, "pread");
		numbers[slot] = n == RECORD && is_whole(record) ? record[0] : 0;
		if (numbers[slot] % SLOTS != slot)
			numbers[slot] = 0;
		if (numbers[slot] > last)
			last = numbers[slot];
	}
	return last;
}

static void file_name(char *name, size_t size, const char *ring, uint64_t nr)
{
	snprintf(name, size, "%s.%llu", ring, (unsigned long long)nr);
}

static void make_file(const char *ring, const uint64_t *record, int dir)
{
	uint64_t nr = record[0] / FILE_EACH;
	char name[256];
	int fd;

	file_name(name, sizeof(name), ring, nr);
	fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, record, RECORD) != RECORD || fsync(fd) || fsync(dir))
		err(2, "%s", name);
	close(fd);
	if (nr <= FILES_KEPT)
		return;
	file_name(name, sizeof(name), ring, nr - FILES_KEPT);
	if (unlink(name) && errno != ENOENT)
		err(2, "%s", name);
}

/* acked_write NAME RING HOW: goes on behind the last record of RING until it is killed */
static int cmd_write(char **arg)
{
	int flags = !strcmp(arg[2], "direct") ? O_DIRECT :
		    !strcmp(arg[2], "dsync") ? O_DIRECT | O_DSYNC : 0;
	bool is_disk = !strncmp(arg[1], "/dev/", 5);
	int fd = open(arg[1], O_RDWR | O_CREAT | O_CLOEXEC | flags, 0600), dir;
	uint64_t *record = (void *)buffer(RECORD), numbers[SLOTS], nr;
	char *path = strdup(arg[1]);

	dir = open(dirname(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || dir < 0)
		err(2, "%s", arg[1]);
	for (nr = scan(fd, numbers) + 1;; nr++) {
		make(record, nr);
		if (!is_disk && nr % FILE_EACH == 0)
			make_file(arg[1], record, dir);
		if (pwrite(fd, record, RECORD, nr % SLOTS * RECORD) != RECORD)
			err(2, "pwrite");
		if (!(flags & O_DSYNC) && fdatasync(fd))
			err(2, "fdatasync");
		printf("ack %s %llu\n", arg[0], (unsigned long long)nr);
		fflush(stdout);
	}
}

static void check_file(const char *ring, uint64_t nr)
{
	uint64_t *record = (void *)buffer(RECORD);
	char name[256];
	int fd;

	file_name(name, sizeof(name), ring, nr);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, record, RECORD) != RECORD)
		err(BAD_DATA, "%s", name);
	if (record[0] / FILE_EACH != nr || !is_whole(record))
		errx(BAD_DATA, "%s has other data", name);
	close(fd);
}

/* acked_check RING NR: record NR was acknowledged; prints the last one that is there */
static int cmd_check(char **arg)
{
	uint64_t numbers[SLOTS], acked = number(arg[1]), last, nr;
	bool is_disk = !strncmp(arg[0], "/dev/", 5);

	last = scan(open_disk(arg[0], O_RDONLY | O_DIRECT), numbers);
	if (last < acked)
		errx(BAD_DATA, "%s: record %llu was acknowledged, %llu is the last", arg[0],
		     (unsigned long long)acked, (unsigned long long)last);
	/* that of the slot behind the last one may have been in the middle of a write */
	for (nr = last > SLOTS - 2 ? last - (SLOTS - 2) : 1; nr <= last; nr++)
		if (numbers[nr % SLOTS] != nr)
			errx(BAD_DATA, "%s: record %llu of %llu is lost", arg[0],
			     (unsigned long long)nr, (unsigned long long)last);
	for (nr = last / FILE_EACH; !is_disk && nr && nr + 2 > last / FILE_EACH; nr--)
		check_file(arg[0], nr);
	printf("last=%llu\n", (unsigned long long)last);
	return 0;
}

const struct command acked_commands[] = {
	{ "acked_write", "NAME RING buffered|direct|dsync",
	  "write records, and print the number of each that is durable", 3, cmd_write },
	{ "acked_check", "RING NR", "is record NR there, and all before it?", 2, cmd_check },
	{ }
};
