// SPDX-License-Identifier: GPL-2.0
/*
 * The half of vtl0_fuzz that uses the memory while it comes and goes: processes
 * that map, touch, split and move mappings, do direct I/O, register buffers, fork,
 * splice, and die while they own ranges. Processes and not threads: they remap
 * their own addresses with MAP_FIXED, which no other thread may then have got.
 *
 * Almost any call may fail with EFAULT or ENOMEM here; a failure is
 * another errno where one is checked, a signal but SIGBUS, or a report of the
 * kernel, which the lab sees.
 */
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz.h"
#include "tap.h"

#define IO_MAX		KIB(256)
#define DISK_SPAN	MIB(256)
/* pause between rounds: the callers shall get most of the processors */
#define PAUSE_US	2000

static struct rng rng;
static int low;
static pid_t users[8];
static unsigned int nr_users;

/* ------------------------------------------------------------------ */

static uint64_t below(uint64_t n)
{
	return rng_below(&rng, n);
}

/* An offset in a slot, and a length that may reach out of it. */
static const struct window *pick_piece(uint64_t *offset, uint64_t *length)
{
	const struct window *slot = &slots[below(NR_SLOTS)];

	*offset = slot->start + below(slot->length / PAGE) * PAGE;
	if (below(2))
		*offset &= ~(MIB(2) - 1);
	*length = (1 + below(below(2) ? 16 : 4096)) * PAGE;
	if (*offset + *length > window.length)
		*length = window.length - *offset;
	return slot;
}

static void *map_piece(uint64_t offset, uint64_t length)
{
	return mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, low,
		    window.start + offset);
}

static void touch_some(char *p, uint64_t length, unsigned int times)
{
	while (times--) {
		char *at = p + below(length / PAGE) * PAGE + below(PAGE);

		if (guard())
			continue;
		if (below(2))
			*(volatile char *)at;
		else
			*(volatile char *)at = 1;
		unguard();
		count(TOUCHED);
	}
}

static void pause_a_little(void)
{
	usleep(PAUSE_US + below(PAUSE_US));
}

/* ------------------------------------------------------------------ */
/* Mappings */

static const int hints[] = {
	MADV_DONTNEED, MADV_WILLNEED, MADV_RANDOM, MADV_NORMAL, MADV_DONTFORK, MADV_DOFORK,
	MADV_HUGEPAGE, MADV_NOHUGEPAGE, MADV_DONTDUMP, MADV_DODUMP, MADV_MERGEABLE, MADV_FREE,
	MADV_REMOVE, MADV_COLD, MADV_PAGEOUT, MADV_POPULATE_READ, MADV_POPULATE_WRITE,
	MADV_COLLAPSE,
};

/* Without access for a moment, in which only the kernel looks, as ptrace does. */
static void take_access(char *p, uint64_t length)
{
	int mem = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	char byte;

	if (!mprotect(p, length, PROT_NONE)) {
		pread(mem, &byte, 1, (uintptr_t)p + below(length));
		if (!mprotect(p, length, PROT_READ | PROT_WRITE))
			count(NO_ACCESS);
	}
	close(mem);
}

/* Touches only memory that is not protected: SIGSEGV is a failure. */
static void change_part(char *p, uint64_t length)
{
	uint64_t at = below(length / PAGE) * PAGE;
	uint64_t part = (1 + below((length - at) / PAGE)) * PAGE;
	char *to;

	switch (below(9)) {
	case 0:
		/* and keep the address: after munmap() another mmap() could get it */
		if (mmap(p + at, part, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1,
			 0) != MAP_FAILED)
			count(PART_UNMAPPED);
		break;
	case 1:
		if (!mprotect(p + at, part, PROT_READ) &&
		    !mprotect(p + at, part, PROT_READ | PROT_WRITE))
			count(PROTECTED);
		break;
	case 2:
		to = mremap(p + at, part, part, MREMAP_MAYMOVE | MREMAP_FIXED,
			    p - (1ULL << 40));
		if (to == MAP_FAILED)
			break;
		touch_some(to, part, 2);
		/* and back, so that there is no hole */
		if (mremap(to, part, part, MREMAP_MAYMOVE | MREMAP_FIXED, p + at) !=
		    MAP_FAILED)
			count(MOVED);
		break;
	case 3:
		mlock(p + at, part < MIB(1) ? part : MIB(1));
		munlock(p + at, part);
		break;
	case 4:
		msync(p + at, part, MS_SYNC);
		break;
	case 5:
		take_access(p + at, part);
		break;
	default:
		if (!madvise(p + at, part, hints[below(ARRAY_SIZE(hints))]))
			count(ADVISED);
	}
}

