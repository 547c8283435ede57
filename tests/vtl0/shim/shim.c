// SPDX-License-Identifier: GPL-2.0
/*
 * Gives a program that knows nothing of vtl0 its buffers in a named range, or, to compare,
 * in a file of hugetlbfs:
 *
 * LD_PRELOAD=/opt/vtl0/bin/vtl0_shim VTL0_SHIM=FILE PROGRAM
 *
 * The first half of FILE is for malloc() and its relatives, in whole pages; requests of
 * less than 512 bytes get ordinary memory. The second half is for anonymous mappings, each
 * a mapping of FILE, so that munmap(), mprotect() and madvise() act on memory of FILE.
 * When a half is full the program gets ordinary memory.
 *
 * FILE is mapped shared: what a program and its forked children allocated before the fork
 * is the same memory. A program that they execute gets ordinary memory.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "glibc.h"

#define PAGE 4096UL
#define BLOCK (2UL << 20)
#define SMALLEST 512
#define MAX_UNITS 65536U
#define NO_UNIT SIZE_MAX

/* The second and later units of a piece; the first has the number of units. */
#define TAIL UINT32_MAX

/* A half of FILE, in pages or blocks. Protected by @busy of struct shared. */
struct pool {
	size_t nr;
	uint32_t units[MAX_UNITS];
	pid_t owner[MAX_UNITS];
};

struct area {
	char *start;
	size_t length;
};

/* Shared with forked children, so that they do not hand out what their parent has. */
struct shared {
	atomic_flag busy;
	struct pool heap;
	struct pool blocks;
	struct area areas[MAX_UNITS];
};

static struct shared *shared;
static char *heap;
static size_t half;
static int file;
/* what lengths of mappings of FILE are rounded to */
static size_t granule;

static void *kernel_mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset)
{
	return (void *)syscall(SYS_mmap, addr, length, prot, flags, fd, offset);
}

static void lock(void)
{
	while (atomic_flag_test_and_set_explicit(&shared->busy, memory_order_acquire))
		sched_yield();
}

static void unlock(void)
{
	atomic_flag_clear_explicit(&shared->busy, memory_order_release);
}

static size_t round_up(size_t n, size_t unit)
{
	return (n + unit - 1) / unit * unit;
}

/* The first of @n free units whose number is a multiple of @align, or NO_UNIT. */
static size_t find_units(const struct pool *p, size_t n, size_t align)
{
	for (size_t i = 0; i + n <= p->nr; i += align) {
		size_t k = 0;

		while (k < n && !p->units[i + k])
			k++;
		if (k == n)
			return i;
	}
	return NO_UNIT;
}

static size_t take_units(struct pool *p, size_t n, size_t align)
{
	size_t i = NO_UNIT;

	if (!n || n > p->nr)
		return NO_UNIT;
	lock();
	i = find_units(p, n, align);
	if (i != NO_UNIT) {
		p->units[i] = n;
		for (size_t k = 1; k < n; k++)
			p->units[i + k] = TAIL;
		p->owner[i] = getpid();
	}
	unlock();
	return i;
}

/* Does nothing in a child for what its parent has. */
static void give_units(struct pool *p, size_t i)
{
	lock();
	if (p->owner[i] == getpid())
		memset(&p->units[i], 0, p->units[i] * sizeof(p->units[i]));
	unlock();
}

static bool in_heap(const void *p)
{
	return shared && (char *)p >= heap && (char *)p < heap + half;
}

static size_t unit_of(const void *p)
{
	return ((char *)p - heap) / PAGE;
}

/* NULL: the caller takes ordinary memory. */
static void *heap_alloc(size_t size, size_t align)
{
	size_t i;

	if (!shared || size > half)
		return NULL;
	align = align > PAGE ? align / PAGE : 1;
	i = take_units(&shared->heap, round_up(size ? size : 1, PAGE) / PAGE, align);
	return i == NO_UNIT ? NULL : heap + i * PAGE;
}

void *malloc(size_t size)
{
	void *p = size < SMALLEST ? NULL : heap_alloc(size, 1);

	return p ? p : __libc_malloc(size);
}

void free(void *p)
{
	if (in_heap(p))
		give_units(&shared->heap, unit_of(p));
	else
		__libc_free(p);
}

void *calloc(size_t n, size_t size)
{
	size_t bytes;
	void *p = NULL;

	if (!__builtin_mul_overflow(n, size, &bytes) && bytes >= SMALLEST)
		p = heap_alloc(bytes, 1);
	return p ? memset(p, 0, bytes) : __libc_calloc(n, size);
}

size_t malloc_usable_size(void *p)
{
	static size_t (*next)(void *p);

	if (in_heap(p))
		return shared->heap.units[unit_of(p)] * PAGE;
	if (!next)
		next = (size_t (*)(void *))dlsym(RTLD_NEXT, "malloc_usable_size");
	return next(p);
}

