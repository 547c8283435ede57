// SPDX-License-Identifier: GPL-2.0
/*
 * reproduce DISK FILE BYTES: writes 8 pages to DISK by one asynchronous O_DIRECT request, each
 * second page from a mapping of BYTES of FILE, the others RAM. Were all of them written?
 */
#include <err.h>
#include <linux/aio_abi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common.h"

#define PAGE	4096
#define PAGES	8

/* What pwritev() of the pages returns when it is asynchronous. */
static long write_async(int fd, struct iovec *iov)
{
	struct iocb cb = {
		.aio_lio_opcode = IOCB_CMD_PWRITEV,
		.aio_fildes = fd,
		.aio_buf = (uintptr_t)iov,
		.aio_nbytes = PAGES,
	};
	struct iocb *cbs[] = { &cb };
	aio_context_t ctx = 0;
	struct io_event ev;

	if (syscall(SYS_io_setup, 1, &ctx))
		err(CANNOT, "io_setup");
	if (syscall(SYS_io_submit, ctx, 1, cbs) != 1)
		err(CANNOT, "io_submit");
	if (syscall(SYS_io_getevents, ctx, 1, 1, &ev, NULL) != 1)
		err(CANNOT, "io_getevents");
	syscall(SYS_io_destroy, ctx);
	return ev.res;
}

static char *map_pages(const char *path, size_t len)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	char *p;

	if (fd < 0)
		err(CANNOT, "%s", path);
	p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		err(CANNOT, "mmap of %s", path);
	return p;
}

int main(int argc, char **argv)
{
	struct iovec iov[PAGES];
	char *device, *ram, read_back[PAGE];
	int fd, i, wrong = 0;
	long done;

	if (argc != 4)
		errx(CANNOT, "usage: reproduce DISK FILE BYTES-TO-MAP");
	device = map_pages(argv[2], strtoul(argv[3], NULL, 0));
	ram = aligned_alloc(PAGE, PAGE * PAGES);
	fd = open(argv[1], O_RDWR | O_DIRECT | O_CLOEXEC);
	if (!ram || fd < 0)
		err(CANNOT, "%s", argv[1]);
	for (i = 0; i < PAGES; i++) {
		iov[i].iov_base = (i % 2 ? ram : device) + i / 2 * PAGE;
		iov[i].iov_len = PAGE;
		memset(iov[i].iov_base, 'a' + i, PAGE);
	}
	done = write_async(fd, iov);
	if (done < 0)
		errx(CANNOT, "%s: %s", argv[2], strerror(-done));
	close(fd);
	fd = open(argv[1], O_RDONLY | O_CLOEXEC);
	for (i = 0; i < PAGES; i++)
		if (pread(fd, read_back, PAGE, i * PAGE) != PAGE || read_back[0] != 'a' + i)
			wrong++;
	printf("# %s and RAM: %ld of %d bytes, %d pages are not on the disk\n", argv[2], done,
	       PAGE * PAGES, wrong);
	if (done == PAGE * PAGES && wrong)
		errx(CANNOT, "told to be complete, and is not");
	return done < PAGE * PAGES ? FOUND : NOT_FOUND;
}
