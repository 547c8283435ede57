// SPDX-License-Identifier: GPL-2.0
/*
 * Random calls to vtl0 from two threads, while processes use the memory in every
 * way (users.c). The calls are a function of the seed; how they meet is not. What
 * is looked for is a report of the kernel; at the end everything must be as it
 * was, and work.
 *
 * Valid calls move about in a few ranges of reserved RAM, so that they meet each
 * other, and some without RAM, which are never touched. Lengths are small or
 * absurd, never in between: registering a range of many GiB would take the whole
 * time of the run.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <linux/mshv.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"

#define CALLERS		2
#define NR_FILES	6
#define PAGE		4096UL
#define OUT_SIZE	(4 * MIB)
#define STALL_NS	60000000000ULL
#define NO_RAM		(16 * TIB)

struct shared *shared;
struct window window;
const char *disk_path = "/dev/nvme0n1";

const struct window slots[NR_SLOTS] = {
	{ 0 * MIB, 2 * MIB }, { 2 * MIB, 4 * MIB }, { 64 * MIB, 8 * MIB },
	{ 72 * MIB, 16 * MIB }, { 128 * MIB, 32 * MIB }, { 256 * MIB, 64 * MIB },
	{ 512 * MIB, 64 * MIB }, { 1022 * MIB, 2 * MIB },
	{ 0, GIB },
};

/*
 * Files that calls go to: the number stays and dup3() exchanges the file below
 * it, as a number that is closed would be given to somebody else's file.
 */
static int files[NR_FILES];
/* all of the window, mapped for the whole run */
static char *arena;

struct caller {
	pthread_t thread;
	struct rng rng;
	uint64_t calls;
	unsigned int index;
	/* the same page writable and read-only, then one that is not mapped */
	char *page;
	char *out;
};

union arg {
	struct vtl0_add add;
	struct vtl0_remove remove;
	struct vtl0_query query;
	struct vtl0_info info;
	struct vtl0_plan plan;
	struct mshv_vtl_ram_disposition ram;
	uint32_t words[64];
};

/* ------------------------------------------------------------------ */

__thread sigjmp_buf guard_jump;
__thread volatile bool guarded;

static void on_sigbus(int sig)
{
	if (sig == SIGBUS && guarded)
		count(BUS_ERROR);
	if (guarded)
		siglongjmp(guard_jump, 1);
	signal(sig, SIG_DFL);
}

void catch_bus_errors(void)
{
	struct sigaction act = { .sa_handler = on_sigbus };

	sigaction(SIGBUS, &act, NULL);
	/* a mremap() that failed half-way leaves a hole */
	sigaction(SIGSEGV, &act, NULL);
}

void forget_callers(void)
{
	int i;

	for (i = 0; i < NR_FILES; i++)
		close(files[i]);
	munmap(arena, GIB);
}

void failure(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (!shared->failure[0])
		vsnprintf(shared->failure, sizeof(shared->failure), fmt, ap);
	va_end(ap);
}

/* ------------------------------------------------------------------ */
/* Values */

static uint64_t below(struct caller *c, uint64_t n)
{
	return rng_below(&c->rng, n);
}

static bool rarely(struct caller *c)
{
	return !below(c, 16);
}

static uint64_t odd_address(struct caller *c)
{
	static const uint64_t odd[] = {
		0, 1, PAGE, 2 * MIB, 16 * MIB, 0xfee00000, 0xfec00000, 0xb0000000, 0xe0000000000,
		1ULL << 46, 1ULL << 51, 1ULL << 52, 1ULL << 63, ~0ULL, ~0ULL << 12, ~0ULL << 21,
	};

	return below(c, 2) ? odd[below(c, ARRAY_SIZE(odd))] : rng_next(&c->rng);
}

/* Small or absurd: see above. */
static uint64_t odd_length(struct caller *c)
{
	switch (below(c, 4)) {
	case 0:
		return 0;
	case 1:
		return below(c, 64 * MIB);
	case 2:
		return rng_next(&c->rng) | 1ULL << 60;
	default:
		return -(2 * MIB);
	}
}

static void pick_range(struct caller *c, uint64_t *start, uint64_t *length)
{
	/* the whole window shuts everybody else out, so not often */
	const struct window *slot = &slots[below(c, NR_SLOTS - !rarely(c))];

	*start = window.start + slot->start;
	*length = slot->length;
	switch (below(c, 32)) {
	case 0:
		*start = odd_address(c);
		break;
	case 1:
		*length = odd_length(c);
		break;
	case 2:
		*start += 2 * MIB;
		break;
	case 3:
		*start += below(c, 2 * MIB);
		break;
	case 4:
		*length += 2 * MIB;
		break;
	case 5:
		*start = NO_RAM + slot->start;
		break;
	}
}

