// SPDX-License-Identifier: GPL-2.0
/*
 * Pages that are still pinned when everything else is gone: removal is refused
 * with the address, close lets the range drain, the module stays, and when the
 * last pin goes all of it goes.
 */
#include <liburing.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/uio.h>

#include "map.h"

#define OFFSET (PMD_BYTES + PAGE_BYTES)
#define SIZE (3 * PMD_BYTES / 2)

FIXTURE(pinned) {
	struct map_state s;
	struct io_uring ring;
	u64 busy;
};

FIXTURE_VARIANT(pinned) {
	LEVEL_FIELDS;
};

FIXTURE_VARIANT_ADD(pinned, pte) { LEVEL_PTE };
FIXTURE_VARIANT_ADD(pinned, pmd) { LEVEL_PMD };
FIXTURE_VARIANT_ADD(pinned, pud) { LEVEL_PUD };

/* A registered buffer, and no mapping any more. */
FIXTURE_SETUP(pinned)
{
	struct iovec iov;
	char *va;
	int ret = map_setup(&self->s, variant->length, variant->order);

	if (ret == -ENOENT)
		SKIP(return, NO_RAM);
	ASSERT_EQ(0, ret);
	va = map_low(self->s.low, self->s.start, self->s.length, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, va);
	iov = (struct iovec){ va + OFFSET, SIZE };
	ASSERT_EQ(0, io_uring_queue_init(2, &self->ring, 0));
	ASSERT_EQ(0, io_uring_register_buffers(&self->ring, &iov, 1));
	ASSERT_EQ(0, munmap(va, self->s.length));
	ASSERT_EQ(0, close(self->s.low));
	self->busy = self->s.start + OFFSET / variant->entry * variant->entry;
	EXPECT_MAPPINGS(0, map_info(&self->s).mappings);
	EXPECT_EQ((OFFSET + SIZE - 1) / variant->entry - OFFSET / variant->entry + 1,
		  map_info(&self->s).held);
}

FIXTURE_TEARDOWN_PARENT(pinned)
{
	EXPECT_ALL_GONE();
	/* nothing keeps the module either */
	EXPECT_TRUE(wait_until(module_unused, NULL, PATIENCE));
}

static int remove_busy(const struct map_state *s, u64 *start, u64 *length)
{
	struct vtl0_remove arg = { .start = s->start, .length = s->length };
	int ret = cmd_remove(s->control, &arg);

	*start = arg.busy_start;
	*length = arg.busy_length;
	return ret;
}

#define EXPECT_BUSY() do {						\
	u64 busy_start, busy_length;					\
	EXPECT_EQ(-EBUSY, remove_busy(&self->s, &busy_start, &busy_length)); \
	EXPECT_EQ(self->busy, busy_start);				\
	EXPECT_EQ(variant->entry, busy_length);				\
} while (0)

TEST_F_TIMEOUT(pinned, remove_is_busy, SLOW)
{
	EXPECT_BUSY();
	EXPECT_EQ(VTL0_STATE_LIVE, map_info(&self->s).state);
	EXPECT_TRUE(iomem_has(self->s.start, self->s.length, "vtl0"));
	ASSERT_EQ(0, io_uring_unregister_buffers(&self->ring));
	EXPECT_EQ(0, map_info(&self->s).held);
	EXPECT_EQ(0, remove_range(self->s.control, self->s.start, self->s.length));
	io_uring_queue_exit(&self->ring);
}

TEST_F_TIMEOUT(pinned, mapping_survives_failed_remove, SLOW)
{
	char *va;

	self->s.low = open_low(O_RDWR);
	ASSERT_LE(0, self->s.low);
	va = map_low(self->s.low, self->s.start, self->s.length, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, va);
	fill_pattern(va, MIB(4), 28);
	EXPECT_BUSY();
	EXPECT_TRUE(check_pattern(va, MIB(4), 28));
	ASSERT_EQ(0, munmap(va, self->s.length));
	io_uring_queue_exit(&self->ring);
	EXPECT_EQ(0, remove_unpinned(self->s.control, self->s.start, self->s.length));
}

