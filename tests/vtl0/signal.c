// SPDX-License-Identifier: GPL-2.0
/*
 * Signals during calls that wait for each other, and calls of 32-bit programs: a
 * program that never saw an error of mshv_vtl for either must not see one here.
 */
#include <errno.h>
#include <linux/mshv.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "common.h"

/* What another thread adds and removes all the time: long calls, to be waited for. */
#define BUSY_CHUNKS 64
#define BUSY_LENGTH (BUSY_CHUNKS * BLOCKS(1))
/* A piece of it. */
#define LENGTH BLOCKS(1)
#define ELSEWHERE (EMPTY_BASE + TIB(1))

/* After so many calls a test ends, even if what it needs has not happened: then it fails. */
#define MOST_CALLS 1000U
#define SIGNALS_PER_CALL 20U
#define PFN(address) ((address) >> 12)

static atomic_bool stop;
static atomic_uint nr_signals;
static atomic_uint signals_left;
/* The other thread adds and removes once for each of @nr_turns, rather than all the time. */
static atomic_bool in_turns;
static atomic_uint nr_turns;
static atomic_uint nr_rounds;

FIXTURE(signal) {
	int ctl;
	pthread_t busy;
	unsigned int nr_calls;
};

static void *keep_busy(void *arg)
{
	int ctl = open_control();
	sigset_t all;

	(void)arg;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	while (!stop) {
		unsigned int turn;

		add_chunked(ctl, EMPTY_BASE, BUSY_LENGTH, BLOCKS(1));
		remove_range(ctl, EMPTY_BASE, BUSY_LENGTH);
		turn = nr_turns;
		nr_rounds++;
		while (in_turns && turn == nr_turns && !stop)
			usleep(100);
	}
	close(ctl);
	return NULL;
}

static void count_signal(int sig)
{
	static const struct itimerval never;

	(void)sig;
	nr_signals++;
	if (!--signals_left)
		setitimer(ITIMER_REAL, &never, NULL);
}

/*
 * SIGALRM every @us microseconds, or no more with 0. The timer stops by itself: where a
 * signal takes longer than @us, a call that is restarted would never get anywhere.
 */
static void set_timer(unsigned int us, int flags)
{
	struct sigaction sa = { .sa_handler = count_signal, .sa_flags = flags };
	struct itimerval it = { { 0, us }, { 0, us } };

	signals_left = SIGNALS_PER_CALL;
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
}

FIXTURE_SETUP(signal)
{
	self->ctl = open_control();
	ASSERT_LE(0, self->ctl);
	/* each waits for the other thread's call, which takes ten times as long there */
	self->nr_calls = debug_kernel() ? 40 : 200;
	ASSERT_EQ(0, pthread_create(&self->busy, NULL, keep_busy, NULL));
}

FIXTURE_TEARDOWN(signal)
{
	set_timer(0, 0);
	stop = true;
	pthread_join(self->busy, NULL);
	close(self->ctl);
	EXPECT_NOTHING_LEFT();
}

static int add_pfns(int fd, u64 start, u64 length)
{
	struct mshv_vtl_ram_disposition arg = {
		.start_pfn = PFN(start),
		.last_pfn = PFN(start + length),
	};

	return vtl0_ioctl(fd, MSHV_ADD_VTL0_MEMORY, &arg);
}

/* Was added, or the other thread was first; nothing else. */
#define EXPECT_ADDED_OR_LATE(ret) do {					\
	int add_ret = ret;						\
	EXPECT_TRUE(add_ret == 0 || add_ret == -EEXIST)			\
		TH_LOG("add: %d", add_ret);				\
	if (!add_ret) {							\
		EXPECT_EQ(0, remove_range(self->ctl, EMPTY_BASE, LENGTH)); \
		added++;						\
	}								\
} while (0)

/*
 * With or without SA_RESTART: mshv_vtl's call has no interruptible wait. What is
 * covered may be the other thread's range, so there may be nothing to remove.
 */
TEST_F_TIMEOUT(signal, mshv_add_is_never_interrupted, SLOW)
{
	unsigned int i = 0;

	for (; i < self->nr_calls || (!nr_signals && i < MOST_CALLS); i++) {
		int ret;

		set_timer(1000, 0);
		EXPECT_EQ(0, add_pfns(self->ctl, EMPTY_BASE, LENGTH));
		do {
			ret = remove_range(self->ctl, EMPTY_BASE, LENGTH);
		} while (ret == -EINTR);
		EXPECT_TRUE(ret == 0 || ret == -ENOENT)
			TH_LOG("remove: %d", ret);
	}
	TH_LOG("%u signals, %u calls", nr_signals, i);
	EXPECT_LT(0, nr_signals);
}

/* Until its add has begun, or, for a caller that is slow, until its removal has ended. */
static void give_turn(int ctl)
{
	unsigned int round = nr_rounds;
	struct vtl0_range_info r;

	nr_turns++;
	while (round == nr_rounds && find_range(ctl, EMPTY_BASE, &r))
		usleep(100);
}

/*
 * In turns, as this thread could else wait for very long, on a debug kernel, until it is the
 * first after a removal: the other one's next add begins at once.
 */
