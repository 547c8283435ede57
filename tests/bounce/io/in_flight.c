// SPDX-License-Identifier: GPL-2.0
/* Memory and pages that change, or go, while I/O goes on. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io.h"

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

/* Runs in the child that cmd_gone() forks; does not return. */
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

/* scribble DISK COUNT SIZE: read while another thread changes the buffer */
static int cmd_scribble(char **arg)
{
	size_t count = number(arg[1]), size = number(arg[2]), failed = 0;
	int fd = open_disk(arg[0], O_RDONLY | O_DIRECT), last = 0;
	struct flipper f = { .p = (void *)buffer(size), .size = size };
	pthread_t thread;

	if (pthread_create(&thread, NULL, flip, &f))
		errx(2, "pthread_create");
	stay_on(0);
	for (size_t i = 0; i < count; i++) {
		wait_for_flips(&f);
		if (pread(fd, (void *)f.p, size, i % 64 * size) != (ssize_t)size) {
			last = errno;
			failed++;
		}
	}
	f.stop = true;
	pthread_join(thread, NULL);
	printf("reads=%zu failed=%zu errno=%s\n", count, failed, errno_word(last));
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
	for (;;) {
		bool changed = buf[0] != 0x11 || buf[size / 2] != 0x11 || buf[size - 1] != 0x11;

		/* only what was seen before a time without an end is known to be early */
		res = aio_end(0.01);
		if (res != NOT_YET)
			break;
		looks++;
		early += changed;
	}
	for (size_t i = 0; i < size; i++)
		wrong += buf[i] != 0;
	printf("result=%s looks=%zu early=%zu wrong=%zu\n",
	       errno_word(res < 0 ? -res : 0), looks, early, wrong);
	return 0;
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
	long page = sysconf(_SC_PAGESIZE);
	char *buf = buffer(page);

	if (pwrite(fd, buf, page, 0) != page ||
	    sync_file_range(fd, 0, page, SYNC_FILE_RANGE_WRITE))
		err(2, "%s", arg[0]);
	ready("writeback");
	buf[0] = 1;
	if (pwrite(fd, buf, page, 0) != page)
		err(2, "%s", arg[0]);
	ready("rewritten");
	return fsync(fd) ? 2 : 0;
}

/*
 * gone DISK unmap|readonly|fork|exit SIZE: the fate of the memory of a read of
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

const struct command in_flight_commands[] = {
	{ "flip", "DISK COUNT SIZE ENOUGH",
	  "write while another thread changes the buffer", 4, cmd_flip },
	{ "scribble", "DISK COUNT SIZE",
	  "read while another thread changes the buffer", 3, cmd_scribble },
	{ "watch", "DISK SIZE",
	  "does the buffer change before a slow read has ended?", 2, cmd_watch },
	{ "change", "DISK no|yes|back SIZE BYTE",
	  "change a byte while it is written", 4, cmd_change },
	{ "rewrite", "DISK",
	  "change a page that is under writeback", 1, cmd_rewrite },
	{ "gone", "DISK unmap|readonly|fork|exit SIZE",
	  "the memory of a read goes while it is read", 3, cmd_gone },
	{ }
};
