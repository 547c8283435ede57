// SPDX-License-Identifier: GPL-2.0
/*
 * The I/O that the bounce_blk tests need and no shell command does: bounce_io
 * COMMAND ARGUMENT... Prints a line or two of NAME=VALUE words; exit status 0 when
 * the I/O could be tried, whatever came of it, 1 when the data is wrong, 2 else.
 * Judging is left to tests/bounce.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/fs.h>
#include <linux/io_uring.h>
#include <linux/nvme_ioctl.h>
#include <pthread.h>
#include <sched.h>
#include <scsi/sg.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BAD_DATA 1

static const char *errno_word(int e)
{
	return e ? strerrorname_np(e) : "0";
}

static size_t number(const char *text)
{
	char *end;
	size_t n = strtoull(text, &end, 0);

	switch (*end) {
	case 'K':
		n <<= 10;
		end++;
		break;
	case 'M':
		n <<= 20;
		end++;
		break;
	}
	if (*end || end == text)
		errx(2, "not a number: %s", text);
	return n;
}

static int open_disk(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0)
		err(2, "%s", path);
	return fd;
}

static char *buffer(size_t size)
{
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		err(2, "mmap");
	memset(p, 0, size);
	return p;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static uint64_t random_state = 88172645463325252;

static uint64_t rnd(uint64_t below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state % below;
}

/* ------------------------------------------------------------------ */
/* One asynchronous I/O, without a library */

static aio_context_t aio;

static void aio_begin(int fd, bool write, void *buf, size_t len, off_t offset)
{
	static struct iocb cb;
	struct iocb *list = &cb;

	if (!aio && syscall(SYS_io_setup, 8, &aio))
		err(2, "io_setup");
	memset(&cb, 0, sizeof(cb));
	cb.aio_fildes = fd;
	cb.aio_lio_opcode = write ? IOCB_CMD_PWRITE : IOCB_CMD_PREAD;
	cb.aio_buf = (uintptr_t)buf;
	cb.aio_nbytes = len;
	cb.aio_offset = offset;
	if (syscall(SYS_io_submit, aio, 1, &list) != 1)
		err(2, "io_submit");
}