static uint32_t pick_size(struct caller *c, uint32_t size)
{
	switch (below(c, 32)) {
	case 0:
		return 0;
	case 1:
		return size - 8;
	case 2:
		return size + 8;
	case 3:
		return PAGE;
	case 4:
		return PAGE + 1;
	case 5:
		return rng_next(&c->rng);
	}
	return size;
}

/* Where results go: mostly memory, sometimes that of vtl0, or nothing. */
static uint64_t pick_out(struct caller *c)
{
	switch (below(c, 16)) {
	case 0:
		return 0;
	case 1:
		return (uintptr_t)c->page + 2 * PAGE - 100;
	case 2:
		return (uintptr_t)c->page + PAGE;
	case 3:
	case 4:
		return (uintptr_t)arena + below(c, GIB - OUT_SIZE);
	case 5:
		return 0xffff888000000000;
	}
	return (uintptr_t)c->out;
}

/* ------------------------------------------------------------------ */
/* Arguments */

static unsigned int fill_add(struct caller *c, union arg *arg)
{
	struct vtl0_add *a = &arg->add;

	a->size = pick_size(c, sizeof(*a));
	pick_range(c, (uint64_t *)&a->start, (uint64_t *)&a->length);
	if (below(c, 3))
		a->flags = 1U << below(c, rarely(c) ? 32 : 6);
	if (rarely(c))
		a->flags |= rng_next(&c->rng) & 0x3f;
	if (a->flags & VTL0_ADD_CHUNK)
		a->chunk_length = (1 + below(c, 8)) * 2 * MIB + (rarely(c) ? PAGE : 0);
	/* a GiB of single pages takes seconds, to add and in every query */
	if (a->flags & VTL0_ADD_ORDER)
		a->max_order = a->length > 64 * MIB ? 9 + below(c, 11) : below(c, 20);
	if (a->flags & VTL0_ADD_NODE)
		a->node = rarely(c) ? (int)rng_next(&c->rng) : 0;
	return VTL0_ADD;
}

static unsigned int fill_remove(struct caller *c, union arg *arg)
{
	struct vtl0_remove *r = &arg->remove;

	r->size = pick_size(c, sizeof(*r));
	r->flags = rarely(c);
	pick_range(c, (uint64_t *)&r->start, (uint64_t *)&r->length);
	return VTL0_REMOVE;
}

static unsigned int fill_query(struct caller *c, union arg *arg)
{
	static const uint32_t sizes[] = {
		16, 24, sizeof(struct vtl0_chunk_info), sizeof(struct vtl0_range_info),
		sizeof(struct vtl0_range_info) + 8, PAGE,
	};
	struct vtl0_query *q = &arg->query;

	q->size = pick_size(c, sizeof(*q));
	q->flags = below(c, 2) | (rarely(c) ? (uint32_t)rng_next(&c->rng) : 0);
	q->cursor = below(c, 4) ? 0 : below(c, 2) ? window.start + below(c, GIB) :
							     odd_address(c);
	q->buf = pick_out(c);
	q->entry_size = rarely(c) ? (uint32_t)below(c, 2 * PAGE) :
				    sizes[below(c, ARRAY_SIZE(sizes))];
	q->count = rarely(c) ? (uint32_t)rng_next(&c->rng) : (uint32_t)below(c, 70);
	return VTL0_QUERY;
}

static unsigned int fill_info(struct caller *c, union arg *arg)
{
	arg->info.size = pick_size(c, sizeof(arg->info));
	arg->info.flags = rarely(c);
	return VTL0_INFO;
}

static unsigned int fill_plan(struct caller *c, union arg *arg)
{
	struct vtl0_plan *p = &arg->plan;

	p->size = pick_size(c, sizeof(*p));
	p->flags = below(c, 8) | (rarely(c) ? (uint32_t)rng_next(&c->rng) : 0);
	pick_range(c, (uint64_t *)&p->start, (uint64_t *)&p->length);
	/* a calculation may be large */
	if (rarely(c))
		p->length = 1ULL << (21 + below(c, 31));
	if (p->flags & VTL0_ADD_CHUNK)
		p->chunk_length = (1 + below(c, 64)) * 2 * MIB;
	if (p->flags & VTL0_ADD_ORDER)
		p->max_order = below(c, 64);
	p->count = below(c, 100);
	p->buf = pick_out(c);
	return VTL0_PLAN;
}