void *realloc(void *old, size_t size)
{
	size_t room;
	void *p;

	if (!in_heap(old))
		return __libc_realloc(old, size);
	room = malloc_usable_size(old);
	if (size && size <= room)
		return old;
	p = size ? malloc(size) : NULL;
	if (p)
		memcpy(p, old, room);
	if (p || !size)
		free(old);
	return p;
}

void *memalign(size_t align, size_t size)
{
	void *p = heap_alloc(size, align);

	return p ? p : __libc_memalign(align, size);
}

void *aligned_alloc(size_t align, size_t size)
{
	return memalign(align, size);
}

int posix_memalign(void **p, size_t align, size_t size)
{
	void *got;

	if (align % sizeof(void *) || !align || align & (align - 1))
		return EINVAL;
	got = memalign(align, size);
	if (!got)
		return ENOMEM;
	*p = got;
	return 0;
}

void *valloc(size_t size)
{
	return memalign(PAGE, size);
}

void *pvalloc(size_t size)
{
	return memalign(PAGE, round_up(size, PAGE));
}

static bool can_serve(const void *addr, size_t length, int prot, int flags)
{
	const int not = MAP_FIXED | MAP_FIXED_NOREPLACE | MAP_STACK | MAP_GROWSDOWN;
	const int access = PROT_READ | PROT_WRITE;

	return shared && !addr && length && length <= half && flags & MAP_ANONYMOUS &&
	       !(flags & not) && (prot & access) == access;
}

/* MAP_FAILED: the caller takes ordinary memory. */
static void *map_blocks(size_t length, int prot, int flags)
{
	size_t i = take_units(&shared->blocks, round_up(length, BLOCK) / BLOCK, 1);
	char *p;

	if (i == NO_UNIT)
		return MAP_FAILED;
	length = round_up(length, granule);
	p = kernel_mmap(NULL, length, prot, MAP_SHARED | (flags & (MAP_LOCKED | MAP_POPULATE)),
			file, half + i * BLOCK);
	if (p == MAP_FAILED) {
		give_units(&shared->blocks, i);
		return p;
	}
	memset(p, 0, length);
	shared->areas[i] = (struct area){ p, length };
	return p;
}

void *mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset)
{
	if (can_serve(addr, length, prot, flags)) {
		void *p = map_blocks(length, prot, flags);

		if (p != MAP_FAILED)
			return p;
	}
	return kernel_mmap(addr, length, prot, flags, fd, offset);
}

void *mmap64(void *addr, size_t length, int prot, int flags, int fd, off_t offset)
{
	return mmap(addr, length, prot, flags, fd, offset);
}

/* The blocks of a part that was unmapped alone stay taken. */
int munmap(void *addr, size_t length)
{
	size_t i = 0, nr = shared ? shared->blocks.nr : 0;
	size_t whole = granule ? round_up(length, granule) : length;
	int ret;

	while (i < nr && (shared->areas[i].start != addr || shared->areas[i].length != whole))
		i++;
	ret = syscall(SYS_munmap, addr, i < nr ? whole : length);
	if (!ret && i < nr) {
		if (shared->blocks.owner[i] == getpid())
			shared->areas[i].start = NULL;
		give_units(&shared->blocks, i);
	}
	return ret;
}

static void give_up(const char *why)
{
	static const char name[] = "vtl0_shim: ";

	if (write(STDERR_FILENO, name, strlen(name)) > 0 &&
	    write(STDERR_FILENO, why, strlen(why)) > 0)
		_exit(126);
	_exit(126);
}

static size_t at_most(size_t n, size_t most)
{
	return n < most ? n : most;
}

__attribute__((constructor)) static void begin(void)
{
	const int access = PROT_READ | PROT_WRITE;
	const char *path = getenv("VTL0_SHIM");
	struct shared *made;
	struct stat st;
	off_t size;

	if (!path)
		return;
	file = open(path, O_RDWR | O_CLOEXEC);
	if (file < 0 || fstat(file, &st))
		give_up("cannot open the file that VTL0_SHIM names\n");
	/* away from the numbers that programs expect their own files to get */
	file = fcntl(file, F_DUPFD_CLOEXEC, 500);
	close_range(3, 499, 0);
	size = lseek(file, 0, SEEK_END);
	half = size > 0 ? size / 2 / BLOCK * BLOCK : 0;
	granule = S_ISREG(st.st_mode) ? (size_t)st.st_blksize : PAGE;
	made = kernel_mmap(NULL, sizeof(*made), access, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	heap = half ? kernel_mmap(NULL, half, access, MAP_SHARED, file, 0) : MAP_FAILED;
	if (made == MAP_FAILED || heap == MAP_FAILED)
		give_up("cannot map the file that VTL0_SHIM names\n");
	made->heap.nr = at_most(half / PAGE, MAX_UNITS);
	made->blocks.nr = at_most(half / BLOCK, MAX_UNITS);
	unsetenv("VTL0_SHIM");
	shared = made;
}