static void use_mappings(void)
{
	uint64_t offset, length, i;
	char *p;

	pick_piece(&offset, &length);
	/* now and then all of it, for 1G entries */
	if (!below(4)) {
		offset = 0;
		length = window.length;
	}
	p = map_piece(offset, length);
	if (p == MAP_FAILED) {
		failure("mmap: %s", strerrorname_np(errno));
		return;
	}
	for (i = below(8); i; i--) {
		touch_some(p, length, 4);
		change_part(p, length);
	}
	munmap(p, length);
}

/* The node of a range, by one of the names that the callers give. */
static void use_names(void)
{
	char path[] = "/dev/vtl0_?", *p;
	off_t length;
	int fd;

	path[sizeof(path) - 2] = 'a' + below(4);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	length = lseek(fd, 0, SEEK_END);
	p = length > 0 ? mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) :
			 MAP_FAILED;
	/* what it shows goes on being mapped */
	close(fd);
	if (p == MAP_FAILED)
		return;
	count(NAMED);
	touch_some(p, length, 4);
	change_part(p, length);
	munmap(p, length);
}

/* ------------------------------------------------------------------ */
/* I/O */

static int disk;

static void use_direct_io(void)
{
	uint64_t offset, length, size, skip = 0, at = below(DISK_SPAN / PAGE) * PAGE;
	ssize_t ret;
	char *p;

	pick_piece(&offset, &length);
	p = map_piece(offset, length);
	if (p == MAP_FAILED)
		return;
	size = length < IO_MAX ? length : IO_MAX;
	/* the bytes behind the mapping are not ours to read into */
	if (size > PAGE) {
		skip = below(8) * 512;
		size -= PAGE;
	}
	ret = below(2) ? pwrite(disk, p + skip, size, at) : pread(disk, p + skip, size, at);
	if (ret >= 0)
		count(DIRECT_IO);
	else if (errno == EFAULT)
		count(DIRECT_IO_FAULT);
	else
		failure("direct I/O: %s", strerrorname_np(errno));
	munmap(p, length);
}

static void fixed_io(struct io_uring *ring, char *p, uint64_t length)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);
	struct io_uring_cqe *cqe;
	uint64_t at = below(DISK_SPAN / PAGE) * PAGE;

	if (below(2))
		io_uring_prep_write_fixed(sqe, disk, p, length, at, 0);
	else
		io_uring_prep_read_fixed(sqe, disk, p, length, at, 0);
	io_uring_submit(ring);
	/* sometimes it is left in flight, for the end of the ring to wait for */
	if (!below(4))
		return;
	if (io_uring_wait_cqe(ring, &cqe))
		return;
	if (cqe->res == (int)length)
		count(FIXED_IO);
	else
		failure("fixed buffer I/O: %d", cqe->res);
	io_uring_cqe_seen(ring, cqe);
}

/*
 * Pinned memory must stay: every removal fails. EINTR: work of the ring
 * counts as a signal.
 */
static void remove_pinned(const struct window *slot)
{
	int control = open(CONTROL, O_RDWR | O_CLOEXEC);
	int ret = remove_range(control, window.start + slot->start, slot->length);

	close(control);
	if (ret == -EBUSY)
		count(REMOVE_BUSY);
	else if (ret != -ENOENT && ret != -EINTR)
		failure("removal of pinned memory: %s", ret ? strerrorname_np(-ret) : "success");
}

static void use_fixed_buffers(void)
{
	const struct window *slot;
	struct io_uring ring;
	uint64_t offset, length;
	struct iovec iov;
	char *p;
	int ret;

	slot = pick_piece(&offset, &length);
	if (length > IO_MAX)
		length = IO_MAX;
	p = map_piece(offset, length);
	if (p == MAP_FAILED)
		return;
	ret = io_uring_queue_init(4, &ring, 0);
	if (ret) {
		failure("io_uring_queue_init: %s", strerrorname_np(-ret));
		goto unmap;
	}
	iov = (struct iovec) { p, length };
	ret = io_uring_register_buffers(&ring, &iov, 1);
	if (!ret) {
		count(BUFFERS_REGISTERED);
		/* the pin stays, also when the mapping goes */
		if (below(2)) {
			munmap(p, length);
			p = NULL;
		}
		if (!below(4))
			remove_pinned(slot);
		if (p)
			fixed_io(&ring, p, length);
	} else if (ret != -EFAULT) {
		failure("io_uring_register_buffers: %s", strerrorname_np(-ret));
	}
	io_uring_queue_exit(&ring);
unmap:
	if (p)
		munmap(p, length);
}

