// SPDX-License-Identifier: GPL-2.0
/* I/O of all shapes. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "../../lib/clock.h"
#include "io.h"

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

/* nowait DISK SIZE COUNT read|write */
static int cmd_nowait(char **arg)
{
	size_t size = number(arg[1]), count = number(arg[2]), ok = 0, again = 0, other = 0;
	bool write = !strcmp(arg[3], "write");
	int fd = open_disk(arg[0], O_RDWR | O_DIRECT);
	struct iovec v = { buffer(size), size };
	u64 slowest = 0;

	for (size_t i = 0; i < count; i++) {
		u64 t = now_ns();
		ssize_t n = write ? pwritev2(fd, &v, 1, 0, RWF_NOWAIT) :
				    preadv2(fd, &v, 1, 0, RWF_NOWAIT);

		t = now_ns() - t;
		slowest = t > slowest ? t : slowest;
		if (n == (ssize_t)size)
			ok++;
		else if (n < 0 && errno == EAGAIN)
			again++;
		else
			other++;
	}
	printf("ok=%zu again=%zu other=%zu slowest_ms=%d\n", ok, again, other,
	       (int)(slowest / 1000000));
	return 0;
}

/* Which bytes are not those that were wanted, and what they are. */
static void say_wrong(const char *wanted, const char *found, size_t len)
{
	size_t first = 0, last = len - 1, nr = 0;

	while (wanted[first] == found[first])
		first++;
	while (wanted[last] == found[last])
		last--;
	for (size_t i = first; i <= last; i++)
		nr += wanted[i] != found[i];
	printf("first=%zu last=%zu bytes=%zu found=%#x wanted=%#x ", first, last, nr,
	       (unsigned char)found[first], (unsigned char)wanted[first]);
}

/*
 * random DISK COUNT BLOCK ALIGN MAX: vectors of pieces of any multiple of ALIGN,
 * blocks anywhere; reads must return the data written last. With WHOLE_BLOCKS in the
 * environment ALIGN is for the address alone, and pieces are multiples of BLOCK.
 */
static int cmd_random(char **arg)
{
	size_t count = number(arg[1]), block = number(arg[2]);
	size_t align = number(arg[3]), max = number(arg[4]), area = 4 * max;
	size_t unit = getenv("WHOLE_BLOCKS") ? block : align;
	int fd = open_disk(arg[0], O_RDWR | O_DIRECT);
	char *model = buffer(area), *buf = buffer(max + 8192);
	struct iovec v[300];
	/* fail_alloc counts larger allocations, too */
	size_t step = getenv("MAKE_IT_FAIL") ? 4096 : area, pieces;

	for (size_t at = 0; at < area; at += step)
		if (pwrite(fd, model + at, step, at) != (ssize_t)step)
			err(2, "clearing %s", arg[0]);
	pieces = may_fail(300);
	for (size_t i = 0; i < count; i++) {
		size_t len = block * (1 + rnd(max / block));
		size_t at = block * rnd((area - len) / block + 1);
		char *p = buf + align * rnd(4096 / align);
		int n = cut(v, rnd(4) ? 1 + rnd(pieces) : 1, p, len, rnd(2) ? block : unit);
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
			say_wrong(model + at, p, len);
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

#ifndef RWF_ATOMIC
#define RWF_ATOMIC 0x40
#endif

/* atomic DISK SIZE: one atomic write at the start of the disk, read back */
static int cmd_atomic(char **arg)
{
	size_t size = number(arg[1]);
	int fd = open_disk(arg[0], O_RDWR | O_DIRECT);
	char *out = buffer(size), *in = buffer(size);
	struct iovec v = { out, size };
	ssize_t done;
	int e;

	fill(out, size);
	/* other data than that of the last process, which began with the same numbers */
	for (size_t i = 0; i < size; i++)
		out[i] ^= getpid();
	done = pwritev2(fd, &v, 1, 0, RWF_ATOMIC);
	e = done < 0 ? errno : 0;
	if (pread(fd, in, size, 0) != (ssize_t)size)
		err(2, "%s", arg[0]);
	printf("result=%s written=%d\n", errno_word(e), !memcmp(out, in, size));
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

const struct command shapes_commands[] = {
	{ "nowait", "DISK SIZE COUNT read|write",
	  "I/O with RWF_NOWAIT", 4, cmd_nowait },
	{ "random", "DISK COUNT BLOCK ALIGN MAX",
	  "vectors of any shape, compared with the data written last", 5, cmd_random },
	{ "oneio", "DISK read|write OFFSET LENGTH",
	  "one I/O, and how often it ended", 4, cmd_oneio },
	{ "scatter", "DISK COUNT LENGTH STRIDE wait|nowait",
	  "one read into COUNT pieces of memory", 5, cmd_scatter },
	{ "atomic", "DISK SIZE",
	  "one write with RWF_ATOMIC, read back", 2, cmd_atomic },
	{ "mapped", "DISK FILE OFFSET SIZE SKEW RAM",
	  "write from and read to a mapping of FILE", 6, cmd_mapped },
	{ }
};
