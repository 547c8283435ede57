// SPDX-License-Identifier: GPL-2.0
/*
 * Files of one range while other threads are at work: no descriptor is left that the
 * caller did not learn of.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/resource.h>

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
		while (next_fd() < nr)
			ASSERT_LE(0, dup(0));
		for (int i = 0; i < 20; i++) {
			int err = ioctl(self->s.control, VTL0_OPEN, arg) ? errno : 0;

			if (!err)
				err = close(arg->fd);
			ASSERT_TRUE(!err || err == EFAULT);
			ASSERT_EQ(nr, next_fd());
		}
	}
	stop = true;
	ASSERT_EQ(0, pthread_join(thread, NULL));
}

TEST_HARNESS_MAIN
