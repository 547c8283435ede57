// SPDX-License-Identifier: GPL-2.0
/* The processes of vtl0_fuzz that do I/O on the memory; see users.h. */
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tap.h"
#include "users.h"

#define IO_MAX		KIB(256)
#define DISK_SPAN	MIB(256)

static int disk;

void io_start(const char *path)
{
	disk = open(path, O_RDWR | O_DIRECT | O_CLOEXEC);
	if (disk < 0)
		die("%s", path);
}

void use_direct_io(void)
{
	uint64_t offset, length, size, skip = 0, at = below(DISK_SPAN / PAGE) * PAGE;
	ssize_t ret;
	char *p;

	pick_piece(&offset, &length);
	p = map_piece(offset, length);
	if (p == MAP_FAILED)
		return;
	size = length < IO_MAX ? length : IO_MAX;
	/* the bytes behind the mapping are not ours to read into */
	if (size > PAGE) {
		skip = below(8) * 512;
		size -= PAGE;
	}
	ret = below(2) ? pwrite(disk, p + skip, size, at) : pread(disk, p + skip, size, at);
	if (ret >= 0)
		count(DIRECT_IO);
	else if (errno == EFAULT)
		count(DIRECT_IO_FAULT);
	else
		failure("direct I/O: %s", strerrorname_np(errno));
	munmap(p, length);
}

static void fixed_io(struct io_uring *ring, char *p, uint64_t length)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);
	struct io_uring_cqe *cqe;
	uint64_t at = below(DISK_SPAN / PAGE) * PAGE;

	if (below(2))
		io_uring_prep_write_fixed(sqe, disk, p, length, at, 0);
	else
		io_uring_prep_read_fixed(sqe, disk, p, length, at, 0);
	io_uring_submit(ring);
	/* sometimes it is left in flight, for the end of the ring to wait for */
	if (!below(4))
		return;
	if (io_uring_wait_cqe(ring, &cqe))
		return;
	if (cqe->res == (int)length)
		count(FIXED_IO);
	else
		failure("fixed buffer I/O: %d", cqe->res);
	io_uring_cqe_seen(ring, cqe);
}

/*
 * Pinned memory must stay: every removal fails. EINTR: work of the ring
 * counts as a signal.
 */
static void remove_pinned(const struct window *slot)
{
	int control = open(CONTROL, O_RDWR | O_CLOEXEC);
	int ret = remove_range(control, window.start + slot->start, slot->length);

	close(control);
	if (ret == -EBUSY)
		count(REMOVE_BUSY);
	else if (ret != -ENOENT && ret != -EINTR)
		failure("removal of pinned memory: %s", ret ? strerrorname_np(-ret) : "success");
}

void use_fixed_buffers(void)
{
	const struct window *slot;
	struct io_uring ring;
	uint64_t offset, length;
	struct iovec iov;
	char *p;
	int ret;

	slot = pick_piece(&offset, &length);
	if (length > IO_MAX)
		length = IO_MAX;
	p = map_piece(offset, length);
	if (p == MAP_FAILED)
		return;
	ret = io_uring_queue_init(4, &ring, 0);
	if (ret) {
		failure("io_uring_queue_init: %s", strerrorname_np(-ret));
		goto unmap;
	}
	iov = (struct iovec) { p, length };
	ret = io_uring_register_buffers(&ring, &iov, 1);
	if (!ret) {
		count(BUFFERS_REGISTERED);
		/* the pin stays, also when the mapping goes */
		if (below(2)) {
			munmap(p, length);
			p = NULL;
		}
		if (!below(4))
			remove_pinned(slot);
		if (p)
			fixed_io(&ring, p, length);
	} else if (ret != -EFAULT) {
		failure("io_uring_register_buffers: %s", strerrorname_np(-ret));
	}
	io_uring_queue_exit(&ring);
unmap:
	if (p)
		munmap(p, length);
}

void use_pipes(void)
{
	uint64_t offset, length;
	char copy[PAGE];
	struct iovec iov, to = { copy, sizeof(copy) };
	int pipes[2];
	char *p;

	pick_piece(&offset, &length);
	p = map_piece(offset, length);
	if (p == MAP_FAILED)
		return;
	iov = (struct iovec) { p, length < KIB(64) ? length : KIB(64) };
	if (!pipe2(pipes, O_CLOEXEC | O_NONBLOCK)) {
		if (vmsplice(pipes[1], &iov, 1, SPLICE_F_NONBLOCK) > 0)
			count(SPLICED);
		if (process_vm_readv(getpid(), &to, 1, &iov, 1, 0) > 0)
			count(READ_BY_PROCESS);
		munmap(p, length);
		/* the pipe still holds the pages; long enough for a removal to find it */
		if (!below(4))
			usleep(20000);
		close(pipes[0]);
		close(pipes[1]);
	}
}

