// SPDX-License-Identifier: GPL-2.0
/*
 * reproduce DISK: writes to DISK by O_DIRECT while another thread changes the buffer. Do the
 * checksums that go with the data still match it? All writes are of whole blocks, and what
 * is written from a buffer that nothing changes has to arrive.
 */
#include <err.h>
#include <errno.h>
#include <liburing.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common.h"

#define SIZE	(64 << 10)
#define WRITES	300
#define ENOUGH	10
#define LARGEST	((1 << 20) + 3584)

static char *buf, *back;
static struct io_uring ring;
static unsigned long changes;
static bool stop;

static void *change(void *arg)
{
	volatile char *p = buf;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		p[__atomic_fetch_add(&changes, 1, __ATOMIC_RELAXED) % SIZE]++;
	return arg;
}

/* The other thread is running. */
static void wait_for_change(void)
{
	unsigned long seen = __atomic_load_n(&changes, __ATOMIC_RELAXED);

	while (__atomic_load_n(&changes, __ATOMIC_RELAXED) == seen)
		sched_yield();
}

/* What a write of @len bytes returns, or -errno. */
static long write_sync(int fd, size_t len)
{
	ssize_t ret = pwrite(fd, buf, len, 0);

	return ret < 0 ? -errno : ret;
}

static long write_async(int fd, size_t len)
{
	struct io_uring_cqe *cqe;
	long ret;

	io_uring_prep_write(io_uring_get_sqe(&ring), fd, buf, len, 0);
	ret = io_uring_submit_and_wait(&ring, 1);
	if (ret != 1 || io_uring_wait_cqe(&ring, &cqe))
		errx(CANNOT, "io_uring: %ld", ret);
	ret = cqe->res;
	io_uring_cqe_seen(&ring, cqe);
	return ret;
}

static void check_data(int fd, long (*write_to)(int fd, size_t len))
{
	static const size_t sizes[] = { 512, 3584, 4096, SIZE, LARGEST };
	unsigned int s;
	size_t i;
	long ret;

	for (s = 0; s < sizeof(sizes) / sizeof(*sizes); s++) {
		for (i = 0; i < sizes[s]; i++)
			buf[i] = rand();
		ret = write_to(fd, sizes[s]);
		if (ret != (long)sizes[s])
			errx(CANNOT, "%ld of %zu bytes were written", ret, sizes[s]);
		if (pread(fd, back, sizes[s], 0) != (ssize_t)sizes[s] || memcmp(buf, back, sizes[s]))
			errx(CANNOT, "%zu bytes did not arrive", sizes[s]);
	}
}

static int count_refused(int fd, const char *how, long (*write_to)(int fd, size_t len))
{
	int i, refused = 0;
	pthread_t thread;
	long ret;

	__atomic_store_n(&stop, false, __ATOMIC_RELAXED);
	if (pthread_create(&thread, NULL, change, NULL))
		errx(CANNOT, "pthread_create");
	for (i = 0; i < WRITES && refused < ENOUGH; i++) {
		wait_for_change();
		ret = write_to(fd, SIZE);
		if (ret == -EILSEQ)
			refused++;
		else if (ret != SIZE)
			errx(CANNOT, "%s write: %ld", how, ret);
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	printf("# %s: %d of %d writes failed with EILSEQ\n", how, refused, i);
	return refused;
}

int main(int argc, char **argv)
{
	int fd, refused;

	if (argc != 2)
		errx(CANNOT, "usage: reproduce DISK");
	fd = open(argv[1], O_RDWR | O_DIRECT | O_CLOEXEC);
	buf = aligned_alloc(4096, LARGEST + 512);
	back = aligned_alloc(4096, LARGEST + 512);
	if (fd < 0 || !buf || !back || io_uring_queue_init(1, &ring, 0))
		err(CANNOT, "%s", argv[1]);
	check_data(fd, write_sync);
	check_data(fd, write_async);
	refused = count_refused(fd, "synchronous", write_sync);
	refused += count_refused(fd, "asynchronous", write_async);
	return refused ? FOUND : NOT_FOUND;
}