static unsigned int fill_mshv_add(struct caller *c, union arg *arg)
{
	uint64_t start, length;

	pick_range(c, &start, &length);
	arg->ram.start_pfn = start / PAGE;
	arg->ram.last_pfn = (start + length) / PAGE;
	if (rarely(c))
		arg->ram.start_pfn |= 1ULL << (40 + below(c, 24));
	return MSHV_ADD_VTL0_MEMORY;
}

static unsigned int fill_mshv_check(struct caller *c, union arg *arg)
{
	arg->words[0] = below(c, 6);
	return MSHV_CHECK_EXTENSION;
}

static unsigned int fill_garbage(struct caller *c, union arg *arg)
{
	static const unsigned int commands[] = {
		VTL0_ADD, VTL0_REMOVE, VTL0_QUERY, VTL0_INFO, VTL0_PLAN, MSHV_ADD_VTL0_MEMORY,
		MSHV_CHECK_EXTENSION, MSHV_CREATE_VTL,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(arg->words); i++)
		arg->words[i] = below(c, 2) ? rng_next(&c->rng) : 0;
	if (below(c, 2))
		arg->words[0] = below(c, 128);
	if (below(c, 4))
		return commands[below(c, ARRAY_SIZE(commands))];
	return _IOC(below(c, 4), below(c, 2) ? VTL0_IOCTL_TYPE : 0xB8, below(c, 256),
		    below(c, 256));
}

/* ------------------------------------------------------------------ */
/* Calls */

static void copy_to_arena(char *to, const union arg *arg)
{
	if (guard())
		return;
	memcpy(to, arg, sizeof(*arg));
	unguard();
}

/* Where the argument is, with the argument in it if it can be written there. */
static void *place(struct caller *c, const union arg *arg)
{
	char *p = c->page, *to;

	memset(c->page, 0, PAGE);
	memcpy(c->page, arg, sizeof(*arg));
	/* a tail that is not zero, where the size says that it is looked at */
	if (rarely(c))
		c->page[sizeof(*arg) + below(c, 256)] = 1;
	switch (below(c, 32)) {
	case 0:
		return NULL;
	case 1:
		return p + PAGE;
	case 2:
		return p + 2 * PAGE;
	case 3:
		return p + 2 * PAGE - 24;
	case 4:
		return (void *)0xffff888000000000;
	case 5:
	case 6:
		to = arena + (below(c, GIB - 2 * PAGE) & ~7ULL);
		copy_to_arena(to, arg);
		return to;
	}
	return p;
}

static void note_result(unsigned int cmd, int ret)
{
	switch (cmd) {
	case VTL0_ADD:
		if (!ret)
			count(ADDED);
		else if (ret == -EEXIST)
			count(ADD_REFUSED);
		break;
	case VTL0_REMOVE:
		if (!ret)
			count(REMOVED);
		else if (ret == -EBUSY)
			count(REMOVE_BUSY);
		break;
	case VTL0_QUERY:
		if (!ret)
			count(QUERIED);
		break;
	case VTL0_PLAN:
		if (!ret)
			count(PLANNED);
		break;
	case MSHV_ADD_VTL0_MEMORY:
		if (!ret)
			count(MSHV_ADDED);
		break;
	}
}

/* Another file below one of the numbers; the last close may remove ranges. */
static void reopen(struct caller *c)
{
	int to = files[below(c, NR_FILES)], fd;

	if (below(c, 2))
		fd = open(CONTROL, O_RDWR | O_CLOEXEC);
	else
		fd = ioctl(files[below(c, NR_FILES)], MSHV_CREATE_VTL, 0);
	/* that was a VTL itself, which has no VTLs */
	if (fd < 0)
		return;
	if (dup3(fd, to, O_CLOEXEC) < 0)
		failure("dup3: %s", strerrorname_np(errno));
	close(fd);
	count(REOPENED);
}

typedef unsigned int (*fill_fn)(struct caller *c, union arg *arg);

