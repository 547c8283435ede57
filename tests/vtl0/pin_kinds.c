// SPDX-License-Identifier: GPL-2.0
/*
 * Every way in which the kernel itself gets at user memory, at every level of
 * entry, over more than one 2M block: the data are right, and afterwards no
 * folio has a reference too many or too few.
 */
#include <liburing.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "map.h"

FIXTURE(kinds) {
	struct map_state s;
	int disk;
	char *va;
	char *buf;
	u64 size;
};

FIXTURE_VARIANT(kinds) {
	LEVEL_FIELDS;
};

FIXTURE_VARIANT_ADD(kinds, pte) { LEVEL_PTE };
FIXTURE_VARIANT_ADD(kinds, pmd) { LEVEL_PMD };
FIXTURE_VARIANT_ADD(kinds, pud) { LEVEL_PUD };

/* The buffer begins in the middle of a 2M block, and of a page. */
FIXTURE_SETUP(kinds)
{
	int ret = map_setup(&self->s, variant->length, variant->order);

	if (ret == -ENOENT)
		SKIP(return, NO_RAM);
	ASSERT_EQ(0, ret);
	self->disk = open_disk(512);
	if (self->disk < 0)
		SKIP(return, NO_DISK);
	self->va = map_low(self->s.low, self->s.start, self->s.length,
			   PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, self->va);
	self->buf = self->va + PMD_BYTES / 2 + 512;
	self->size = 3 * PMD_BYTES;
}

FIXTURE_TEARDOWN_PARENT(kinds)
{
	EXPECT_ALL_GONE();
}

#define FINISH() do {							\
	ASSERT_EQ(0, munmap(self->va, self->s.length));			\
	EXPECT_UNUSED_AND_REMOVE(&self->s);				\
} while (0)

/* How many folios a buffer of @size bytes at @offset touches. */
static u64 folios_of(u64 offset, u64 size, u64 entry)
{
	return (offset + size - 1) / entry - offset / entry + 1;
}

TEST_F_TIMEOUT(kinds, odirect_over_2m, SLOW)
{
	ASSERT_EQ(0, direct_io(self->disk, self->buf, self->size, 15));
	/* and into memory that has not been faulted in */
	ASSERT_EQ(0, madvise(self->va, self->s.length, MADV_DONTNEED));
	ASSERT_EQ(self->size, pread(self->disk, self->buf, self->size, 0));
	EXPECT_TRUE(check_pattern(self->buf, self->size, 15));
	ASSERT_EQ(0, madvise(self->va, self->s.length, MADV_DONTNEED));
	ASSERT_EQ(self->size, pwrite(self->disk, self->buf, self->size, MIB(8)));
	FINISH();
}

/* FOLL_LONGTERM: each folio once, however many of its pages are in the buffer. */
TEST_F_TIMEOUT(kinds, registered_buffer_over_2m, SLOW)
{
	struct iovec iov = { self->buf, self->size };
	struct io_uring_cqe *cqe;
	struct io_uring ring;

	ASSERT_EQ(0, io_uring_queue_init(4, &ring, 0));
	fill_pattern(self->buf, self->size, 15);
	ASSERT_EQ(0, io_uring_register_buffers(&ring, &iov, 1));
	EXPECT_EQ(folios_of(PMD_BYTES / 2 + 512, self->size, variant->entry),
		  map_info(&self->s).held);
	for (int write = 1; write >= 0; write--) {
		struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);

		if (write)
			io_uring_prep_write_fixed(sqe, self->disk, self->buf, self->size, 0, 0);
		else
			io_uring_prep_read_fixed(sqe, self->disk, self->buf, self->size, 0, 0);
		ASSERT_EQ(1, io_uring_submit(&ring));
		ASSERT_EQ(0, io_uring_wait_cqe(&ring, &cqe));
		EXPECT_EQ(self->size, (u64)cqe->res);
		io_uring_cqe_seen(&ring, cqe);
		if (write)
			memset(self->buf, 0, self->size);
	}
	EXPECT_TRUE(check_pattern(self->buf, self->size, 15));
	ASSERT_EQ(0, io_uring_unregister_buffers(&ring));
	EXPECT_UNHELD(&self->s);
	io_uring_queue_exit(&ring);
	FINISH();
}

