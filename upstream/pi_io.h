/* SPDX-License-Identifier: GPL-2.0 */
/* Transfers of blocks with metadata in a buffer of the caller, by io_uring. */
#ifndef PI_IO_H
#define PI_IO_H

#include <liburing.h>
#include <stdbool.h>
#include <stddef.h>

/* What the lab's disk with metadata has: 8 bytes for each block of 512. */
#define PI_BLOCK 512
#define PI_TUPLE 8

struct pi_disk {
	int fd;
	struct io_uring ring;
};

/* Opens the disk and makes the ring; exits with CANNOT if that fails. */
void pi_open(struct pi_disk *disk, const char *path);

/*
 * Reads or writes the first @blocks blocks of the disk and their metadata, which the
 * disk is not asked to check. Returns the number of bytes of data, or -errno.
 */
int pi_transfer(struct pi_disk *disk, bool write, void *data, void *meta, unsigned int blocks);

#endif
