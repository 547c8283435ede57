// SPDX-License-Identifier: GPL-2.0
/*
 * Removal of many ranges and chunks: close only begins it, other calls go on
 * meanwhile, an add of the same memory waits for it, and a caller that is killed
 * leaves nothing half done.
 */
#include <errno.h>
#include <linux/mshv.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "map.h"

#define NR_RANGES 128U
#define ELSEWHERE (EMPTY_BASE + TIB(1))

FIXTURE(many) {
	int ctl;
	int other;
};

FIXTURE_SETUP(many)
{
	self->ctl = open_control();
	ASSERT_LE(0, self->ctl);
	self->other = open_control();
	ASSERT_LE(0, self->other);
}

FIXTURE_TEARDOWN(many)
{
	if (self->ctl >= 0)
		close(self->ctl);
	if (self->other >= 0)
		close(self->other);
	EXPECT_NOTHING_LEFT();
}

static int add_many(int fd)
{
	for (u64 i = 0; i < NR_RANGES; i++) {
		int ret = add_range(fd, EMPTY_BASE + i * BLOCKS(2), BLOCKS(2), 0);

		if (ret)
			return ret;
	}
	return 0;
}

static bool nothing_listed(void *arg)
{
	return list_ranges(*(int *)arg, NULL, 0) == 0;
}

TEST_F_TIMEOUT(many, close_marks_all_draining, SLOW)
{
	struct vtl0_range_info info[NR_RANGES];
	int nr;

	ASSERT_EQ(0, add_many(self->ctl));
	ASSERT_EQ(0, close(self->ctl));
	self->ctl = -1;
	nr = list_ranges(self->other, info, NR_RANGES);
	for (int i = 0; i < nr; i++) {
		ASSERT_EQ(VTL0_STATE_DRAINING, info[i].state);
		ASSERT_EQ(0, info[i].owners);
	}
	EXPECT_TRUE(wait_until(nothing_listed, &self->other, PATIENCE));
	EXPECT_FALSE(iomem_has(EMPTY_BASE, BLOCKS(2), NULL));
}

/* A VMM that restarts need not know of it, whatever pieces it adds. */
TEST_F_TIMEOUT(many, add_waits_for_what_drains, SLOW)
{
	int rounds = debug_kernel() ? 4 : 10;

	for (int i = 0; i < rounds; i++) {
		ASSERT_EQ(0, add_chunked(self->ctl, EMPTY_BASE, BLOCKS(32), BLOCKS(1)));
		ASSERT_EQ(0, close(self->ctl));
		self->ctl = open_control();
		ASSERT_LE(0, self->ctl);
		ASSERT_EQ(0, add_range(self->ctl, EMPTY_BASE + BLOCKS(16), BLOCKS(32), 0));
		ASSERT_EQ(0, close(self->ctl));
		self->ctl = open_control();
	}
}

struct toggle {
	pthread_t thread;
	int fd;
	atomic_bool stop;
	int error;
};

static void *add_and_remove(void *arg)
{
	struct toggle *t = arg;

	while (!t->stop && !t->error) {
		t->error = add_chunked(t->fd, EMPTY_BASE, BLOCKS(32), BLOCKS(1));
		if (!t->error)
			t->error = remove_range(t->fd, EMPTY_BASE, BLOCKS(32));
		/* the other one was first */
		if (t->error == -EEXIST)
			t->error = 0;
	}
	return NULL;
}

/* Never EBUSY, which memory that another driver claimed would be. */
TEST_F_TIMEOUT(many, add_waits_for_a_removal, SLOW)
{
	u64 end = now_ns() + 60 * 1000000000ULL;
	struct toggle t = { .fd = self->other };
	int added = 0;

	ASSERT_EQ(0, pthread_create(&t.thread, NULL, add_and_remove, &t));
	/* any number of calls may find the other range live, as its thread may not run */
	for (int i = 0; i < 20 || (!added && now_ns() < end); i++) {
		int ret = add_range(self->ctl, EMPTY_BASE + BLOCKS(16), BLOCKS(32), 0);

		if (!ret) {
			added++;
			EXPECT_EQ(0, remove_range(self->ctl, EMPTY_BASE + BLOCKS(16), BLOCKS(32)));
			sched_yield();
			continue;
		}
		EXPECT_EQ(-EEXIST, ret);
	}
	t.stop = true;
	pthread_join(t.thread, NULL);
	EXPECT_EQ(0, t.error);
	EXPECT_LT(0, added);
}

