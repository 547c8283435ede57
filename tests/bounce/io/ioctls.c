// SPDX-License-Identifier: GPL-2.0
/* Disks held open, and commands that are no read or write. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <linux/hdreg.h>
#include <linux/io_uring.h>
#include <linux/nvme_ioctl.h>
#include <scsi/sg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "io.h"

/* A result that no kernel gives. */
#define NO_ATTRIBUTES INT_MIN

/*
 * Submits one request, waits for it, and returns its result. A kernel that does not know
 * attributes would ignore them.
 */
static int uring_once(const struct io_uring_sqe *request)
{
	struct io_uring_params p = { 0 };
	int ring = syscall(SYS_io_uring_setup, 1, &p);
	const int prot = PROT_READ | PROT_WRITE;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
	char *sq, *cq;

	if (ring < 0)
		err(2, "io_uring_setup");
	if (!(p.features & IORING_FEAT_RW_ATTR)) {
		close(ring);
		return NO_ATTRIBUTES;
	}
	sq = mmap(NULL, p.sq_off.array + p.sq_entries * 4, prot, MAP_SHARED, ring,
		  IORING_OFF_SQ_RING);
	cq = mmap(NULL, p.cq_off.cqes + p.cq_entries * sizeof(*cqes), prot, MAP_SHARED,
		  ring, IORING_OFF_CQ_RING);
	sqes = mmap(NULL, sizeof(*sqes), prot, MAP_SHARED, ring, IORING_OFF_SQES);
	if (sq == MAP_FAILED || cq == MAP_FAILED || sqes == MAP_FAILED)
		err(2, "mapping io_uring");
	cqes = (void *)(cq + p.cq_off.cqes);
	sqes[0] = *request;
	*(unsigned int *)(sq + p.sq_off.array) = 0;
	*(unsigned int *)(sq + p.sq_off.tail) = 1;
	if (syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) != 1)
		err(2, "io_uring_enter");
	close(ring);
	return cqes[0].res;
}

static void block_ioctl(int fd, unsigned long request, uint64_t start, uint64_t len)
{
	uint64_t range[2] = { start, len };

	ioctl(fd, request, range);	/* not every disk has all of them */
}

/* hold DISK: keep it open, say so, and try I/O after each line on stdin */
static int cmd_hold(char **arg)
{
	int fd = open_disk(arg[0], O_RDWR | O_DIRECT);
	char *buf = buffer(4096), line[16];

	setbuf(stdout, NULL);
	puts("open");
	while (fgets(line, sizeof(line), stdin)) {
		ssize_t n = pread(fd, buf, 4096, 0);

		if (n < 0)
			printf("read=%s ", errno_word(errno));
		else
			printf("read=%zd ", n);
		n = pwrite(fd, buf, 4096, 0);
		if (n < 0)
			printf("write=%s\n", errno_word(errno));
		else
			printf("write=%zd\n", n);
	}
	return 0;
}

/* sizes DISK: keep it open, and at once and after each line on stdin say its size */
static int cmd_sizes(char **arg)
{
	int fd = open_disk(arg[0], O_RDWR);
	char line[16];
	uint64_t size;

	setbuf(stdout, NULL);
	do {
		if (ioctl(fd, BLKGETSIZE64, &size))
			err(2, "BLKGETSIZE64");
		printf("size=%llu end=%lld\n", (unsigned long long)size,
		       (long long)lseek(fd, 0, SEEK_END));
	} while (fgets(line, sizeof(line), stdin));
	return 0;
}

/* geometry DISK: print the result of HDIO_GETGEO */
static int cmd_geometry(char **arg)
{
	struct hd_geometry geo;

	if (ioctl(open_disk(arg[0], O_RDONLY), HDIO_GETGEO, &geo))
		printf("heads=%s\n", errno_word(errno));
	else
		printf("heads=%u sectors=%u cylinders=%u start=%lu\n", geo.heads,
		       geo.sectors, geo.cylinders, geo.start);
	return 0;
}

/* ioctl32 DISK: the number of the NVMe namespace, asked for as by a 32-bit program */
static int cmd_ioctl32(char **arg)
{
	long ret = -EOPNOTSUPP;

#ifdef __x86_64__
	__asm__ volatile("int $0x80" : "=a"(ret)
			 : "a"(54), "b"(open_disk(arg[0], O_RDWR)), "c"(NVME_IOCTL_ID), "d"(0)
			 : "memory", "r8", "r9", "r10", "r11");
	ret = (int)ret;
#else
	(void)arg;
#endif
	printf("id=%ld error=%s\n", ret, errno_word(ret < 0 ? -ret : 0));
	return 0;
}

/*
 * ioctl DISK: keep it open, and at once and after each line on stdin ask for the
 * number of the NVMe namespace, which is not to be had in another way than from its
 * driver
 */
static int cmd_ioctl(char **arg)
{
	int fd = open_disk(arg[0], O_RDWR), n;
	char line[16];

	setbuf(stdout, NULL);
	do {
		n = ioctl(fd, NVME_IOCTL_ID);
		if (n < 0)
			printf("id=%s\n", errno_word(errno));
		else
			printf("id=%d\n", n);
	} while (fgets(line, sizeof(line), stdin));
	return 0;
}

