// SPDX-License-Identifier: GPL-2.0
/*
 * Replays a log of dm-log-writes, up to one flush after the other; see ../log_writes.sh.
 * Its format is described in the kernel's Documentation/admin-guide/device-mapper/log-writes.rst.
 */
#include <endian.h>
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "io.h"

#define LOG_MAGIC 0x6a736677736872ULL

#define LOG_FLUSH	(1 << 0)
#define LOG_FUA		(1 << 1)
#define LOG_DISCARD	(1 << 2)

/* Little-endian, at the begin of a sector each. */
struct log_super {
	uint64_t magic;
	uint64_t version;
	uint64_t nr_entries;
	uint32_t sectorsize;
};

struct log_entry {
	uint64_t sector;
	uint64_t nr_sectors;
	uint64_t flags;
	uint64_t data_len;
};

static void get(int fd, void *to, size_t size, off_t offset)
{
	if (pread(fd, to, size, offset) != (ssize_t)size)
		err(2, "the log ends early");
}

/* Writes the data of an entry behind @offset in the log to where it belongs. */
static void apply(int log, int disk, const struct log_entry *entry, off_t offset, size_t unit)
{
	size_t size = le64toh(entry->nr_sectors) * unit;
	char *data;

	if (!size || (le64toh(entry->flags) & LOG_DISCARD))
		return;
	data = malloc(size);
	if (!data)
		err(2, "malloc");
	get(log, data, size, offset);
	if (pwrite(disk, data, size, le64toh(entry->sector) * unit) != (ssize_t)size)
		err(2, "pwrite");
	free(data);
}

/*
 * replay LOG DISK ENTRY OFFSET: from entry ENTRY at byte OFFSET of the log (0 0: from the
 * begin) to the next flush or FUA write; prints where to go on
 */
static int cmd_replay(char **arg)
{
	int log = open_disk(arg[0], O_RDONLY), disk = open_disk(arg[1], O_WRONLY);
	uint64_t nr = number(arg[2]), flags = 0;
	off_t offset = number(arg[3]);
	struct log_super super;
	size_t unit;

	get(log, &super, sizeof(super), 0);
	if (le64toh(super.magic) != LOG_MAGIC)
		errx(2, "%s: no log", arg[0]);
	unit = le32toh(super.sectorsize);
	if (!offset)
		offset = unit;
	for (; nr < le64toh(super.nr_entries) && !(flags & (LOG_FLUSH | LOG_FUA)); nr++) {
		struct log_entry entry;

		get(log, &entry, sizeof(entry), offset);
		offset += unit;
		flags = le64toh(entry.flags);
		apply(log, disk, &entry, offset, unit);
		if (!(flags & LOG_DISCARD))
			offset += le64toh(entry.nr_sectors) * unit;
	}
	if (fsync(disk))
		err(2, "fsync");
	printf("%s %llu %llu\n", nr < le64toh(super.nr_entries) ? "more" : "end",
	       (unsigned long long)nr, (unsigned long long)offset);
	return 0;
}

const struct command log_commands[] = {
	{ "replay", "LOG DISK ENTRY OFFSET", "a log of dm-log-writes, to the next flush", 4,
	  cmd_replay },
	{ }
};
