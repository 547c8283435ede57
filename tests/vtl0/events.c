// SPDX-License-Identifier: GPL-2.0
/* read() and poll() of /dev/vtl0: a file learns of what happens to ranges, once. */
#include <errno.h>
#include <fcntl.h>
#include <linux/vtl0_events.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>

#include "map.h"

FIXTURE(events) {
	int ctl;
	/* that read() does not let wait */
	int watch;
	struct vtl0_events seen;
};

FIXTURE_SETUP(events)
{
	self->ctl = open_control();
	ASSERT_LE(0, self->ctl);
	/* the counters are since the module was loaded: learn them by an event */
	self->watch = open(CONTROL, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	ASSERT_LE(0, self->watch);
	ASSERT_EQ(0, add_range(self->ctl, EMPTY_BASE, BLOCKS(1), 0));
	ASSERT_EQ(0, remove_range(self->ctl, EMPTY_BASE, BLOCKS(1)));
	ASSERT_EQ(sizeof(self->seen), read(self->watch, &self->seen, sizeof(self->seen)));
}

FIXTURE_TEARDOWN_PARENT(events)
{
	EXPECT_ALL_GONE();
}

static short poll_now(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLPRI };

	return poll(&p, 1, 0) < 0 ? -errno : p.revents;
}

/* Reads what is there: 0 or -errno. */
static int next(int fd, struct vtl0_events *events)
{
	ssize_t n = read(fd, events, sizeof(*events));

	return n < 0 ? -errno : n == sizeof(*events) ? 0 : -EIO;
}

TEST_F(events, nothing_new_after_open_and_read)
{
	struct vtl0_events e;

	EXPECT_EQ(0, poll_now(self->watch));
	EXPECT_EQ(0, poll_now(self->ctl) & POLLPRI);
	EXPECT_EQ(-EAGAIN, next(self->watch, &e));
	/* what does not count: adds, refused calls, queries */
	ASSERT_EQ(0, add_range(self->ctl, EMPTY_BASE, BLOCKS(1), 0));
	EXPECT_EQ(-EEXIST, add_range(self->ctl, EMPTY_BASE, BLOCKS(2), 0));
	EXPECT_EQ(-ENOENT, remove_range(self->ctl, EMPTY_BASE, BLOCKS(2)));
	EXPECT_EQ(0, poll_now(self->watch));
	EXPECT_EQ(-EAGAIN, next(self->watch, &e));
}

TEST_F(events, removal_is_counted_once)
{
	int late = open(CONTROL, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	struct vtl0_events e;

	ASSERT_LE(0, late);
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, add_range(self->ctl, EMPTY_BASE, BLOCKS(1), 0));
		ASSERT_EQ(0, remove_range(self->ctl, EMPTY_BASE, BLOCKS(1)));
	}
	EXPECT_EQ(POLLIN, poll_now(self->watch));
	EXPECT_EQ(POLLIN, poll_now(self->watch));
	ASSERT_EQ(0, next(self->watch, &e));
	EXPECT_EQ(self->seen.gone + 2, e.gone);
	EXPECT_EQ(self->seen.draining, e.draining);
	EXPECT_EQ(self->seen.bad_pages, e.bad_pages);
	EXPECT_EQ(0, poll_now(self->watch));
	EXPECT_EQ(-EAGAIN, next(self->watch, &e));
	/* each file for itself */
	EXPECT_EQ(POLLIN, poll_now(late));
	ASSERT_EQ(0, next(late, &e));
	EXPECT_EQ(self->seen.gone + 2, e.gone);
	close(late);
}

