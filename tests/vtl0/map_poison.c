// SPDX-License-Identifier: GPL-2.0
/*
 * A memory error in registered memory, simulated: who maps it is told with the
 * address, and nobody reads it any more until it is registered anew.
 */
#include <setjmp.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "map.h"

#define OFFSET (3 * PAGE_BYTES)

FIXTURE(poison) {
	struct map_state s;
	char *va;
};

FIXTURE_VARIANT(poison) {
	LEVEL_FIELDS;
};

FIXTURE_VARIANT_ADD(poison, pte) { LEVEL_PTE };
FIXTURE_VARIANT_ADD(poison, pmd) { LEVEL_PMD };
FIXTURE_VARIANT_ADD(poison, pud) { LEVEL_PUD };

FIXTURE_SETUP(poison)
{
	int ret = map_setup(&self->s, variant->length, variant->order);

	if (ret == -ENOENT)
		SKIP(return, NO_RAM);
	ASSERT_EQ(0, ret);
	self->va = map_low(self->s.low, self->s.start, self->s.length,
			   PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, self->va);
	fill_pattern(self->va, MIB(4), 30);
	if (access("/proc/sys/vm/memory_failure_recovery", F_OK))
		SKIP(return, "needs CONFIG_MEMORY_FAILURE");
}

FIXTURE_TEARDOWN_PARENT(poison)
{
	EXPECT_ALL_GONE();
}

static sigjmp_buf jump;
static volatile struct { int code; void *addr; int lsb; } got;

static void on_sigbus(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	got.code = info->si_code;
	got.addr = info->si_addr;
	got.lsb = info->si_addr_lsb;
	siglongjmp(jump, 1);
}

/* The signal comes before madvise() returns; else its errno, or 0. */
static int poison_page(char *addr)
{
	struct sigaction sa = { .sa_sigaction = on_sigbus, .sa_flags = SA_SIGINFO };

	got.code = 0;
	sigaction(SIGBUS, &sa, NULL);
	if (sigsetjmp(jump, 1))
		return 0;
	return madvise(addr, PAGE_BYTES, MADV_HWPOISON) ? -errno : 0;
}

static int log2_of(u64 n)
{
	return 63 - __builtin_clzll(n);
}

TEST_F_TIMEOUT(poison, mapper_gets_sigbus, SLOW)
{
	char *addr = self->va + OFFSET, byte;
	struct iovec local = { &byte, 1 }, remote = { addr, 1 };

	ASSERT_EQ(0, poison_page(addr));
	EXPECT_EQ(BUS_MCEERR_AR, got.code);
	EXPECT_EQ(log2_of(variant->entry), got.lsb);
	EXPECT_EQ(addr, (char *)got.addr + (uintptr_t)addr % variant->entry -
		  (uintptr_t)got.addr % variant->entry);
	EXPECT_EQ(BUS_MCEERR_AR, touch(addr));
	EXPECT_EQ(BUS_MCEERR_AR, touch_write(addr));
	/* the kernel does not read it either */
	EXPECT_EQ(-1, process_vm_readv(getpid(), &local, 1, &remote, 1, 0));
	/* an order-0 folio is one page, a larger one is lost as a whole */
	EXPECT_EQ(variant->entry == PAGE_BYTES ? 0 : BUS_MCEERR_AR, touch(self->va));
	EXPECT_EQ(variant->entry == PUD_BYTES ? BUS_MCEERR_AR : 0,
		  touch(self->va + PMD_BYTES));
	EXPECT_EQ(0, map_info(&self->s).held);
	ASSERT_EQ(0, munmap(self->va, self->s.length));
	EXPECT_UNUSED_AND_REMOVE(&self->s);
}

/* Found by reverse mapping: a process that wants to know before it touches. */
TEST_F_TIMEOUT(poison, other_mapper_is_told, 60)
{
	u64 mine = map_info(&self->s).mappings;
	int status, ready[2];
	pid_t child;
	char byte;

	ASSERT_EQ(0, pipe(ready));
	child = fork();
	if (!child) {
		prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0);
		touch(self->va + OFFSET);
		signal(SIGBUS, SIG_DFL);
		write(ready[1], "", 1);
		for (;;)
			pause();
	}
	ASSERT_EQ(1, read(ready[0], &byte, 1));
	EXPECT_EQ(mine + 1, map_info(&self->s).mappings);
	ASSERT_EQ(0, poison_page(self->va + OFFSET));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(SIGBUS, WTERMSIG(status));
	ASSERT_EQ(0, munmap(self->va, self->s.length));
	EXPECT_UNUSED_AND_REMOVE(&self->s);
}

TEST_F_TIMEOUT(poison, new_registration_is_good, SLOW)
{
	ASSERT_EQ(0, poison_page(self->va + OFFSET));
	EXPECT_EQ(BUS_MCEERR_AR, touch(self->va + OFFSET));
	ASSERT_EQ(0, remove_range(self->s.control, self->s.start, self->s.length));
	ASSERT_EQ(0, add_order(self->s.control, self->s.start, self->s.length,
			       variant->order));
	EXPECT_EQ(0, touch_write(self->va + OFFSET));
	EXPECT_TRUE(check_pattern(self->va, MIB(4), 30));
	ASSERT_EQ(0, munmap(self->va, self->s.length));
	EXPECT_UNUSED_AND_REMOVE(&self->s);
}

TEST_HARNESS_MAIN
