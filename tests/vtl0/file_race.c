// SPDX-License-Identifier: GPL-2.0
/*
 * Files of one range while other threads are at work, and what is left of them: no
 * descriptor that the caller did not learn of, no error where a removal is refused, no
 * other range behind an old device number.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>

#include "map.h"

#define LENGTH MIB(8)
#define MOST_FDS 8192

FIXTURE(file_race) {
	struct map_state s;
};

FIXTURE_SETUP(file_race)
{
	int ret = map_open(&self->s);

	if (ret == -ENOENT)
		SKIP(return, NO_RAM);
	ASSERT_EQ(0, ret);
	self->s.length = LENGTH;
	ASSERT_EQ(0, add_named(self->s.control, self->s.start, LENGTH, "race", 0600));
}

FIXTURE_TEARDOWN_PARENT(file_race)
{
	EXPECT_ALL_GONE();
}

/* The number that the next descriptor gets. */
static int next_fd(void)
{
	int fd = dup(0);

	close(fd);
	return fd;
}

static atomic_bool stop;

static void *change_protection(void *page)
{
	while (!stop) {
		mprotect(page, PAGE_BYTES, PROT_READ);
		mprotect(page, PAGE_BYTES, PROT_READ | PROT_WRITE);
	}
	return NULL;
}

/*
 * The table of descriptors of a process with threads grows at each power of two, and that
 * waits for a grace period: long enough for the result's page to become read-only.
 */
TEST_F(file_race, no_descriptor_is_left_when_the_result_cannot_be_written)
{
	const struct rlimit limit = { 2 * MOST_FDS, 2 * MOST_FDS };
	struct vtl0_open *arg = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_t thread;

	ASSERT_NE(MAP_FAILED, arg);
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	*arg = (struct vtl0_open) {
		.size = sizeof(*arg), .start = self->s.start, .length = LENGTH,
	};
	ASSERT_EQ(0, pthread_create(&thread, NULL, change_protection, arg));
	for (int nr = 64; nr <= MOST_FDS; nr *= 2) {
		int last;

		/* next_fd() would let it grow before the call does */
		do {
			last = dup(0);
			ASSERT_LE(0, last);
		} while (last < nr - 1);
		for (int i = 0; i < 20; i++) {
			int err = ioctl(self->s.control, VTL0_OPEN, arg) ? errno : 0;

			if (!err)
				err = close(arg->fd);
			ASSERT_TRUE(!err || err == EFAULT)
				TH_LOG("errno %d", err);
			/* EFAULT leaves the structure as it was */
			ASSERT_EQ(sizeof(*arg), arg->size);
			ASSERT_EQ(nr, next_fd());
		}
	}
	stop = true;
	ASSERT_EQ(0, pthread_join(thread, NULL));
}

static void *remove_in_vain(void *arg)
{
	const struct map_state *s = arg;
	long wrong = 0;

	while (!stop)
		wrong += remove_range(s->control, s->start, s->length) != -EBUSY;
	return (void *)wrong;
}

/* The range is in state REMOVING nearly all the time. */
TEST_F(file_race, opens_beside_a_removal_that_is_refused)
{
	struct vtl0_open arg = { .start = self->s.start, .length = LENGTH };
	struct iovec iov = { .iov_len = PAGE_BYTES };
	pthread_t thread;
	char page[PAGE_BYTES];
	int pipes[2], fd;
	void *wrong;

	ASSERT_EQ(0, pipe(pipes));
	iov.iov_base = map_low(self->s.low, self->s.start, LENGTH, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, iov.iov_base);
	ASSERT_EQ(0, touch_write(iov.iov_base));
	ASSERT_EQ((ssize_t)PAGE_BYTES, vmsplice(pipes[1], &iov, 1, 0));
	ASSERT_EQ(0, pthread_create(&thread, NULL, remove_in_vain, &self->s));
	for (int i = 0; i < 50; i++) {
		EXPECT_EQ(0, cmd_open(self->s.control, &arg));
		EXPECT_EQ(0, close(arg.fd));
		fd = open("/dev/vtl0_race", O_RDWR | O_CLOEXEC);
		EXPECT_LE(0, fd);
		EXPECT_EQ(0, close(fd));
		usleep(2000);
	}
	stop = true;
	ASSERT_EQ(0, pthread_join(thread, &wrong));
	EXPECT_EQ(NULL, wrong);
	ASSERT_EQ((ssize_t)PAGE_BYTES, read(pipes[0], page, PAGE_BYTES));
}

/* A container has such a node, with rights of its own. */
TEST_F(file_race, device_number_does_not_go_to_the_next_range)
{
	char path[] = "/tmp/vtl0_node_XXXXXX";
	struct stat st;
	int fd;

	ASSERT_EQ(0, stat("/dev/vtl0_race", &st));
	close(mkstemp(path));
	ASSERT_EQ(0, unlink(path));
	ASSERT_EQ(0, mknod(path, S_IFCHR | 0666, st.st_rdev));
	fd = open(path, O_RDWR | O_CLOEXEC);
	EXPECT_LE(0, fd);
	close(fd);
	ASSERT_EQ(0, remove_range(self->s.control, self->s.start, LENGTH));
	ASSERT_EQ(0, add_named(self->s.control, self->s.start, LENGTH, "other", 0600));
	EXPECT_EQ(-1, open(path, O_RDWR | O_CLOEXEC));
	EXPECT_EQ(ENXIO, errno);
	EXPECT_EQ(0, unlink(path));
}

TEST_HARNESS_MAIN