TEST_F_TIMEOUT(pinned, close_drains, SLOW)
{
	ASSERT_EQ(0, close(self->s.control));
	/* no file of ours is open: only the pin keeps the module */
	EXPECT_EQ(-EAGAIN, unload_module());
	self->s.control = open_control();
	ASSERT_LE(0, self->s.control);
	EXPECT_EQ(VTL0_STATE_DRAINING, map_info(&self->s).state);
	EXPECT_EQ(0, map_info(&self->s).owners);
	EXPECT_BUSY();
	EXPECT_EQ(VTL0_STATE_DRAINING, map_info(&self->s).state);
	EXPECT_TRUE(iomem_has(self->s.start, self->s.length, "vtl0"));
	/* the rings' memory is freed in the background, and so the range */
	io_uring_queue_exit(&self->ring);
	EXPECT_TRUE(wait_until(map_nothing_registered, NULL, PATIENCE));
	EXPECT_FALSE(iomem_has(self->s.start, self->s.length, "vtl0"));
}

TEST_F_TIMEOUT(pinned, draining_cannot_be_touched, SLOW)
{
	char *va;

	ASSERT_EQ(0, close(self->s.control));
	self->s.control = open_control();
	self->s.low = open_low(O_RDWR);
	ASSERT_LE(0, self->s.low);
	va = map_low(self->s.low, self->s.start, self->s.length, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, va);
	EXPECT_EQ(BUS_ADRERR, touch(va));
	io_uring_queue_exit(&self->ring);
}

TEST_F_TIMEOUT(pinned, add_resurrects_draining, SLOW)
{
	u32 id = map_info(&self->s).id;
	char *va;

	ASSERT_EQ(0, close(self->s.control));
	self->s.control = open_control();
	ASSERT_LE(0, self->s.control);
	EXPECT_EQ(VTL0_STATE_DRAINING, map_info(&self->s).state);
	/* no other range, but the same may be added */
	EXPECT_EQ(-EEXIST, add_range(self->s.control, self->s.start, BLOCKS(1), 0));
	ASSERT_EQ(0, add_range(self->s.control, self->s.start, self->s.length, 0));
	EXPECT_EQ(VTL0_STATE_LIVE, map_info(&self->s).state);
	EXPECT_EQ(id, map_info(&self->s).id);
	EXPECT_EQ(1, map_info(&self->s).owners);
	self->s.low = open_low(O_RDWR);
	va = map_low(self->s.low, self->s.start, self->s.length, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, va);
	EXPECT_EQ(0, touch_write(va));
	io_uring_queue_exit(&self->ring);
	ASSERT_EQ(0, munmap(va, self->s.length));
	/* it has an owner again, so it stays */
	EXPECT_TRUE(wait_until(map_is_idle, &self->s, PATIENCE));
	EXPECT_EQ(VTL0_STATE_LIVE, map_info(&self->s).state);
	EXPECT_EQ(0, remove_range(self->s.control, self->s.start, self->s.length));
}

/* A persistent range has no owner to lose; its pins keep the module all the same. */
TEST_F_TIMEOUT(pinned, pinned_persistent_keeps_module, SLOW)
{
	ASSERT_EQ(0, add_range(self->s.control, self->s.start, self->s.length,
			       VTL0_ADD_PERSIST));
	ASSERT_EQ(0, close(self->s.control));
	EXPECT_EQ(-EAGAIN, unload_module());
	io_uring_queue_exit(&self->ring);
	EXPECT_TRUE(wait_until(module_unloads, NULL, PATIENCE));
	ASSERT_EQ(0, load_module());
}

struct toucher {
	char *va;
	atomic_bool stop;
	atomic_ulong touches;
	long faults;
};

static void *touch_on(void *arg)
{
	struct toucher *t = arg;
	struct rusage usage;

	while (!t->stop) {
		(void)*(volatile char *)t->va;
		t->touches++;
	}
	getrusage(RUSAGE_THREAD, &usage);
	t->faults = usage.ru_minflt;
	return NULL;
}

static bool touched_twice(void *arg)
{
	struct toucher *t = arg;

	return t->touches > 1;
}

/* While removal makes up its mind a touch sleeps, without a lock; it does not spin. */
TEST_F_TIMEOUT(pinned, touch_sleeps_until_removal_is_refused, SLOW)
{
	struct toucher t = { };
	pthread_t thread;
	u64 start, length;

	self->s.low = open_low(O_RDWR);
	ASSERT_LE(0, self->s.low);
	t.va = map_low(self->s.low, self->s.start, self->s.length, PROT_READ);
	ASSERT_NE(MAP_FAILED, t.va);
	ASSERT_EQ(0, pthread_create(&thread, NULL, touch_on, &t));
	EXPECT_TRUE(wait_until(touched_twice, &t, PATIENCE));
	EXPECT_EQ(-EBUSY, remove_busy(&self->s, &start, &length));
	t.touches = 0;
	/* else it sleeps for good, and could not be joined */
	ASSERT_TRUE(wait_until(touched_twice, &t, PATIENCE));
	t.stop = true;
	ASSERT_EQ(0, pthread_join(thread, NULL));
	/* the first, the one that waited, and those of the thread itself */
	EXPECT_GE(10, t.faults);
	ASSERT_EQ(0, munmap(t.va, self->s.length));
	io_uring_queue_exit(&self->ring);
}

