// SPDX-License-Identifier: GPL-2.0
/* Transfers of blocks with metadata in a buffer of the caller, by io_uring. */
#include <err.h>
#include <fcntl.h>
#include <stdint.h>

#include "common.h"
#include "pi_io.h"

void pi_open(struct pi_disk *disk, const char *path)
{
	int ret;

	disk->fd = open(path, O_RDWR | O_DIRECT);
	if (disk->fd < 0)
		err(CANNOT, "%s", path);
	ret = io_uring_queue_init(1, &disk->ring, 0);
	if (ret)
		errx(CANNOT, "io_uring: error %d", -ret);
}

int pi_transfer(struct pi_disk *disk, bool write, void *data, void *meta, unsigned int blocks)
{
	struct io_uring_attr_pi pi = {
		.addr = (uintptr_t)meta,
		.len = blocks * PI_TUPLE,
	};
	struct io_uring_sqe *sqe = io_uring_get_sqe(&disk->ring);
	struct io_uring_cqe *cqe;
	int ret;

	io_uring_prep_rw(write ? IORING_OP_WRITE : IORING_OP_READ, sqe, disk->fd, data,
			 blocks * PI_BLOCK, 0);
	sqe->attr_type_mask = IORING_RW_ATTR_FLAG_PI;
	sqe->attr_ptr = (uintptr_t)&pi;
	ret = io_uring_submit_and_wait(&disk->ring, 1);
	if (ret < 0)
		return ret;
	ret = io_uring_wait_cqe(&disk->ring, &cqe);
	if (ret)
		return ret;
	ret = cqe->res;
	io_uring_cqe_seen(&disk->ring, cqe);
	return ret;
}