TEST_F_TIMEOUT(kinds, process_vm_readv_writev, SLOW)
{
	char *copy = alloc_aligned(PAGE_BYTES, self->size);
	struct iovec local = { copy, self->size }, remote = { self->buf, self->size };

	fill_pattern(copy, self->size, 15);
	ASSERT_EQ(self->size, process_vm_writev(getpid(), &local, 1, &remote, 1, 0));
	EXPECT_TRUE(check_pattern(self->buf, self->size, 15));
	memset(copy, 0, self->size);
	ASSERT_EQ(self->size, process_vm_readv(getpid(), &local, 1, &remote, 1, 0));
	EXPECT_TRUE(check_pattern(copy, self->size, 15));
	EXPECT_EQ(0, map_info(&self->s).held);
	free(copy);
	FINISH();
}

TEST_F_TIMEOUT(kinds, proc_mem, SLOW)
{
	char *copy = alloc_aligned(PAGE_BYTES, self->size);
	int mem = open("/proc/self/mem", O_RDWR);

	ASSERT_LE(0, mem);
	fill_pattern(copy, self->size, 16);
	ASSERT_EQ(self->size, pwrite(mem, copy, self->size, (uintptr_t)self->buf));
	EXPECT_TRUE(check_pattern(self->buf, self->size, 16));
	memset(copy, 0, self->size);
	ASSERT_EQ(self->size, pread(mem, copy, self->size, (uintptr_t)self->buf));
	EXPECT_TRUE(check_pattern(copy, self->size, 16));
	EXPECT_EQ(0, map_info(&self->s).held);
	free(copy);
	FINISH();
}

/* Copies by the kernel: read() into the mapping, write() out of it. */
TEST_F_TIMEOUT(kinds, read_write_syscalls, SLOW)
{
	char path[] = "/tmp/vtl0-XXXXXX";
	int fd = mkstemp(path);

	ASSERT_LE(0, fd);
	unlink(path);
	fill_pattern(self->buf, self->size, 17);
	ASSERT_EQ(self->size, pwrite(fd, self->buf, self->size, 0));
	memset(self->buf, 0, self->size);
	ASSERT_EQ(0, madvise(self->va, self->s.length, MADV_DONTNEED));
	ASSERT_EQ(self->size, pread(fd, self->buf, self->size, 0));
	EXPECT_TRUE(check_pattern(self->buf, self->size, 17));
	EXPECT_EQ(0, map_info(&self->s).held);
	FINISH();
}

/* The pipe holds the pages, not copies of them. */
TEST_F_TIMEOUT(kinds, vmsplice, SLOW)
{
	u64 size = 16 * PAGE_BYTES;
	char *buf = self->va + PMD_BYTES - size / 2;
	struct iovec iov = { buf, size };
	char *copy = alloc_aligned(PAGE_BYTES, size);
	int pipefd[2];

	ASSERT_EQ(0, pipe(pipefd));
	memset(buf, 0, size);
	ASSERT_EQ(size, vmsplice(pipefd[1], &iov, 1, 0));
	EXPECT_EQ(folios_of(PMD_BYTES - size / 2, size, variant->entry),
		  map_info(&self->s).held);
	fill_pattern(buf, size, 18);
	ASSERT_EQ(size, read(pipefd[0], copy, size));
	EXPECT_TRUE(check_pattern(copy, size, 18));
	EXPECT_EQ(0, map_info(&self->s).held);
	close(pipefd[0]);
	close(pipefd[1]);
	free(copy);
	FINISH();
}

TEST_F(kinds, ptrace_peek_poke)
{
	pid_t child = fork();
	int status;

	if (!child) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		_exit(*(volatile long *)self->va == 0x1234567890abcdef ? 0 : 1);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	ASSERT_TRUE(WIFSTOPPED(status));
	*(volatile long *)self->va = 0x5555;
	EXPECT_EQ(0x5555, ptrace(PTRACE_PEEKDATA, child, self->va, NULL));
	EXPECT_EQ(0, ptrace(PTRACE_POKEDATA, child, self->va, (void *)0x1234567890abcdef));
	EXPECT_EQ(0, map_info(&self->s).held);
	ASSERT_EQ(0, ptrace(PTRACE_CONT, child, NULL, NULL));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, WEXITSTATUS(status));
	FINISH();
}

TEST_HARNESS_MAIN