TEST_F(events, part_that_goes_counts)
{
	struct vtl0_remove part = {
		.size = sizeof(part), .flags = VTL0_REMOVE_PART,
		.start = EMPTY_BASE + BLOCKS(1), .length = BLOCKS(1),
	};
	struct vtl0_events e;

	ASSERT_EQ(0, add_chunked(self->ctl, EMPTY_BASE, BLOCKS(3), BLOCKS(1)));
	ASSERT_EQ(0, ioctl(self->ctl, VTL0_REMOVE, &part));
	ASSERT_EQ(0, next(self->watch, &e));
	EXPECT_EQ(self->seen.gone + 1, e.gone);
	/* the two that are left go, too */
	ASSERT_EQ(0, remove_range(self->ctl, EMPTY_BASE, BLOCKS(1)));
	ASSERT_EQ(0, remove_range(self->ctl, EMPTY_BASE + BLOCKS(2), BLOCKS(1)));
	ASSERT_EQ(0, next(self->watch, &e));
	EXPECT_EQ(self->seen.gone + 3, e.gone);
}

TEST_F(events, failed_read_loses_nothing)
{
	void *volatile nowhere = (void *)8;
	struct vtl0_events e[2];

	ASSERT_EQ(0, add_range(self->ctl, EMPTY_BASE, BLOCKS(1), 0));
	ASSERT_EQ(0, remove_range(self->ctl, EMPTY_BASE, BLOCKS(1)));
	EXPECT_EQ(-1, read(self->watch, e, sizeof(e[0]) - 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, read(self->watch, nowhere, sizeof(e[0])));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(POLLIN, poll_now(self->watch));
	/* of a larger structure what this kernel has */
	EXPECT_EQ(sizeof(e[0]), read(self->watch, e, sizeof(e)));
	EXPECT_EQ(self->seen.gone + 1, e[0].gone);
}

struct wanted {
	int fd;
	u64 gone;
};

static bool gone_is(void *arg)
{
	struct wanted *wanted = arg;
	struct vtl0_events now;

	return !next(wanted->fd, &now) && now.gone == wanted->gone;
}

TEST_F(events, last_close)
{
	struct wanted wanted = { self->watch, self->seen.gone + 1 };
	int other = open_control(), epoll = epoll_create1(0);
	struct epoll_event ev = { .events = EPOLLIN | EPOLLPRI | EPOLLET };
	struct vtl0_events e;
	int late;

	ASSERT_LE(0, other);
	ASSERT_EQ(0, epoll_ctl(epoll, EPOLL_CTL_ADD, self->watch, &ev));
	EXPECT_EQ(0, epoll_wait(epoll, &ev, 1, 0));
	ASSERT_EQ(0, add_range(other, EMPTY_BASE, BLOCKS(1), 0));
	/* for a count that includes both */
	late = open(CONTROL, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	ASSERT_LE(0, late);
	close(other);
	EXPECT_EQ(1, epoll_wait(epoll, &ev, 1, 10000));
	EXPECT_EQ(EPOLLIN, ev.events);
	EXPECT_TRUE(wait_until(gone_is, &wanted, 20));
	EXPECT_EQ(0, list_ranges(self->ctl, &(struct vtl0_range_info) { }, 1));
	ASSERT_EQ(0, next(late, &e));
	EXPECT_EQ(self->seen.draining + 1, e.draining);
	EXPECT_EQ(self->seen.gone + 1, e.gone);
	close(epoll);
	close(late);
}

static void on_signal(int sig)
{
	(void)sig;
}

struct reader {
	int fd;
	int ret;
	struct vtl0_events events;
};

static void *read_once(void *arg)
{
	struct reader *r = arg;

	r->ret = next(r->fd, &r->events);
	return NULL;
}

TEST_F(events, read_waits)
{
	struct sigaction sa = { .sa_handler = on_signal };
	struct reader r = { .fd = open_control() };
	pthread_t thread;

	ASSERT_LE(0, r.fd);
	ASSERT_EQ(0, sigaction(SIGUSR1, &sa, NULL));
	ASSERT_EQ(0, pthread_create(&thread, NULL, read_once, &r));
	/* until it has come while the thread waits */
	while (pthread_tryjoin_np(thread, NULL)) {
		pthread_kill(thread, SIGUSR1);
		usleep(1000);
	}
	EXPECT_EQ(-EINTR, r.ret);
	ASSERT_EQ(0, pthread_create(&thread, NULL, read_once, &r));
	usleep(10000);
	ASSERT_EQ(0, add_range(self->ctl, EMPTY_BASE, BLOCKS(1), 0));
	ASSERT_EQ(0, remove_range(self->ctl, EMPTY_BASE, BLOCKS(1)));
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(0, r.ret);
	EXPECT_EQ(self->seen.gone + 1, r.events.gone);
	close(r.fd);
}

/* The page is bad for all tests that follow, until the module has gone. */
FIXTURE(bad_page) {
	struct map_state s;
};

FIXTURE_SETUP(bad_page)
{
	int ret = map_setup(&self->s, PMD_BYTES, PMD_FOLIO_ORDER);

	if (ret == -ENOENT)
		SKIP(return, NO_RAM);
	ASSERT_EQ(0, ret);
	if (access("/proc/sys/vm/memory_failure_recovery", F_OK))
		SKIP(return, "needs CONFIG_MEMORY_FAILURE");
}

FIXTURE_TEARDOWN_PARENT(bad_page)
{
	EXPECT_ALL_GONE();
	EXPECT_TRUE(wait_until(module_unloads, NULL, 20));
	EXPECT_EQ(0, load_module());
}

TEST_F(bad_page, is_urgent)
{
	char *va = map_low(self->s.low, self->s.start, PMD_BYTES, PROT_READ | PROT_WRITE);
	struct vtl0_events e;

	ASSERT_NE(MAP_FAILED, (void *)va);
	ASSERT_EQ(0, touch_write(va));
	EXPECT_EQ(0, poll_now(self->s.control));
	/* a page of a large folio raises no signal here */
	ASSERT_EQ(0, madvise(va, PAGE_BYTES, MADV_HWPOISON));
	EXPECT_EQ(POLLIN | POLLPRI, poll_now(self->s.control));
	EXPECT_EQ(1, map_info(&self->s).bad_pages);
	ASSERT_EQ(0, next(self->s.control, &e));
	EXPECT_LE(1, e.bad_pages);
	EXPECT_EQ(0, poll_now(self->s.control));
	ASSERT_EQ(0, munmap(va, PMD_BYTES));
}

#define REPORT "/sys/devices/system/memory/hard_offline_page"

/* Hardware reports it a second time, and once more when it was removed and added. */
TEST_F(bad_page, known_one_is_no_news)
{
	struct vtl0_events e;
	char address[32];

	if (access(REPORT, F_OK))
		SKIP(return, "no " REPORT);
	snprintf(address, sizeof(address), "%#llx", (unsigned long long)self->s.start);
	ASSERT_EQ(0, write_file(REPORT, address));
	EXPECT_EQ(POLLIN | POLLPRI, poll_now(self->s.control));
	ASSERT_EQ(0, next(self->s.control, &e));
	ASSERT_EQ(0, write_file(REPORT, address));
	EXPECT_EQ(0, poll_now(self->s.control));
	ASSERT_EQ(0, remove_range(self->s.control, self->s.start, PMD_BYTES));
	ASSERT_EQ(0, add_range(self->s.control, self->s.start, PMD_BYTES, 0));
	ASSERT_EQ(0, next(self->s.control, &e));
	ASSERT_EQ(0, write_file(REPORT, address));
	EXPECT_EQ(0, poll_now(self->s.control));
	EXPECT_EQ(1, map_info(&self->s).bad_pages);
	/* another page is */
	snprintf(address, sizeof(address), "%#llx",
		 (unsigned long long)self->s.start + PAGE_BYTES);
	ASSERT_EQ(0, write_file(REPORT, address));
	EXPECT_EQ(POLLIN | POLLPRI, poll_now(self->s.control));
}

TEST_HARNESS_MAIN