/* The result, or LONG_MIN when it has not come within @timeout seconds. */
#define NOT_YET INT64_MIN
static int64_t aio_end(double timeout)
{
	struct timespec t = {
		.tv_sec = timeout,
		.tv_nsec = (timeout - (time_t)timeout) * 1e9,
	};
	struct io_event event;
	int n;

	do {
		n = syscall(SYS_io_getevents, aio, 1, 1, &event, &t);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		err(2, "io_getevents");
	return n ? event.res : NOT_YET;
}

/* ------------------------------------------------------------------ */

/* put FILE TEXT: write a file at once and print what the kernel thought of it */
static int cmd_put(char **arg)
{
	int fd = open(arg[0], O_WRONLY | O_CLOEXEC), e = 0;

	if (fd < 0 || write(fd, arg[1], strlen(arg[1])) < 0)
		e = errno;
	puts(errno_word(e));
	return 0;
}

struct flipper {
	volatile unsigned char *p;
	size_t size;
	volatile size_t rounds;
	volatile bool stop;
};

/*
 * A processor for each of the two threads: left to the scheduler both may share
 * one, and then nothing is changed while the other one writes.
 */
static void stay_on(int cpu)
{
	cpu_set_t set;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		return;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		err(2, "sched_setaffinity");
}

static void *flip(void *arg)
{
	struct flipper *f = arg;

	stay_on(1);
	while (!f->stop) {
		for (size_t i = 0; i < f->size; i += 509)
			f->p[i]++;
		f->rounds++;
	}
	return NULL;
}

/* Until the other thread runs: on a busy machine that may take a while. */
static void wait_for_flips(struct flipper *f)
{
	size_t seen = f->rounds;

	while (f->rounds == seen)
		;
}

/*
 * flip DISK COUNT SIZE ENOUGH: write while another thread changes the buffer,
 * COUNT times or until ENOUGH writes have failed; read all again
 */
static int cmd_flip(char **arg)
{
	size_t count = number(arg[1]), size = number(arg[2]), enough = number(arg[3]);
	int fd = open_disk(arg[0], O_RDWR | O_DIRECT), last = 0;
	size_t failed = 0, unreadable = 0, places = 64, i;
	struct flipper f = { .p = (void *)buffer(size), .size = size };
	char *in = buffer(size);
	pthread_t thread;

	if (pthread_create(&thread, NULL, flip, &f))
		errx(2, "pthread_create");
	stay_on(0);
	for (i = 0; i < count && failed < enough; i++) {
		wait_for_flips(&f);
		if (pwrite(fd, (void *)f.p, size, i % places * size) != (ssize_t)size) {
			last = errno;
			failed++;
		}
	}
	f.stop = true;
	pthread_join(thread, NULL);
	count = i;
	for (i = 0; i < (count < places ? count : places); i++)
		unreadable += pread(fd, in, size, i * size) != (ssize_t)size;
	printf("writes=%zu failed=%zu errno=%s unreadable=%zu\n", count, failed,
	       errno_word(last), unreadable);
	return 0;
}

/* nowait DISK SIZE COUNT read|write */
static int cmd_nowait(char **arg)
{
	size_t size = number(arg[1]), count = number(arg[2]), ok = 0, again = 0, other = 0;
	bool write = !strcmp(arg[3], "write");
	int fd = open_disk(arg[0], O_RDWR | O_DIRECT);
	struct iovec v = { buffer(size), size };
	double slowest = 0;

	for (size_t i = 0; i < count; i++) {
		double t = now();
		ssize_t n = write ? pwritev2(fd, &v, 1, 0, RWF_NOWAIT) :
				    preadv2(fd, &v, 1, 0, RWF_NOWAIT);

		t = now() - t;
		slowest = t > slowest ? t : slowest;
		if (n == (ssize_t)size)
			ok++;
		else if (n < 0 && errno == EAGAIN)
			again++;
		else
			other++;
	}
	printf("ok=%zu again=%zu other=%zu slowest_ms=%d\n", ok, again, other,
	       (int)(slowest * 1000));
	return 0;
}

/* Random, and no two fills alike. */
static void fill(char *p, size_t len)
{
	for (; len >= sizeof(uint64_t); len -= sizeof(uint64_t)) {
		uint64_t word = rnd(UINT64_MAX);

		memcpy(p, &word, sizeof(word));
		p += sizeof(word);
	}
	while (len--)
		*p++ = rnd(256);
}

/* Cuts @len bytes at @p into at most @max pieces at multiples of @unit. */
static int cut(struct iovec *v, int max, char *p, size_t len, size_t unit)
{
	int n = 0;

	while (len) {
		size_t piece = unit * (1 + rnd(len / unit < 40 ? len / unit : 40));

		if (n == max - 1 || piece > len)
			piece = len;
		v[n].iov_base = p;
		v[n++].iov_len = piece;
		p += piece;
		len -= piece;
	}
	return n;
}

/*
 * From here on allocations for us fail, if the script has set that up: MAKE_IT_FAIL
 * is the number of pieces of an I/O, as a vector may itself need memory.
 */
static size_t may_fail(size_t pieces)
{
	const char *fewer = getenv("MAKE_IT_FAIL");
	int fd;

	if (!fewer)
		return pieces;
	fd = open("/proc/self/make-it-fail", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "1", 1) != 1)
		err(2, "make-it-fail");
	close(fd);
	return number(fewer);
}

/*
 * random DISK COUNT BLOCK ALIGN MAX: vectors of pieces of any multiple of ALIGN,
 * blocks anywhere; what is read must be what was written last
 */
