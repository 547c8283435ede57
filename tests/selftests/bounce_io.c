// SPDX-License-Identifier: GPL-2.0
/*
 * The I/O that the bounce_blk tests need and no shell command does: bounce_io
 * COMMAND ARGUMENT... Prints one line of NAME=VALUE words; exit status 0 when
 * the I/O could be tried, whatever came of it, 1 when the data is wrong, 2 else.
 * Judging is left to tests/bounce/rows.sh.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/fs.h>
#include <pthread.h>
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

static void *flip(void *arg)
{
	struct flipper *f = arg;

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

/* flip DISK COUNT SIZE: write while another thread changes the buffer; read again */
static int cmd_flip(char **arg)
{
	size_t count = number(arg[1]), size = number(arg[2]), i;
	int fd = open_disk(arg[0], O_RDWR | O_DIRECT), last = 0;
	size_t failed = 0, unreadable = 0, places = 64;
	struct flipper f = { .p = (void *)buffer(size), .size = size };
	char *in = buffer(size);
	pthread_t thread;

	if (pthread_create(&thread, NULL, flip, &f))
		errx(2, "pthread_create");
	for (i = 0; i < count; i++) {
		wait_for_flips(&f);
		if (pwrite(fd, (void *)f.p, size, i % places * size) != (ssize_t)size) {
			last = errno;
			failed++;
		}
	}
	f.stop = true;
	pthread_join(thread, NULL);
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
 * random DISK COUNT BLOCK ALIGN MAX: vectors of pieces of any multiple of ALIGN,
 * blocks anywhere; what is read must be what was written last
 */
static int cmd_random(char **arg)
{
	size_t count = number(arg[1]), block = number(arg[2]);
	size_t align = number(arg[3]), max = number(arg[4]), area = 4 * max;
	int fd = open_disk(arg[0], O_RDWR | O_DIRECT);
	char *model = buffer(area), *buf = buffer(max + 8192);
	struct iovec v[1024];

	if (pwrite(fd, model, area, 0) != (ssize_t)area)
		err(2, "clearing %s", arg[0]);
	for (size_t i = 0; i < count; i++) {
		size_t len = block * (1 + rnd(max / block));
		size_t at = block * rnd((area - len) / block + 1);
		char *p = buf + align * rnd(4096 / align);
		int n = cut(v, rnd(4) ? 1 + rnd(300) : 1, p, len, rnd(2) ? block : align);
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
	       (long long)(res < 0 ? 0 : res), aio_end(0.2) != NOT_YET, len - kept);
	return 0;
}

/*
 * watch DISK SIZE: read 0x77s from a slow disk, and see whether the buffer
 * changes before the read has ended
 */
static int cmd_watch(char **arg)
{
	size_t size = number(arg[1]), looks = 0, early = 0, wrong = 0;
	int fd = open_disk(arg[0], O_RDWR | O_DIRECT);
	char *buf = buffer(size);
	int64_t res;

	memset(buf, 0x77, size);
	if (pwrite(fd, buf, size, 0) != (ssize_t)size)
		err(2, "write");
	memset(buf, 0x11, size);
	aio_begin(fd, false, buf, size, 0);
	while ((res = aio_end(0.01)) == NOT_YET) {
		/* Not the end first: it may come between the two looks. */
		looks++;
		early += buf[0] != 0x11 || buf[size / 2] != 0x11 || buf[size - 1] != 0x11;
	}
	for (size_t i = 0; i < size; i++)
		wrong += buf[i] != 0x77;
	printf("result=%s looks=%zu early=%zu wrong=%zu\n",
	       errno_word(res < 0 ? -res : 0), looks, early, wrong);
	return 0;
}

/*
 * change DISK no|yes|back SIZE BYTE: write to a slow disk, and while that goes
 * on change the byte at that offset, or change it and put it back
 */
static int cmd_change(char **arg)
{
	size_t size = number(arg[2]), byte = number(arg[3]);
	int fd = open_disk(arg[0], O_RDWR | O_DIRECT);
	char *buf = buffer(size);
	int64_t res;

	memset(buf, 0x44, size);
	aio_begin(fd, true, buf, size, 0);
	if (strcmp(arg[1], "no"))
		buf[byte] = 0x45;
	if (!strcmp(arg[1], "back"))
		buf[byte] = 0x44;
	res = aio_end(0.001);
	if (res != NOT_YET)
		errx(2, "the disk is too fast");
	res = aio_end(60);
	printf("result=%s pid=%d\n", errno_word(res < 0 ? -res : 0), getpid());
	return 0;
}

/* rewrite DISK: milliseconds that a page under writeback keeps its writer waiting */
static int cmd_rewrite(char **arg)
{
	int fd = open_disk(arg[0], O_RDWR);
	char *buf = buffer(4096);
	double t;

	if (pwrite(fd, buf, 4096, 0) != 4096 ||
	    sync_file_range(fd, 0, 4096, SYNC_FILE_RANGE_WRITE))
		err(2, "%s", arg[0]);
	buf[0] = 1;
	t = now();
	if (pwrite(fd, buf, 4096, 0) != 4096)
		err(2, "%s", arg[0]);
	t = now() - t;
	printf("ms=%d\n", (int)(t * 1000));
	return fsync(fd) ? 2 : 0;
}

/* gone DISK unmap|readonly|fork|exit SIZE: what happens to the memory of a slow read */
static int cmd_gone(char **arg)
{
	size_t size = number(arg[2]), wrong = 0;
	int fd = open_disk(arg[0], O_RDWR | O_DIRECT);
	char *buf = buffer(size);
	pid_t child = 0;
	int64_t res;

	memset(buf, 0x66, size);
	if (pwrite(fd, buf, size, 0) != (ssize_t)size)
		err(2, "write");
	memset(buf, 0, size);
	if (!strcmp(arg[1], "exit")) {
		child = fork();
		if (!child) {
			aio_begin(fd, false, buf, size, 0);
			_exit(0);
		}
		waitpid(child, NULL, 0);
		puts("result=0 wrong=0");
		return 0;
	}
	aio_begin(fd, false, buf, size, 0);
	if (!strcmp(arg[1], "unmap"))
		munmap(buf, size);
	if (!strcmp(arg[1], "readonly"))
		mprotect(buf, size, PROT_READ);
	if (!strcmp(arg[1], "fork"))
		child = fork();
	if (!strcmp(arg[1], "fork") && !child) {
		for (size_t i = 0; i < size; i += 4096)
			buf[i] = 1;	/* its own copy */
		sleep(1);
		_exit(0);
	}
	res = aio_end(60);
	if (strcmp(arg[1], "unmap"))
		for (size_t i = 0; i < size; i++)
			wrong += buf[i] != 0x66;
	if (child)
		waitpid(child, NULL, 0);
	printf("result=%s wrong=%zu\n", errno_word(res < 0 ? -res : 0), wrong);
	return 0;
}

/*
 * mapped DISK FILE OFFSET SIZE SKEW: write from and read to a mapping of FILE (memory
 * of a device, for example), from SKEW bytes behind its beginning
 */
static int cmd_mapped(char **arg)
{
	size_t offset = number(arg[2]), size = number(arg[3]), skew = number(arg[4]);
	int fd = open_disk(arg[0], O_RDWR | O_DIRECT);
	int mem = open_disk(arg[1], O_RDWR);
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, mem, offset);
	size_t len = size - skew - (skew ? 4096 - skew : 0);
	char *plain = buffer(size);
	ssize_t out, in;
	int e;

	if (p == MAP_FAILED)
		err(2, "%s", arg[1]);
	p += skew;
	for (size_t i = 0; i < len; i++) {
		plain[i] = rnd(256);
		p[i] = plain[i];
	}
	errno = 0;
	out = pwrite(fd, p, len, 0);
	e = errno;
	for (size_t i = 0; i < len; i++)
		p[i] = 0;
	in = pread(fd, p, len, 0);
	printf("written=%s read=%s same=%d\n",
	       out == (ssize_t)len ? "0" : errno_word(e),
	       in == (ssize_t)len ? "0" : errno_word(errno),
	       !memcmp(p, plain, len));
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

/* eat MIB SECONDS: touch memory round and round */
static int cmd_eat(char **arg)
{
	size_t size = number(arg[0]) << 20, rounds = 0, wrong = 0;
	double end = now() + number(arg[1]);
	char *p = buffer(4096);

	p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		err(2, "mmap");
	for (; now() < end; rounds++)
		for (size_t i = 0; i < size && now() < end; i += 4096) {
			uint64_t *q = (uint64_t *)(p + i);

			/* All zeroes, or what the previous round left. */
			wrong += rounds && *q != (i ^ (rounds - 1));
			*q = i ^ rounds;
		}
	printf("rounds=%zu wrong=%zu\n", rounds, wrong);
	return wrong ? BAD_DATA : 0;
}

static const struct {
	const char *name;
	int args;
	int (*run)(char **arg);
} commands[] = {
	{ "put", 2, cmd_put },		{ "flip", 3, cmd_flip },
	{ "nowait", 4, cmd_nowait },	{ "random", 5, cmd_random },
	{ "oneio", 4, cmd_oneio },	{ "watch", 2, cmd_watch },
	{ "change", 4, cmd_change },	{ "rewrite", 1, cmd_rewrite },
	{ "gone", 3, cmd_gone },	{ "mapped", 5, cmd_mapped },
	{ "hold", 1, cmd_hold },	{ "eat", 2, cmd_eat },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (argc > 1 && !strcmp(argv[1], commands[i].name) &&
		    argc - 2 == commands[i].args)
			return commands[i].run(argv + 2);
	errx(2, "no such command, or not its number of arguments");
}