/* Calls for other memory are served while much is being removed. */
TEST_F_TIMEOUT(many, other_calls_go_on, SLOW)
{
	u64 length = debug_kernel() ? BLOCKS(512) : BLOCKS(4096);
	struct vtl0_info info = { };
	unsigned int during = 0, tries = 0;
	int fd;

	/* a fast machine may be done before the first of the calls is */
	do {
		ASSERT_EQ(0, add_chunked(self->ctl, EMPTY_BASE, length, BLOCKS(1)));
		ASSERT_EQ(0, close(self->ctl));
		self->ctl = open_control();
		ASSERT_LE(0, self->ctl);
		do {
			ASSERT_EQ(0, add_range(self->other, ELSEWHERE, BLOCKS(1), 0));
			ASSERT_EQ(0, remove_range(self->other, ELSEWHERE, BLOCKS(1)));
			fd = open_low(O_RDWR);
			ASSERT_LE(0, fd);
			ASSERT_EQ(0, close(fd));
			ASSERT_EQ(0, cmd_info(self->other, &info));
			during += info.nr_ranges;
		} while (info.nr_ranges);
	} while (!during && ++tries < 20);
	TH_LOG("%u calls of each kind during the removal", during);
	EXPECT_LT(0, during);
}

/* Starts @call in a child, kills it at a random moment, and waits for its end. */
static void kill_during(int (*call)(int fd), unsigned int us)
{
	pid_t child = fork();

	if (!child) {
		call(open_control());
		_exit(0);
	}
	usleep(us);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static int add_4096_chunks(int fd)
{
	return add_chunked(fd, EMPTY_BASE, BLOCKS(4096), BLOCKS(1));
}

static int remove_256_chunks(int fd)
{
	return remove_range(fd, EMPTY_BASE, BLOCKS(256));
}

TEST_F_TIMEOUT(many, killed_during_add, SLOW)
{
	for (unsigned int i = 0; i < 8; i++) {
		kill_during(add_4096_chunks, 2000 + 20000 * i);
		/* the range is given up at once: nothing of it is in the way */
		ASSERT_EQ(0, add_range(self->ctl, EMPTY_BASE, BLOCKS(1), 0));
		ASSERT_EQ(0, remove_range(self->ctl, EMPTY_BASE, BLOCKS(1)));
		EXPECT_TRUE(wait_until(nothing_listed, &self->ctl, PATIENCE));
	}
}

/* Either it had not begun, or it is done all the same. */
TEST_F_TIMEOUT(many, killed_during_remove, SLOW)
{
	for (unsigned int i = 0; i < 8; i++) {
		int ret;

		ASSERT_EQ(0, add_chunked(self->ctl, EMPTY_BASE, BLOCKS(256), BLOCKS(1)));
		kill_during(remove_256_chunks, 1000 + 6000 * i);
		ret = remove_range(self->ctl, EMPTY_BASE, BLOCKS(256));
		EXPECT_TRUE(ret == 0 || ret == -ENOENT)
			TH_LOG("remove: %d", ret);
		EXPECT_TRUE(wait_until(nothing_listed, &self->ctl, PATIENCE));
	}
}

/* The module need not be waited for either; it goes when all of it is removed. */
TEST_F_TIMEOUT(many, unload_after_close, SLOW)
{
	ASSERT_EQ(0, add_many(self->ctl));
	close(self->ctl);
	close(self->other);
	self->ctl = -1;
	self->other = -1;
	EXPECT_EQ(0, unload_module());
	EXPECT_FALSE(iomem_has(EMPTY_BASE, BLOCKS(2), NULL));
	EXPECT_EQ(0, load_module());
}

TEST_HARNESS_MAIN