static int cmd_random(char **arg)
{
	size_t count = number(arg[1]), block = number(arg[2]);
	size_t align = number(arg[3]), max = number(arg[4]), area = 4 * max;
	int fd = open_disk(arg[0], O_RDWR | O_DIRECT);
	char *model = buffer(area), *buf = buffer(max + 8192);
	struct iovec v[300];
	/* who makes larger allocations fail counts them, too */
	size_t step = getenv("MAKE_IT_FAIL") ? 4096 : area, pieces;

	for (size_t at = 0; at < area; at += step)
		if (pwrite(fd, model + at, step, at) != (ssize_t)step)
			err(2, "clearing %s", arg[0]);
	pieces = may_fail(300);
	for (size_t i = 0; i < count; i++) {
		size_t len = block * (1 + rnd(max / block));
		size_t at = block * rnd((area - len) / block + 1);
		char *p = buf + align * rnd(4096 / align);
		int n = cut(v, rnd(4) ? 1 + rnd(pieces) : 1, p, len, rnd(2) ? block : align);
		bool write = rnd(2);
		ssize_t done;

		if (write)
			fill(p, len);
		else
			memset(p, 0x5a, len);
		done = write ? pwritev(fd, v, n, at) : preadv(fd, v, n, at);
		if (done != (ssize_t)len) {
			printf("done=%zu result=%zd errno=%s len=%zu pieces=%d write=%d offset=%zu\n",
			       i, done, errno_word(done < 0 ? errno : 0), len, n,
			       write, at);
			return BAD_DATA;
		}
		if (write)
			memcpy(model + at, p, len);
		else if (memcmp(model + at, p, len)) {
			printf("done=%zu wrong len=%zu offset=%zu\n", i, len, at);
			return BAD_DATA;
		}
	}
	printf("done=%zu\n", count);
	return 0;
}

/* oneio DISK read|write OFFSET LENGTH: its result and how often it ended */
static int cmd_oneio(char **arg)
{
	size_t offset = number(arg[2]), len = number(arg[3]), kept = 0;
	bool write = !strcmp(arg[1], "write");
	int fd = open_disk(arg[0], O_RDWR | O_DIRECT);
	char *buf = buffer(len);
	int64_t res;

	memset(buf, 0x33, len);
	aio_begin(fd, write, buf, len, offset);
	res = aio_end(60);
	for (size_t i = 0; i < len; i++)
		kept += buf[i] == 0x33;
	printf("result=%s bytes=%lld again=%d changed=%zu\n",
	       res == NOT_YET ? "none" : errno_word(res < 0 ? -res : 0),
	       (long long)(res < 0 ? 0 : res), aio_end(0.05) != NOT_YET, len - kept);
	return 0;
}

/*
 * scatter DISK COUNT LENGTH STRIDE wait|nowait: one read from the start of the disk
 * into COUNT pieces of memory; WRONG counts the bytes that are not those of the disk
 */
static int cmd_scatter(char **arg)
{
	size_t count = number(arg[1]), len = number(arg[2]), stride = number(arg[3]);
	int flags = strcmp(arg[4], "nowait") ? 0 : RWF_NOWAIT;
	int fd = open_disk(arg[0], O_RDONLY | O_DIRECT);
	char *all = buffer(count * len), *to = buffer(count * stride);
	struct iovec *v = calloc(count, sizeof(*v));
	size_t wrong = 0;
	ssize_t done;

	if (!v)
		err(2, "calloc");
	for (size_t i = 0; i < count; i++)
		v[i] = (struct iovec){ to + i * stride, len };
	if (pread(fd, all, count * len, 0) != (ssize_t)(count * len))
		err(2, "%s", arg[0]);
	done = preadv2(fd, v, count, 0, flags);
	printf("bytes=%zd result=%s ", done, errno_word(done < 0 ? errno : 0));
	for (size_t i = 0; i < count * len; i++)
		wrong += all[i] != to[i / len * stride + i % len];
	printf("wrong=%zu\n", wrong);
	return 0;
}

/*
 * watch DISK SIZE: read zeroes from a slow disk, and see whether the buffer
 * changes before the read has ended
 */
static int cmd_watch(char **arg)
{
	size_t size = number(arg[1]), looks = 0, early = 0, wrong = 0;
	int fd = open_disk(arg[0], O_RDWR | O_DIRECT);
	char *buf = buffer(size);
	int64_t res;

	memset(buf, 0x11, size);
	aio_begin(fd, false, buf, size, 0);
	while ((res = aio_end(0.01)) == NOT_YET) {
		/* Not the end first: it may come between the two looks. */
		looks++;
		early += buf[0] != 0x11 || buf[size / 2] != 0x11 || buf[size - 1] != 0x11;
	}
	for (size_t i = 0; i < size; i++)
		wrong += buf[i] != 0;
	printf("result=%s looks=%zu early=%zu wrong=%zu\n",
	       errno_word(res < 0 ? -res : 0), looks, early, wrong);
	return 0;
}