/* sgread DISK: its first block of 512 bytes, by a SCSI command */
static int cmd_sgread(char **arg)
{
	int fd = open_disk(arg[0], O_RDONLY);
	unsigned char read_10[10] = { 0x28, [8] = 1 }, sense[32];
	struct sg_io_hdr io = {
		.interface_id = 'S',
		.dxfer_direction = SG_DXFER_FROM_DEV,
		.cmd_len = sizeof(read_10),
		.cmdp = read_10,
		.mx_sb_len = sizeof(sense),
		.sbp = sense,
		.dxfer_len = 512,
		.dxferp = buffer(512),
		.timeout = 60000,
	};
	int e = ioctl(fd, SG_IO, &io) ? errno : 0;

	printf("result=%s status=%d first=%d\n", errno_word(e), io.status,
	       *(unsigned char *)io.dxferp);
	return 0;
}

/*
 * Writes or reads the first 512 bytes with protection information, without asking for a check
 * on the way. @pi is 8 bytes, big endian: guard, application tag, reference tag.
 */
static int pi_once(const char *disk, int opcode, void *data, unsigned char *pi)
{
	/* struct io_uring_attr_pi, which comes with IORING_FEAT_RW_ATTR */
	struct { uint16_t flags, app_tag; uint32_t len; uint64_t addr, seed, rsvd; } attr = {
		.len = 8,
		.addr = (uintptr_t)pi,
	};
	struct io_uring_sqe request = {
		.opcode = opcode,
		.fd = open_disk(disk, O_RDWR | O_DIRECT),
		.addr = (uintptr_t)data,
		.len = 512,
		.addr3 = (uintptr_t)&attr,	/* attr_ptr */
	};

	request.__pad2[0] = 1;			/* attr_type_mask: protection information */
	return uring_once(&request);
}

static const char *pi_word(int res)
{
	return res == NO_ATTRIBUTES ? "no_attributes" : errno_word(res < 0 ? -res : 0);
}

/*
 * pi DISK GUARD: write the first block, 512 bytes of 0x33, whose checksum is 0xb218,
 * with protection information that says GUARD
 */
static int cmd_pi(char **arg)
{
	unsigned char *pi = (void *)buffer(4096);

	pi[0] = number(arg[1]) >> 8;
	pi[1] = number(arg[1]);
	printf("result=%s\n", pi_word(pi_once(arg[0], IORING_OP_WRITE,
					      memset(buffer(4096), 0x33, 512), pi)));
	return 0;
}

/* pi_read DISK: read the first block with its protection information, and print the guard */
static int cmd_pi_read(char **arg)
{
	unsigned char *pi = (void *)buffer(4096);
	int res = pi_once(arg[0], IORING_OP_READ, buffer(4096), pi);

	printf("result=%s guard=%#x\n", pi_word(res), pi[0] << 8 | pi[1]);
	return 0;
}

/* everything DISK: writes of all kinds, flush, discard, write zeroes, secure erase */
static int cmd_everything(char **arg)
{
	int fd = open_disk(arg[0], O_RDWR | O_DIRECT);
	char *buf = buffer(65536);
	struct iovec v = { buf, 4096 };
	ssize_t done = 0;

	for (off_t at = 0; at < 131072; at += 65536)
		done += pwrite(fd, buf, 65536, at);
	done += pwritev2(fd, &v, 1, 0, RWF_DSYNC);
	v.iov_len = 65536;
	done += pwritev2(fd, &v, 1, 131072, RWF_DSYNC);
	done += pwrite(fd, buf, 4096, 28672);
	if (fdatasync(fd) || done != 3 * 65536 + 2 * 4096)
		err(2, "%s", arg[0]);
	block_ioctl(fd, BLKDISCARD, 1 << 20, 1 << 20);
	block_ioctl(fd, BLKZEROOUT, 4 << 20, 1 << 20);
	block_ioctl(fd, BLKSECDISCARD, 4 << 20, 1 << 20);
	done = pwrite(fd, buf, 4096, 0);
	if (fsync(fd) || done != 4096 || pread(fd, buf, 65536, 0) != 65536)
		err(2, "%s", arg[0]);
	puts("done=1");
	return 0;
}

const struct command ioctls_commands[] = {
	{ "hold", "DISK",
	  "keep it open, and try I/O after each line of input", 1, cmd_hold },
	{ "sizes", "DISK",
	  "keep it open, and say its size after each line of input", 1, cmd_sizes },
	{ "geometry", "DISK", "print the result of HDIO_GETGEO", 1, cmd_geometry },
	{ "ioctl32", "DISK", "as ioctl, once, as a 32-bit program", 1, cmd_ioctl32 },
	{ "ioctl", "DISK",
	  "ask an NVMe disk for its number after each line of input", 1, cmd_ioctl },
	{ "sgread", "DISK",
	  "the first 512 bytes, by a SCSI command", 1, cmd_sgread },
	{ "pi", "DISK GUARD",
	  "write 512 bytes with that checksum, right or wrong", 2, cmd_pi },
	{ "pi_read", "DISK",
	  "read the first block with its protection information", 1, cmd_pi_read },
	{ "everything", "DISK",
	  "writes of all kinds, flush, discard, write zeroes, secure erase", 1, cmd_everything },
	{ }
};
