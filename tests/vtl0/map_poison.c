// SPDX-License-Identifier: GPL-2.0
/*
 * A memory error in registered memory, simulated: a program that touches the page is
 * told its address, the pages beside it go on, and it stays bad in
 * later registrations, as long as the module is loaded.
 */
#include <setjmp.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "map.h"

#define OFFSET (3 * PAGE_BYTES)

LEVEL_FIXTURE(poison);

FIXTURE_SETUP(poison)
{
	SETUP_LEVEL();
	fill_pattern(self->va, BLOCKS(2), 30);
	if (access("/proc/sys/vm/memory_failure_recovery", F_OK))
		SKIP(return, "needs CONFIG_MEMORY_FAILURE");
}

/* The page is bad for all tests that follow, until the module has gone. */
FIXTURE_TEARDOWN_PARENT(poison)
{
	EXPECT_ALL_GONE();
	EXPECT_TRUE(wait_until(module_unloads, NULL, PATIENCE));
	EXPECT_EQ(0, load_module());
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

/* Fills got. */
static void touch_poison(char *addr)
{
	struct sigaction sa = { .sa_sigaction = on_sigbus, .sa_flags = SA_SIGINFO };

	got.code = 0;
	sigaction(SIGBUS, &sa, NULL);
	if (!sigsetjmp(jump, 1))
		(void)*(volatile char *)addr;
}

TEST_F_TIMEOUT(poison, mapper_gets_sigbus, SLOW)
{
	char *addr = self->va + OFFSET, byte;
	struct iovec local = { &byte, 1 }, remote = { addr, 1 };

	ASSERT_EQ(0, poison_page(addr));
	/* a single page is reported at once */
	EXPECT_EQ(variant->entry == PAGE_BYTES ? BUS_MCEERR_AR : 0, got.code);
	touch_poison(addr + 5);
	EXPECT_EQ(BUS_MCEERR_AR, got.code);
	EXPECT_EQ(PAGE_BITS, got.lsb);
	EXPECT_EQ(addr, (char *)((uintptr_t)got.addr & ~(PAGE_BYTES - 1)));
	EXPECT_EQ(BUS_MCEERR_AR, touch(addr));
	EXPECT_EQ(BUS_MCEERR_AR, touch_write(addr));
	/* the kernel does not read it either */
	EXPECT_EQ(-1, process_vm_readv(getpid(), &local, 1, &remote, 1, 0));
	/* all other pages are good, also those of the same folio */
	EXPECT_TRUE(check_pattern(self->va, OFFSET, 30));
	EXPECT_TRUE(check_pattern(addr + PAGE_BYTES, BLOCKS(2) - OFFSET - PAGE_BYTES,
				  30 + (OFFSET + PAGE_BYTES) / 8));
	EXPECT_EQ(1, map_info(&self->s).bad_pages);
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

	if (variant->entry != PAGE_BYTES)
		SKIP(return, "of a large folio programs are told when they touch it");
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
	EXPECT_MAPPINGS(mine + 64, map_info(&self->s).mappings);
	ASSERT_EQ(0, poison_page(self->va + OFFSET));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(SIGBUS, WTERMSIG(status));
	ASSERT_EQ(0, munmap(self->va, self->s.length));
	EXPECT_UNUSED_AND_REMOVE(&self->s);
}

/* It is not touched: that could be a machine check. */
TEST_F_TIMEOUT(poison, clear_leaves_out_the_bad_page, SLOW)
{
	struct vtl0_add arg = {
		.flags = VTL0_ADD_CLEAR, .start = self->s.start, .length = BLOCKS(2),
	};
	char *addr = self->va + OFFSET;

	ASSERT_EQ(0, poison_page(addr));
	ASSERT_EQ(0, remove_range(self->s.control, self->s.start, self->s.length));
	ASSERT_EQ(0, cmd_add(self->s.control, &arg));
	EXPECT_EQ(BUS_MCEERR_AR, touch(addr));
	for (char *p = self->va; p < self->va + BLOCKS(2); p += PAGE_BYTES) {
		if (p != addr)
			ASSERT_EQ(0, *p | memcmp(p, p + 1, PAGE_BYTES - 1));
	}
	ASSERT_EQ(0, munmap(self->va, self->s.length));
	self->s.length = BLOCKS(2);
	EXPECT_UNUSED_AND_REMOVE(&self->s);
	/* the module forgets it, and as there was no real error its contents are as they were */
	close(self->s.low);
	close(self->s.control);
	ASSERT_TRUE(wait_until(module_unloads, NULL, PATIENCE));
	ASSERT_EQ(0, load_module());
	ASSERT_EQ(0, map_setup(&self->s, BLOCKS(2), 0));
	addr = map_low(self->s.low, self->s.start + OFFSET, PAGE_BYTES, PROT_READ);
	ASSERT_NE(MAP_FAILED, addr);
	EXPECT_TRUE(check_pattern(addr, PAGE_BYTES, 30 + OFFSET / 8));
}

TEST_F_TIMEOUT(poison, next_registration_knows, SLOW)
{
	static const u32 orders[] = { 0, PMD_FOLIO_ORDER, PUD_FOLIO_ORDER };
	char path[64], text[16];

	ASSERT_EQ(0, poison_page(self->va + OFFSET));
	for (unsigned int i = 0; i < ARRAY_SIZE(orders); i++) {
		ASSERT_EQ(0, remove_range(self->s.control, self->s.start, self->s.length));
		/* a GiB of single pages takes long */
		if (variant->entry == PUD_BYTES && !orders[i])
			self->s.length = BLOCKS(4);
		ASSERT_EQ(0, add_order(self->s.control, self->s.start, self->s.length,
				       orders[i]));
		EXPECT_EQ(BUS_MCEERR_AR, touch(self->va + OFFSET));
		EXPECT_TRUE(check_pattern(self->va, OFFSET, 30));
		EXPECT_EQ(0, touch(self->va + OFFSET + PAGE_BYTES));
		/* a fault that maps neighbours leaves it out */
		EXPECT_EQ(BUS_MCEERR_AR, touch(self->va + OFFSET));
		EXPECT_EQ(1, map_info(&self->s).bad_pages);
		snprintf(path, sizeof(path), "/sys/class/vtl0/range%u/bad_pages",
			 map_info(&self->s).id);
		EXPECT_LT(0, read_file(path, text, sizeof(text)));
		EXPECT_EQ('1', text[0]);
	}
	/* what does not contain it has none */
	ASSERT_EQ(0, remove_range(self->s.control, self->s.start, self->s.length));
	ASSERT_EQ(0, add_order(self->s.control, self->s.start + PMD_BYTES, PMD_BYTES,
			       PMD_FOLIO_ORDER));
	self->s.start += PMD_BYTES;
	EXPECT_EQ(0, map_info(&self->s).bad_pages);
	ASSERT_EQ(0, remove_range(self->s.control, self->s.start, PMD_BYTES));
}

TEST_HARNESS_MAIN