/*
 * The commands below are for a disk whose I/O waits: they print a line when they
 * have done what is to be done meanwhile. Then the script lets the I/O go on.
 */
static void ready(const char *word)
{
	printf("%s pid=%d\n", word, getpid());
	fflush(stdout);
}

static void must_wait(void)
{
	if (aio_end(0.1) != NOT_YET)
		errx(2, "the disk does not wait");
}

/*
 * change DISK no|yes|back SIZE BYTE: write, and while that goes on change the
 * byte at that offset, or change it and put it back
 */
static int cmd_change(char **arg)
{
	size_t size = number(arg[2]), byte = number(arg[3]);
	int fd = open_disk(arg[0], O_RDWR | O_DIRECT);
	char *buf = buffer(size);
	int64_t res;

	memset(buf, 0x44, size);
	aio_begin(fd, true, buf, size, 0);
	must_wait();
	if (strcmp(arg[1], "no"))
		buf[byte] = 0x45;
	if (!strcmp(arg[1], "back"))
		buf[byte] = 0x44;
	ready("changed");
	res = aio_end(60);
	printf("result=%s\n", errno_word(res < 0 ? -res : 0));
	return 0;
}

/* rewrite DISK: change a page that is under writeback */
static int cmd_rewrite(char **arg)
{
	int fd = open_disk(arg[0], O_RDWR);
	char *buf = buffer(4096);

	if (pwrite(fd, buf, 4096, 0) != 4096 ||
	    sync_file_range(fd, 0, 4096, SYNC_FILE_RANGE_WRITE))
		err(2, "%s", arg[0]);
	ready("writeback");
	buf[0] = 1;
	if (pwrite(fd, buf, 4096, 0) != 4096)
		err(2, "%s", arg[0]);
	ready("rewritten");
	return fsync(fd) ? 2 : 0;
}

/* What the child does that cmd_gone() forks; does not return. */
static void gone_child(const char *how, int fd, char *buf, size_t size)
{
	if (!strcmp(how, "exit")) {
		aio_begin(fd, false, buf, size, 0);
		must_wait();
		ready("exit");
		_exit(0);
	}
	for (size_t i = 0; i < size; i += 4096)
		buf[i] = 1;	/* its own copy */
	ready("fork");
	sleep(1);
	_exit(0);
}

/*
 * gone DISK unmap|readonly|fork|exit SIZE: what happens to the memory of a read of
 * zeroes while it goes on
 */
static int cmd_gone(char **arg)
{
	size_t size = number(arg[2]), wrong = 0;
	int fd = open_disk(arg[0], O_RDWR | O_DIRECT);
	char *buf = buffer(size);
	bool forks = !strcmp(arg[1], "fork"), exits = !strcmp(arg[1], "exit");
	int64_t res = 0;

	memset(buf, 0x66, size);
	if (!exits) {
		aio_begin(fd, false, buf, size, 0);
		must_wait();
	}
	if ((forks || exits) && !fork())
		gone_child(arg[1], fd, buf, size);
	if (!strcmp(arg[1], "unmap"))
		munmap(buf, size);
	if (!strcmp(arg[1], "readonly"))
		mprotect(buf, size, PROT_READ);
	if (!forks && !exits)
		ready(arg[1]);
	if (!exits)
		res = aio_end(60);
	if (forks || !strcmp(arg[1], "readonly"))
		for (size_t i = 0; i < size; i++)
			wrong += buf[i] != 0;
	if (forks || exits)
		wait(NULL);
	printf("result=%s wrong=%zu\n", errno_word(res < 0 ? -res : 0), wrong);
	return 0;
}

/*
 * mapped DISK FILE OFFSET SIZE SKEW RAM: write from and read to a mapping of FILE
 * (memory of a device, for example), from SKEW bytes behind its beginning, with RAM
 * bytes of ordinary memory before and behind it in the same I/O
 */