TEST_F_TIMEOUT(signal, add_and_remove_are_restarted, SLOW)
{
	unsigned int added = 0, i = 0;

	in_turns = true;
	for (; i < self->nr_calls / 4 || ((added < 3 || !nr_signals) && i < MOST_CALLS); i++) {
		int ret;

		/* the other thread's calls are to be waited for where it begins */
		if (i % 2)
			give_turn(self->ctl);
		set_timer(1000, SA_RESTART);
		EXPECT_ADDED_OR_LATE(add_range(self->ctl, EMPTY_BASE, LENGTH, 0));
		ret = remove_range(self->ctl, EMPTY_BASE, BUSY_LENGTH);
		EXPECT_TRUE(ret == 0 || ret == -ENOENT)
			TH_LOG("remove: %d", ret);
	}
	TH_LOG("%u signals, added %u times of %u", nr_signals, added, i);
	EXPECT_LT(0, nr_signals);
	EXPECT_LE(3, added);
}

/* Without SA_RESTART a program may want to know; then nothing was done. */
TEST_F_TIMEOUT(signal, interrupted_add_did_nothing, SLOW)
{
	unsigned int interrupted = 0;
	struct vtl0_range_info r;

	for (unsigned int i = 0; i < self->nr_calls || (!interrupted && i < MOST_CALLS); i++) {
		int ret;

		set_timer(1000, 0);
		ret = add_range(self->ctl, EMPTY_BASE, LENGTH, 0);
		set_timer(0, 0);
		if (ret != -EINTR) {
			EXPECT_TRUE(ret == 0 || ret == -EEXIST);
			if (!ret) {
				EXPECT_EQ(0, remove_range(self->ctl, EMPTY_BASE, LENGTH));
			}
			continue;
		}
		interrupted++;
		if (!find_range(self->ctl, EMPTY_BASE, &r)) {
			EXPECT_EQ(BUSY_LENGTH, r.length);
		}
	}
	TH_LOG("%u calls interrupted", interrupted);
	EXPECT_LT(0, interrupted);
}

TEST_F_TIMEOUT(signal, query_is_never_interrupted, SLOW)
{
	for (unsigned int i = 0; i < self->nr_calls; i++) {
		ASSERT_EQ(0, add_range(self->ctl, ELSEWHERE + i * BLOCKS(1), BLOCKS(1), 0));
	}
	set_timer(1000, 0);
	for (unsigned int i = 0; i < 2 * self->nr_calls || (!nr_signals && i < MOST_CALLS); i++) {
		/* the timer runs on behind a call, which may be shorter than its period */
		if (!signals_left)
			set_timer(1000, 0);
		ASSERT_LE((int)self->nr_calls, list_ranges(self->ctl, NULL, 0));
	}
	EXPECT_LT(0, nr_signals);
}

#ifdef __x86_64__
static sigjmp_buf no_entry;

static void segv(int sig)
{
	siglongjmp(no_entry, sig);
}

#define NR_IOCTL_32 54

/* ioctl() as a 32-bit program makes it; the argument lies below 4 GiB. */
static int ioctl_32(int fd, u32 cmd, void *arg)
{
	long ret;

	asm volatile("int $0x80" : "=a" (ret)
		     : "a" (NR_IOCTL_32), "b" (fd), "c" (cmd), "d" (arg)
		     : "memory", "r8", "r9", "r10", "r11");
	return ret;
}

TEST(every_file_takes_ioctls_of_32_bit_programs)
{
	struct mshv_vtl_ram_disposition *ram;
	struct vtl0_info *info;
	int ctl = open_control(), vtl;
	u32 *capability;

	ASSERT_LE(0, ctl);
	ram = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)ram);
	capability = (void *)ram;
	info = (void *)ram;
	signal(SIGSEGV, segv);
	if (sigsetjmp(no_entry, 1))
		SKIP(return, "this kernel runs no 32-bit programs");
	ASSERT_EQ(0, ioctl_32(ctl, MSHV_CHECK_EXTENSION, capability));
	vtl = ioctl_32(ctl, MSHV_CREATE_VTL, ram);
	ASSERT_LE(0, vtl);
	ram->start_pfn = PFN(EMPTY_BASE);
	ram->last_pfn = PFN(EMPTY_BASE + BLOCKS(4));
	EXPECT_EQ(0, ioctl_32(vtl, MSHV_ADD_VTL0_MEMORY, ram));
	EXPECT_EQ(0, ioctl_32(ctl, MSHV_ADD_VTL0_MEMORY, ram));
	EXPECT_EQ(-ENOTTY, ioctl_32(vtl, VTL0_INFO, ram));
	*info = (struct vtl0_info) { .size = sizeof(*info) };
	EXPECT_EQ(0, ioctl_32(ctl, VTL0_INFO, info));
	EXPECT_EQ(BLOCKS(4), info->bytes);
	EXPECT_EQ(0, remove_range(ctl, EMPTY_BASE, BLOCKS(4)));
	close(vtl);
	close(ctl);
	EXPECT_NOTHING_LEFT();
}
#endif

TEST_HARNESS_MAIN
