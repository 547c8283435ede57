// SPDX-License-Identifier: GPL-2.0
/*
 * Files of one range while other threads are at work, and what is left of them: no
 * descriptor that the caller did not learn of, no error where a removal is refused, no
 * other range behind an old device number, no name given again before its node has gone.
 */
#include <glob.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "map.h"

#define LENGTH MIB(8)
/* What the table of descriptors of a new process has room for. */
#define NR_FDS 64
/* Calls at most, and of these the ones that cannot write their result. */
#define NR_OPENS 100
#define NR_EFAULT 8

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
 * VTL0_OPEN, as the descriptor behind the table, while @arg becomes read-only again and again.
 * Returns 0 or the errno of the call, or -1 if a descriptor or the structure is not as it was.
 */
static int open_behind_table(int control, struct vtl0_open *arg)
{
	pthread_t thread;
	int err;

	if (pthread_create(&thread, NULL, change_protection, arg))
		return -1;
	err = ioctl(control, VTL0_OPEN, arg) ? errno : 0;
	if (!err && (arg->fd != NR_FDS || close(arg->fd)))
		return -1;
	return arg->size == sizeof(*arg) && next_fd() == NR_FDS ? err : -1;
}

/*
 * The table of descriptors of a process with threads grows at a power of two, and that waits
 * for a grace period: long enough for the result's page to become read-only. It does not
 * shrink, but that of a child begins with what its parent's descriptors need.
 */
TEST_F(file_race, no_descriptor_is_left_when_the_result_cannot_be_written)
{
	struct vtl0_open *arg = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned int i, nr_efault = 0;
	int last = 0;

	ASSERT_NE(MAP_FAILED, arg);
	*arg = (struct vtl0_open) {
		.size = sizeof(*arg), .start = self->s.start, .length = LENGTH,
	};
	while (last >= 0 && last < NR_FDS - 1)
		last = dup(0);
	ASSERT_EQ(NR_FDS - 1, last);
	for (i = 0; i < NR_OPENS && nr_efault < NR_EFAULT; i++) {
		pid_t child = fork();
		int status;

		ASSERT_LE(0, child);
		if (!child)
			_exit(open_behind_table(self->s.control, arg));
		ASSERT_EQ(child, waitpid(child, &status, 0));
		ASSERT_TRUE(!status || WEXITSTATUS(status) == EFAULT)
			TH_LOG("status %#x", status);
		nr_efault += !!status;
	}
	TH_LOG("%u of %u calls could not write their result", nr_efault, i);
	EXPECT_LT(0, nr_efault);
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

/*
 * getdents64() holds the lock of the directory /dev while it writes to @page, which is missing:
 * until @uffd is closed kdevtmpfs cannot remove a node.
 */
struct held_dev {
	int dir;
	int uffd;
	void *page;
	pthread_t reader;
};

static void *read_held(void *arg)
{
	struct held_dev *d = arg;

	syscall(SYS_getdents64, d->dir, d->page, PAGE_BYTES);
	return NULL;
}

static int hold_dev(struct held_dev *d)
{
	struct uffdio_register reg = {
		.range.len = PAGE_BYTES, .mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	struct uffdio_api api = { .api = UFFD_API };
	struct pollfd event = { .events = POLLIN };

	d->page = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		       -1, 0);
	d->dir = open("/dev", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	d->uffd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	reg.range.start = (uintptr_t)d->page;
	event.fd = d->uffd;
	if (d->page == MAP_FAILED || d->dir < 0 || d->uffd < 0 ||
	    ioctl(d->uffd, UFFDIO_API, &api) || ioctl(d->uffd, UFFDIO_REGISTER, &reg))
		return -errno;
	errno = pthread_create(&d->reader, NULL, read_held, d);
	if (errno)
		return -errno;
	return poll(&event, 1, 10000) == 1 ? 0 : -ETIMEDOUT;
}

struct call {
	int control;
	u64 start;
	int (*call)(const struct call *c);
	atomic_bool ended;
	int ret;
};

static void *call_it(void *arg)
{
	struct call *c = arg;

	c->ret = c->call(c);
	c->ended = true;
	return NULL;
}

static int remove_race(const struct call *c)
{
	return remove_range(c->control, c->start, LENGTH);
}

static int add_race(const struct call *c)
{
	return add_named(c->control, c->start, LENGTH, "race", 0600);
}

static bool has_ended(void *arg)
{
	return ((struct call *)arg)->ended;
}

/* Does a thread, a worker most likely, sleep in the removal of a device? */
static bool waits_in_device_del(void *arg)
{
	char stack[4096];
	bool ret = false;
	glob_t g;

	(void)arg;
	if (glob("/proc/[0-9]*/stack", 0, NULL, &g))
		return false;
	for (size_t i = 0; i < g.gl_pathc && !ret; i++)
		ret = read_file(g.gl_pathv[i], stack, sizeof(stack)) > 0 &&
		      strstr(stack, "device_del+");
	globfree(&g);
	return ret;
}

/* Else the kernel would find the old node, make none for the next range, and not say so. */
TEST_F(file_race, name_is_taken_until_its_node_has_gone)
{
	struct call removal = {
		.control = self->s.control, .start = self->s.start, .call = remove_race,
	};
	struct call add = { .control = self->s.control, .start = EMPTY_BASE, .call = add_race };
	struct held_dev dev = { .uffd = -1 };
	pthread_t remover, adder;

	if (access("/proc/sys/vm/unprivileged_userfaultfd", F_OK) ||
	    access("/proc/self/stack", F_OK))
		SKIP(return, "needs CONFIG_USERFAULTFD and CONFIG_STACKTRACE");
	ASSERT_EQ(0, hold_dev(&dev));
	ASSERT_EQ(0, pthread_create(&remover, NULL, call_it, &removal));
	EXPECT_TRUE(wait_until(waits_in_device_del, NULL, PATIENCE));
	ASSERT_EQ(0, pthread_create(&adder, NULL, call_it, &add));
	EXPECT_TRUE(wait_until(has_ended, &add, PATIENCE));
	EXPECT_FALSE(removal.ended);
	ASSERT_EQ(0, close(dev.uffd));
	ASSERT_EQ(0, pthread_join(dev.reader, NULL));
	ASSERT_EQ(0, pthread_join(remover, NULL));
	ASSERT_EQ(0, pthread_join(adder, NULL));
	EXPECT_EQ(0, removal.ret);
	EXPECT_EQ(-ENOTUNIQ, add.ret);
	EXPECT_EQ(0, add_race(&add));
	EXPECT_EQ(0, access("/dev/vtl0_race", F_OK));
}

TEST_HARNESS_MAIN