/* The pages are in a pipe instead. */
TEST_F_TIMEOUT(pinned, pipe_holds_pages, SLOW)
{
	char copy[PAGE_BYTES];
	struct iovec iov;
	int pipefd[2];
	char *va;

	self->s.low = open_low(O_RDWR);
	ASSERT_LE(0, self->s.low);
	va = map_low(self->s.low, self->s.start, self->s.length, PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, va);
	fill_pattern(va + OFFSET, PAGE_BYTES, 28);
	iov = (struct iovec){ va + OFFSET, PAGE_BYTES };
	ASSERT_EQ(0, pipe(pipefd));
	ASSERT_EQ(PAGE_BYTES, vmsplice(pipefd[1], &iov, 1, 0));
	ASSERT_EQ(0, munmap(va, self->s.length));
	ASSERT_EQ(0, close(self->s.low));
	ASSERT_EQ(0, io_uring_unregister_buffers(&self->ring));
	io_uring_queue_exit(&self->ring);
	EXPECT_EQ(1, map_info(&self->s).held);
	EXPECT_BUSY();
	ASSERT_EQ(0, close(self->s.control));
	EXPECT_EQ(-EAGAIN, unload_module());
	/* the pages are good as long as they are held */
	ASSERT_EQ(PAGE_BYTES, read(pipefd[0], copy, PAGE_BYTES));
	EXPECT_TRUE(check_pattern(copy, PAGE_BYTES, 28));
	EXPECT_TRUE(wait_until(module_unloads, NULL, PATIENCE));
	ASSERT_EQ(0, load_module());
}

/* Touches the first page; with a pipe, leaves it there. */
static int touch_and_close(u64 start, int pipe_fd)
{
	int low = open_low(O_RDWR);
	char *va = map_low(low, start, PAGE_BYTES, PROT_READ | PROT_WRITE);
	struct iovec iov = { va, PAGE_BYTES };
	int ret;

	if (va == MAP_FAILED)
		return -errno;
	ret = touch_write(va);
	if (!ret && pipe_fd >= 0 && vmsplice(pipe_fd, &iov, 1, 0) != PAGE_BYTES)
		ret = -errno;
	munmap(va, PAGE_BYTES);
	close(low);
	return ret;
}

/*
 * The first close looks at 512 MiB of single pages; the first is pinned meanwhile. With pages of
 * 16K these are so few that the close itself looks at all (LOOK_MAX of drivers/vtl0/drain.c).
 */
FIXTURE(look) {
	struct map_state s;
};

FIXTURE_SETUP(look)
{
	struct vtl0_add arg = {
		.flags = VTL0_ADD_ORDER | VTL0_ADD_PERSIST, .length = MIB(512),
	};
	int ret = map_open(&self->s);

	if (ret == -ENOENT)
		SKIP(return, NO_RAM);
	if (arg.length / PAGE_BYTES <= 65536)
		SKIP(return, "the close looks at all of the range");
	ASSERT_EQ(0, ret);
	arg.start = self->s.start;
	ASSERT_EQ(0, cmd_add(self->s.control, &arg));
	ASSERT_EQ(0, close(self->s.low));
	ASSERT_EQ(0, close(self->s.control));
}

FIXTURE_TEARDOWN(look)
{
	EXPECT_TRUE(wait_until(module_unloads, NULL, PATIENCE));
	EXPECT_EQ(0, load_module());
}

TEST_F_TIMEOUT(look, pin_behind_the_look_keeps_module, SLOW)
{
	char copy[PAGE_BYTES];
	int pipefd[2];

	ASSERT_EQ(0, pipe(pipefd));
	for (int i = 0; i < 20; i++) {
		ASSERT_EQ(0, touch_and_close(self->s.start, -1));
		ASSERT_EQ(0, touch_and_close(self->s.start, pipefd[1]));
		usleep(50000);
		EXPECT_EQ(-EAGAIN, unload_module());
		ASSERT_EQ(PAGE_BYTES, read(pipefd[0], copy, PAGE_BYTES));
	}
}

TEST_HARNESS_MAIN