static void use_pipes(void)
{
	uint64_t offset, length;
	char copy[PAGE];
	struct iovec iov, to = { copy, sizeof(copy) };
	int pipes[2];
	char *p;

	pick_piece(&offset, &length);
	p = map_piece(offset, length);
	if (p == MAP_FAILED)
		return;
	iov = (struct iovec) { p, length < KIB(64) ? length : KIB(64) };
	if (!pipe2(pipes, O_CLOEXEC | O_NONBLOCK)) {
		if (vmsplice(pipes[1], &iov, 1, SPLICE_F_NONBLOCK) > 0)
			count(SPLICED);
		if (process_vm_readv(getpid(), &to, 1, &iov, 1, 0) > 0)
			count(READ_BY_PROCESS);
		munmap(p, length);
		/* the pipe still holds the pages; long enough for a removal to find it */
		if (!below(4))
			usleep(20000);
		close(pipes[0]);
		close(pipes[1]);
	}
}

/* ------------------------------------------------------------------ */
/* Processes */

/* Inherits a mapping, touches and changes it, and ends in one way or another. */
static void child(char *p, uint64_t length)
{
	touch_some(p, length, 3);
	change_part(p, length);
	if (below(2))
		kill(getpid(), SIGKILL);
	_exit(0);
}

/* A VMM that dies with its ranges, mapped and perhaps touched. */
static void owner(char *p, uint64_t length)
{
	const struct window *slot = &slots[below(NR_SLOTS)];
	int control = open(CONTROL, O_RDWR | O_CLOEXEC);

	add_range(control, window.start + slot->start, slot->length, 0);
	touch_some(p, length, 3);
	kill(getpid(), SIGKILL);
	_exit(0);
}

static void use_processes(void)
{
	bool owning = !below(3);
	uint64_t offset, length;
	int status;
	pid_t pid;
	char *p;

	pick_piece(&offset, &length);
	p = map_piece(offset, length);
	if (p == MAP_FAILED)
		return;
	touch_some(p, length, 2);
	pid = fork();
	if (!pid) {
		if (owning)
			owner(p, length);
		child(p, length);
	}
	if (pid > 0 && waitpid(pid, &status, 0) == pid) {
		count(owning ? OWNER_KILLED : FORKED);
		if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
			failure("a child got signal %d", WTERMSIG(status));
	}
	munmap(p, length);
	/* a new file now and then, also so that there is a moment without any */
	if (!below(4)) {
		close(low);
		low = open(LOW, O_RDWR | O_CLOEXEC);
	}
}

/* ------------------------------------------------------------------ */

static void user(void (*round)(void), uint64_t seed)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	forget_callers();
	catch_bus_errors();
	rng.state = seed;
	low = open(LOW, O_RDWR | O_CLOEXEC);
	disk = open(disk_path, O_RDWR | O_DIRECT | O_CLOEXEC);
	if (low < 0 || disk < 0) {
		failure("a user cannot open its files: %s", strerrorname_np(errno));
		_exit(1);
	}
	while (!stopped()) {
		round();
		pause_a_little();
	}
	_exit(0);
}

void start_users(uint64_t seed)
{
	static void (* const rounds[])(void) = {
		use_mappings, use_names, use_direct_io, use_fixed_buffers, use_pipes,
		use_processes,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rounds); i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (!pid)
			user(rounds[i], seed + i);
		users[nr_users++] = pid;
	}
}

void wait_for_users(void)
{
	unsigned int i;
	int status;

	__atomic_store_n(&shared->stop, true, __ATOMIC_RELAXED);
	for (i = 0; i < nr_users; i++)
		if (waitpid(users[i], &status, 0) != users[i] || status)
			failure("user %u ended with status %#x", i, status);
}
