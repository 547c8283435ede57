// SPDX-License-Identifier: GPL-2.0
/*
 * Mappings without access (PROT_NONE) at every size of entry: another process
 * that reads them is answered at once, and they work when access comes back.
 */
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "map.h"

FIXTURE(none) {
	struct map_state s;
	char *va;
};

FIXTURE_VARIANT(none) {
	LEVEL_FIELDS;
	bool touched;
};

FIXTURE_VARIANT_ADD(none, pte_untouched) { LEVEL_PTE };
FIXTURE_VARIANT_ADD(none, pmd_untouched) { LEVEL_PMD };
FIXTURE_VARIANT_ADD(none, pud_untouched) { LEVEL_PUD };
FIXTURE_VARIANT_ADD(none, pte_touched) { LEVEL_PTE, .touched = true };
FIXTURE_VARIANT_ADD(none, pmd_touched) { LEVEL_PMD, .touched = true };
FIXTURE_VARIANT_ADD(none, pud_touched) { LEVEL_PUD, .touched = true };

FIXTURE_SETUP(none)
{
	int ret = map_setup(&self->s, variant->length, variant->order);

	if (ret == -ENOENT)
		SKIP(return, NO_RAM);
	ASSERT_EQ(0, ret);
	self->va = map_low(self->s.low, self->s.start, self->s.length,
			   variant->touched ? PROT_READ | PROT_WRITE : PROT_NONE);
	ASSERT_NE(MAP_FAILED, self->va);
	if (!variant->touched)
		return;
	self->va[0] = 'a';
	self->va[self->s.length - 1] = 'z';
	ASSERT_EQ(0, mprotect(self->va, self->s.length, PROT_NONE));
}

FIXTURE_TEARDOWN_PARENT(none)
{
	EXPECT_ALL_GONE();
}

/* Through access_remote_vm(), which may read what the owner may not. */
static int read_proc_mem(char *va)
{
	int fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	char c;
	int ret = pread(fd, &c, 1, (uintptr_t)va) == 1 ? 0 : -errno;

	close(fd);
	return ret;
}

/* Through GUP with the rights of the owner. */
static int read_vm(char *va)
{
	char c;
	struct iovec to = { &c, 1 }, from = { va, 1 };

	return process_vm_readv(getpid(), &to, 1, &from, 1, 0) == 1 ? 0 : -errno;
}

TEST_F_TIMEOUT(none, is_answered_and_comes_back, SLOW)
{
	char *va = self->va, *last = va + self->s.length - 1;
	int ret;

	for (int round = 0; round < 3; round++) {
		ret = read_proc_mem(va);
		EXPECT_TRUE(!ret || ret == -EIO);
		EXPECT_EQ(-EFAULT, read_vm(last));
		EXPECT_EQ(-SIGSEGV, touch(va));
		EXPECT_EQ(-1, madvise(va, self->s.length, MADV_POPULATE_READ));
		ASSERT_EQ(0, mprotect(va, self->s.length, PROT_READ));
		EXPECT_EQ(0, touch(va));
		EXPECT_EQ(-SIGSEGV, touch_write(last));
		ASSERT_EQ(0, mprotect(va, self->s.length, PROT_READ | PROT_WRITE));
		EXPECT_EQ(0, touch_write(last));
		if (variant->touched && !round)
			EXPECT_EQ('a', va[0]);
		/* a part, which splits the mapping, and all */
		ASSERT_EQ(0, mprotect(va + PAGE_BYTES, PAGE_BYTES, PROT_NONE));
		EXPECT_EQ(-EFAULT, read_vm(va + PAGE_BYTES));
		EXPECT_EQ(0, touch(va));
		EXPECT_EQ(0, touch(last));
		ASSERT_EQ(0, mprotect(va, self->s.length, PROT_NONE));
	}
	ASSERT_EQ(0, munmap(va, self->s.length));
	EXPECT_UNUSED_AND_REMOVE(&self->s);
}

/* The debugger waits for nothing, either. */
TEST_F_TIMEOUT(none, can_be_peeked_by_ptrace, SLOW)
{
	int status;
	pid_t child = fork();

	ASSERT_LE(0, child);
	if (!child) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		_exit(0);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	ASSERT_TRUE(WIFSTOPPED(status));
	errno = 0;
	ptrace(PTRACE_PEEKDATA, child, self->va, 0);
	EXPECT_TRUE(errno == 0 || errno == EIO);
	ptrace(PTRACE_KILL, child, 0, 0);
	ASSERT_EQ(child, waitpid(child, &status, 0));
	ASSERT_EQ(0, munmap(self->va, self->s.length));
	EXPECT_UNUSED_AND_REMOVE(&self->s);
}

TEST_HARNESS_MAIN
