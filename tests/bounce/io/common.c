// SPDX-License-Identifier: GPL-2.0
/* See io.h. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../../lib/random.h"
#include "io.h"

const char *errno_word(int e)
{
	return e ? strerrorname_np(e) : "0";
}

size_t number(const char *text)
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

int open_disk(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0)
		err(2, "%s", path);
	return fd;
}

#define HUGE_PAGE (2UL << 20)

/* With HUGE_PAGES in the environment it begins at a huge page, and consists of them. */
char *buffer(size_t size)
{
	bool huge = getenv("HUGE_PAGES");
	size_t room = huge ? size + 2 * HUGE_PAGE : size;
	char *p = mmap(NULL, room, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		err(2, "mmap");
	if (huge) {
		p += -(uintptr_t)p % HUGE_PAGE;
		if (madvise(p, HUGE_PAGE, MADV_HUGEPAGE))
			err(2, "MADV_HUGEPAGE");
	}
	memset(p, 0, size);
	return p;
}

static struct rng rng = { 88172645463325252 };

uint64_t rnd(uint64_t below)
{
	return rng_below(&rng, below);
}

/* Random, and no two fills alike. */
void fill(char *p, size_t len)
{
	for (; len >= sizeof(uint64_t); len -= sizeof(uint64_t)) {
		uint64_t word = rnd(UINT64_MAX);

		memcpy(p, &word, sizeof(word));
		p += sizeof(word);
	}
	while (len--)
		*p++ = rnd(256);
}

static aio_context_t aio;

void aio_begin(int fd, bool write, void *buf, size_t len, off_t offset)
{
	static struct iocb cb;
	struct iocb *list = &cb;

	if (!aio && syscall(SYS_io_setup, 1024, &aio))
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

int64_t aio_end(double timeout)
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

/*
 * The commands below are for a disk whose I/O waits: they print a line when they
 * have acted on the waiting I/O. Then the script lets the I/O go on.
 */
void ready(const char *word)
{
	printf("%s pid=%d\n", word, getpid());
	fflush(stdout);
}

void must_wait(void)
{
	if (aio_end(0.1) != NOT_YET)
		errx(2, "the disk does not wait");
}