static void one_call(struct caller *c)
{
	/* the cheap ones are called more often: this must end some day */
	static const struct {
		fill_fn fill;
		unsigned int weight;
	} kinds[] = {
		{ fill_add, 20 }, { fill_remove, 20 }, { fill_query, 240 }, { fill_info, 140 },
		{ fill_plan, 200 }, { fill_mshv_add, 5 }, { fill_mshv_check, 75 },
		{ fill_garbage, 300 },
	};
	unsigned int roll = below(c, 1000), i = 0, cmd;
	union arg arg = { };
	void *p;
	int fd, ret;

	if (!below(c, 1000)) {
		reopen(c);
		return;
	}
	while (roll >= kinds[i].weight)
		roll -= kinds[i++].weight;
	cmd = kinds[i].fill(c, &arg);
	p = place(c, &arg);
	fd = files[below(c, NR_FILES)];
	ret = ioctl(fd, cmd, p);
	note_result(cmd, ret < 0 ? -errno : 0);
	/* garbage, too, may have made a VTL */
	if (ret > 0)
		close(ret);
}

static void map_caller(struct caller *c)
{
	int fd = memfd_create("page", MFD_CLOEXEC);
	char *p;

	p = mmap(NULL, 3 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (fd < 0 || ftruncate(fd, PAGE) || p == MAP_FAILED ||
	    mmap(p, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED ||
	    mmap(p + PAGE, PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED)
		die("memory of a caller");
	close(fd);
	c->page = p;
	/* with a hole behind it, so that too much written is EFAULT */
	c->out = mmap(NULL, OUT_SIZE + PAGE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (c->out == MAP_FAILED || mprotect(c->out + OUT_SIZE, PAGE, PROT_NONE))
		die("memory of a caller");
}

static void *caller(void *arg)
{
	struct caller *c = arg;
	uint64_t i;

	for (i = 0; i < c->calls; i++) {
		one_call(c);
		__atomic_fetch_add(&shared->calls, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

/* ------------------------------------------------------------------ */

static const char * const event_names[NR_EVENTS] = {
	[ADDED] = "added", [ADD_REFUSED] = "refused as overlapping", [REMOVED] = "removed",
	[REMOVE_BUSY] = "busy", [QUERIED] = "queried", [PLANNED] = "planned",
	[MSHV_ADDED] = "added by mshv", [REOPENED] = "reopened", [TOUCHED] = "touched",
	[BUS_ERROR] = "SIGBUS", [PART_UNMAPPED] = "unmapped in part",
	[PROTECTED] = "protected in part", [MOVED] = "moved", [ADVISED] = "advised",
	[DIRECT_IO] = "direct I/O", [DIRECT_IO_FAULT] = "direct I/O EFAULT",
	[BUFFERS_REGISTERED] = "buffers registered", [FIXED_IO] = "fixed buffer I/O",
	[SPLICED] = "spliced", [READ_BY_PROCESS] = "process_vm_readv",
	[FORKED] = "forked", [OWNER_KILLED] = "owner killed",
};

static void show_events(void)
{
	unsigned int i;

	for (i = 0; i < NR_EVENTS; i++)
		tap_note("%-24s %8" PRIu64, event_names[i], shared->events[i]);
}

static void set_up(void)
{
	int fd, i, ret;

	if (!window_aligned(GIB, GIB, &window)) {
		errno = ENODEV;
		die("needs 1 GiB of reserved RAM, aligned to it (memmap=)");
	}
	window.length = GIB;
	if (access(disk_path, R_OK | W_OK))
		die("%s", disk_path);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		die("mmap");
	ret = module_load("vtl0", "");
	errno = -ret;
	if (ret)
		die("cannot load vtl0");
	for (i = 0; i < NR_FILES; i++) {
		files[i] = open(CONTROL, O_RDWR | O_CLOEXEC);
		if (files[i] < 0)
			die(CONTROL);
	}
	fd = open(LOW, O_RDWR | O_CLOEXEC);
	arena = mmap(NULL, GIB, PROT_READ | PROT_WRITE, MAP_SHARED, fd, window.start);
	if (arena == MAP_FAILED)
		die("mmap of " LOW);
	close(fd);
}

/* Where every thread is, for a run that does not get on. */
static void show_stacks(void)
{
	DIR *dir = opendir("/proc/self/task");
	struct dirent *d;
	char path[300], *text;

	while (dir && (d = readdir(dir))) {
		if (d->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/proc/self/task/%s/stack", d->d_name);
		text = slurp(path);
		tap_note("%s:\n%s", d->d_name, text ?: "no stack");
		free(text);
	}
	if (dir)
		closedir(dir);
}

/* Says how far it is; a run that stands still shows where. */
static void watch(uint64_t calls)
{
	uint64_t begin = now_ns(), moved = begin, next = calls / 10, last = 0;

	while (shared->calls < calls) {
		usleep(200000);
		if (shared->calls != last) {
			last = shared->calls;
			moved = now_ns();
		} else if (now_ns() - moved > STALL_NS) {
			tap_note("no call has ended for a minute");
			show_stacks();
			moved = now_ns();
		}
		if (shared->calls < next)
			continue;
		tap_note("%" PRIu64 " of %" PRIu64 " calls, %" PRIu64 " s", shared->calls,
			 calls, (now_ns() - begin) / 1000000000);
		next += calls / 10;
	}
}

static void run(uint64_t calls, uint64_t seed)
{
	struct caller callers[CALLERS] = { };
	unsigned int i;

	/* before there are threads: users are forked */
	start_users(seed ^ 0x5555);
	catch_bus_errors();
	for (i = 0; i < CALLERS; i++) {
		struct caller *c = &callers[i];

		c->index = i;
		c->rng.state = seed * CALLERS + i;
		c->calls = calls / CALLERS;
		map_caller(c);
		errno = pthread_create(&c->thread, NULL, caller, c);
		if (errno)
			die("pthread_create");
	}
	watch(calls / CALLERS * CALLERS);
	for (i = 0; i < CALLERS; i++)
		pthread_join(callers[i].thread, NULL);
	wait_for_users();
	forget_callers();
}

/* Add, map, touch, write to the disk and read back, remove. */
static bool still_works(int control)
{
	int low = open(LOW, O_RDWR | O_CLOEXEC);
	int disk = open(disk_path, O_RDWR | O_DIRECT | O_CLOEXEC);
	bool ok = false;
	char *p;

	if (low < 0 || disk < 0 || vtl0_add_simple(control, window.start, 4 * MIB, 0))
		goto close;
	p = mmap(NULL, 4 * MIB, PROT_READ | PROT_WRITE, MAP_SHARED, low, window.start);
	if (p == MAP_FAILED)
		goto close;
	memset(p, 0x5a, 64 * KIB);
	if (pwrite(disk, p, 64 * KIB, 0) != (ssize_t)(64 * KIB))
		goto unmap;
	memset(p + 2 * MIB, 0, 64 * KIB);
	if (pread(disk, p + 2 * MIB, 64 * KIB, 0) != (ssize_t)(64 * KIB))
		goto unmap;
	ok = !memcmp(p, p + 2 * MIB, 64 * KIB);
unmap:
	munmap(p, 4 * MIB);
	ok = !vtl0_remove(control, window.start, 4 * MIB) && ok;
close:
	close(low);
	close(disk);
	return ok;
}

static void check_end(const char *iomem)
{
	int control = open(CONTROL, O_RDWR | O_CLOEXEC), removed;
	char *list, *now;

	/* ranges of the mshv ioctls and persistent ones stay */
	removed = vtl0_remove_all(control);
	list = vtl0_list(control);
	tap_ok(removed >= 0 && !list[0], "all that was left could be removed (%d ranges)",
	       removed);
	free(list);
	tap_ok(still_works(control), "a range can be added, mapped, written, read and removed");
	close(control);
	now = slurp("/proc/iomem");
	tap_ok(!strcmp(iomem, now), "/proc/iomem is as before");
	free(now);
}

static void check_events(void)
{
	unsigned int i;
	bool all = true;

	for (i = 0; i < NR_EVENTS; i++) {
		if (shared->events[i])
			continue;
		tap_note("never: %s", event_names[i]);
		all = false;
	}
	tap_ok(all, "everything that shall be tested happened");
}

int main(int argc, char **argv)
{
	uint64_t calls = 100000, seed = now_ns() ^ getpid();
	char *iomem;
	int c, ret;

	while ((c = getopt(argc, argv, "n:s:d:")) >= 0) {
		if (c == 'n') {
			calls = strtoull(optarg, NULL, 0);
		} else if (c == 's') {
			seed = strtoull(optarg, NULL, 0);
		} else if (c == 'd') {
			disk_path = optarg;
		} else {
			fputs("usage: vtl0_fuzz [-n CALLS] [-s SEED] [-d DISK]\n", stderr);
			return 2;
		}
	}
	tap_plan(6);
	tap_note("%" PRIu64 " calls, seed %" PRIu64 " (-s)", calls, seed);
	iomem = slurp("/proc/iomem");
	set_up();
	run(calls, seed);
	show_events();
	tap_ok(!shared->failure[0], "%" PRIu64 " calls%s%s", shared->calls,
	       shared->failure[0] ? ": " : "", shared->failure);
	check_events();
	check_end(iomem);
	ret = module_unload("vtl0", true);
	tap_ok(!ret, "the module can be unloaded (%s)", ret ? strerrorname_np(-ret) : "yes");
	return tap_status();
}