static int cmd_mapped(char **arg)
{
	size_t offset = number(arg[2]), size = number(arg[3]);
	size_t skew = number(arg[4]), ram = number(arg[5]);
	size_t len = size - skew - (skew ? 4096 - skew : 0), total = len + 2 * ram;
	int fd = open_disk(arg[0], O_RDWR | O_DIRECT);
	int mem = open_disk(arg[1], O_RDWR);
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, mem, offset);
	char *plain = buffer(total), *around = buffer(2 * ram + 1);
	struct iovec all[3] = {
		{ around, ram }, { p + skew, len }, { around + ram, ram },
	};
	struct iovec *v = ram ? all : all + 1;
	ssize_t out, in;
	bool same = true;
	int e;

	if (p == MAP_FAILED)
		err(2, "%s", arg[1]);
	fill(plain, total);
	memcpy(around, plain, ram);
	memcpy(p + skew, plain + ram, len);
	memcpy(around + ram, plain + ram + len, ram);
	errno = 0;
	out = pwritev(fd, v, ram ? 3 : 1, 0);
	e = errno;
	memset(p + skew, 0, len);
	memset(around, 0, 2 * ram);
	in = preadv(fd, v, ram ? 3 : 1, 0);
	for (size_t done = 0, i = 0; done < total; done += v[i++].iov_len)
		same &= !memcmp(v[i].iov_base, plain + done, v[i].iov_len);
	printf("written=%s read=%s same=%d\n",
	       out == (ssize_t)total ? "0" : errno_word(e),
	       in == (ssize_t)total ? "0" : errno_word(errno), same);
	return 0;
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

/* Submits one request, waits for it, and returns its result. */
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

/*
 * pi DISK GUARD: write the first block, 512 bytes of 0x33, whose checksum is 0xb218,
 * with protection information that says GUARD, and ask nobody to check that now
 */
static int cmd_pi(char **arg)
{
	/* 8 bytes, big endian: guard, application tag, reference tag */
	unsigned char *pi = (void *)buffer(4096);
	/* struct io_uring_attr_pi, which Linux has since 6.13 */
	struct { uint16_t flags, app_tag; uint32_t len; uint64_t addr, seed, rsvd; } attr = {
		.len = 8,
		.addr = (uintptr_t)pi,
	};
	struct io_uring_sqe write = {
		.opcode = IORING_OP_WRITE,
		.fd = open_disk(arg[0], O_RDWR | O_DIRECT),
		.addr = (uintptr_t)memset(buffer(4096), 0x33, 512),
		.len = 512,
		.addr3 = (uintptr_t)&attr,	/* attr_ptr */
	};
	int res;

	pi[0] = number(arg[1]) >> 8;
	pi[1] = number(arg[1]);
	write.__pad2[0] = 1;			/* attr_type_mask: protection information */
	res = uring_once(&write);
	printf("result=%s\n", errno_word(res < 0 ? -res : 0));
	return 0;
}

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
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

			/* All zeroes, or what the previous round left. */
			wrong += rounds && *q != (i ^ (rounds - 1));
			*q = i ^ rounds;
		}
	printf("rounds=%zu wrong=%zu\n", rounds, wrong);
	return wrong ? BAD_DATA : 0;
}

static void block_ioctl(int fd, unsigned long request, uint64_t start, uint64_t len)
{
	uint64_t range[2] = { start, len };

	ioctl(fd, request, range);	/* not every disk has all of them */
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

static const struct {
	const char *name;
	int args;
	int (*run)(char **arg);
} commands[] = {
	{ "put", 2, cmd_put },		{ "flip", 4, cmd_flip },
	{ "nowait", 4, cmd_nowait },	{ "random", 5, cmd_random },
	{ "oneio", 4, cmd_oneio },	{ "watch", 2, cmd_watch },
	{ "change", 4, cmd_change },	{ "rewrite", 1, cmd_rewrite },
	{ "gone", 3, cmd_gone },	{ "mapped", 6, cmd_mapped },
	{ "hold", 1, cmd_hold },	{ "eat", 1, cmd_eat },
	{ "log", 1, cmd_log },		{ "everything", 1, cmd_everything },
	{ "sum", 3, cmd_sum },		{ "scatter", 5, cmd_scatter },
	{ "ioctl", 1, cmd_ioctl },	{ "sgread", 1, cmd_sgread },
	{ "pi", 2, cmd_pi },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (argc > 1 && !strcmp(argv[1], commands[i].name) &&
		    argc - 2 == commands[i].args)
			return commands[i].run(argv + 2);
	errx(2, "no such command, or not its number of arguments");
}
