// SPDX-License-Identifier: GPL-2.0
/*
 * Writes and reads buffers of several sizes across given physical addresses, with
 * O_DIRECT and with io_uring registered buffers, and compares the data. Prints a
 * line per size; an errno by name where the kernel refused.
 */
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "memory.h"
#include "../vtl0/modules/upstream.h"

#define MAX_SEAMS 8

static const size_t sizes[] = { 64 << 10, 256 << 10, 1 << 20, 4 << 20, 6 << 20 };

struct window {
	char *map;
	uint64_t start;
	uint64_t length;
	uint64_t seams[MAX_SEAMS];
	int nr_seams;
	int disk;
	struct io_uring *ring;
};

/* Full length or an error; a short transfer of a buffer on disk is one, too. */
static int direct(const struct window *w, char *buf, size_t size, bool write)
{
	ssize_t n = write ? pwrite(w->disk, buf, size, 0) : pread(w->disk, buf, size, 0);

	if (n < 0)
		return -errno;
	return n == (ssize_t)size ? 0 : -EIO;
}

static int fixed(const struct window *w, char *buf, size_t size, bool write)
{
	struct iovec iov = { .iov_base = buf, .iov_len = size };
	struct io_uring_sqe *sqe;
	struct io_uring_cqe *cqe;
	int ret;

	ret = io_uring_register_buffers(w->ring, &iov, 1);
	if (ret)
		return ret;
	sqe = io_uring_get_sqe(w->ring);
	if (write)
		io_uring_prep_write_fixed(sqe, w->disk, buf, size, 0, 0);
	else
		io_uring_prep_read_fixed(sqe, w->disk, buf, size, 0, 0);
	ret = io_uring_submit(w->ring);
	if (ret < 0)
		goto out;
	ret = io_uring_wait_cqe(w->ring, &cqe);
	if (ret)
		goto out;
	ret = cqe->res < 0 ? cqe->res : cqe->res == (int)size ? 0 : -EIO;
	io_uring_cqe_seen(w->ring, cqe);
out:
	io_uring_unregister_buffers(w->ring);
	return ret;
}

typedef int (*transfer)(const struct window *w, char *buf, size_t size, bool write);

/* Out and in again; the buffer is wiped in between. */
static int round_trip(const struct window *w, transfer io, uint64_t seam, size_t size)
{
	char *buf = w->map + (seam - w->start) - size / 2;
	u64 seed = seam ^ size;
	int ret;

	fill_pattern(buf, size, seed);
	ret = io(w, buf, size, true);
	if (ret)
		return ret;
	memset(buf, 0, size);
	ret = io(w, buf, size, false);
	if (ret)
		return ret;
	return check_pattern(buf, size, seed) ? 0 : -EILSEQ;
}

static int all_seams(const struct window *w, transfer io, size_t size)
{
	int i, ret;

	for (i = 0; i < w->nr_seams; i++) {
		ret = round_trip(w, io, w->seams[i], size);
		if (ret)
			return ret;
	}
	return 0;
}

static const char *outcome(int ret)
{
	return ret ? strerrorname_np(-ret) : "ok";
}

static int upstream_add(int fd, const struct window *w)
{
	struct upstream_add arg = {
		.start = w->start, .length = w->length, .order = UPSTREAM_ORDER_CTZ,
	};

	return ioctl(fd, UPSTREAM_ADD, &arg);
}

static int open_window(struct window *w, const char *node, const char *disk)
{
	int fd = open(node, O_RDWR | O_CLOEXEC);

	if (fd < 0 || (strstr(node, "upstream") && upstream_add(fd, w))) {
		perror(node);
		return -1;
	}
	w->map = mmap(NULL, w->length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, w->start);
	if (w->map == MAP_FAILED) {
		perror("mmap");
		return -1;
	}
	w->disk = open(disk, O_RDWR | O_DIRECT | O_CLOEXEC);
	if (w->disk < 0) {
		perror(disk);
		return -1;
	}
	return 0;
}

/*
 * One ring for all transfers. When a task closes its last ring, its io-wq workers exit; a
 * request that a new ring hands to io-wq meanwhile may stay there for ever (6.18.44 to 7.2.12;
 * not with the io_worker_retire() of 7.3). What the block layer has to split goes to io-wq.
 */
int main(int argc, char **argv)
{
	struct io_uring ring;
	struct window w = { .ring = &ring };
	int failed = 0, ret;
	size_t i;

	if (argc < 6 || argc > 5 + MAX_SEAMS) {
		fprintf(stderr, "usage: %s NODE DISK START LENGTH SEAM...\n", argv[0]);
		return 2;
	}
	w.start = strtoull(argv[3], NULL, 0);
	w.length = strtoull(argv[4], NULL, 0);
	for (w.nr_seams = 0; w.nr_seams < argc - 5; w.nr_seams++)
		w.seams[w.nr_seams] = strtoull(argv[5 + w.nr_seams], NULL, 0);
	if (open_window(&w, argv[1], argv[2]))
		return 2;
	ret = io_uring_queue_init(4, &ring, 0);
	if (ret) {
		fprintf(stderr, "io_uring: %s\n", strerror(-ret));
		return 2;
	}
	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		int sync = all_seams(&w, direct, sizes[i]);
		int uring = all_seams(&w, fixed, sizes[i]);

		printf("%-8s %-8s\n", outcome(sync), outcome(uring));
		failed |= sync || uring;
	}
	io_uring_queue_exit(&ring);
	return failed;
}
