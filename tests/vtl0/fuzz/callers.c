// SPDX-License-Identifier: GPL-2.0
/* The half of vtl0_fuzz that calls: threads, and the files and memory they call with. */
#include <errno.h>
#include <fcntl.h>
#include <linux/mshv.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "tap.h"

#define NR_FILES 6

/*
 * Files that calls go to: the number stays and dup3() exchanges the file below
 * it, as another thread's open() would get a number that is closed.
 */
static int files[NR_FILES];
char *arena;

void open_files(void)
{
	int fd, i;

	for (i = 0; i < NR_FILES; i++) {
		files[i] = open(CONTROL, O_RDWR | O_NONBLOCK | O_CLOEXEC);
		if (files[i] < 0)
			die(CONTROL);
	}
	fd = open(LOW, O_RDWR | O_CLOEXEC);
	arena = mmap(NULL, GIB(1), PROT_READ | PROT_WRITE, MAP_SHARED, fd, window.start);
	if (arena == MAP_FAILED)
		die("mmap of " LOW);
	close(fd);
}

void forget_callers(void)
{
	int i;

	for (i = 0; i < NR_FILES; i++)
		close(files[i]);
	munmap(arena, GIB(1));
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
		c->page[sizeof(*arg) + pick(c, 256)] = 1;
	switch (pick(c, 32)) {
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
		to = arena + (pick(c, GIB(1) - 2 * PAGE) & ~7ULL);
		copy_to_arena(to, arg);
		return to;
	}
	return p;
}

static void note_result(unsigned int cmd, const union arg *arg, int ret)
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
			count(arg->remove.flags & VTL0_REMOVE_PART ? PART_REMOVED : REMOVED);
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
	case VTL0_WINDOW:
		if (!ret)
			count(DECLARED);
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
	int to = files[pick(c, NR_FILES)], fd;

	if (pick(c, 2))
		fd = open(CONTROL, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	else
		fd = ioctl(files[pick(c, NR_FILES)], MSHV_CREATE_VTL, 0);
	/* that was a VTL itself, which has no VTLs */
	if (fd < 0)
		return;
	if (dup3(fd, to, O_CLOEXEC) < 0)
		failure("dup3: %s", strerrorname_np(errno));
	close(fd);
	count(REOPENED);
}

/* What read() and poll() tell. A VTL has neither. */
static void learn(struct caller *c)
{
	struct pollfd p = { .fd = files[pick(c, NR_FILES)], .events = POLLIN | POLLPRI };
	void *to = pick(c, 4) ? c->page : (void *)pick_out(c);

	if (poll(&p, 1, 0) == 1 && read(p.fd, to, pick(c, 64)) > 0)
		count(EVENT_READ);
}

/* Else what mshv and touches add piece by piece would soon be all that there is. */
static void remove_some(struct caller *c)
{
	int control = files[pick(c, NR_FILES)];
	struct vtl0_range_info ranges[16];
	/* a VTL knows no VTL0_QUERY */
	int i, n = list_ranges(control, ranges, ARRAY_SIZE(ranges));

	for (i = 0; i < n && i < (int)ARRAY_SIZE(ranges); i++)
		remove_range(control, ranges[i].start, ranges[i].length);
}

/* Maps and touches what VTL0_OPEN has opened; a removal may come between. */
static void use_range(const struct vtl0_open *arg)
{
	size_t length = arg->length < MIB(2) ? arg->length : MIB(2);
	int prot = PROT_READ | (arg->flags & VTL0_OPEN_WRITE ? PROT_WRITE : 0);
	void *p = mmap(NULL, length, prot, MAP_SHARED, arg->fd, 0);

	if (p != MAP_FAILED) {
		if (!madvise(p, length, MADV_POPULATE_READ))
			count(OPENED);
		munmap(p, length);
	}
	close(arg->fd);
}

static void one_call(void *arg_of_thread)
{
	/* the cheap ones are called more often: this must end some day */
	static const struct {
		fill_fn fill;
		unsigned int weight;
	} kinds[] = {
		{ fill_add, 20 }, { fill_remove, 20 }, { fill_query, 240 }, { fill_info, 140 },
		{ fill_plan, 200 }, { fill_mshv_add, 5 }, { fill_mshv_check, 75 },
		{ fill_open, 30 }, { fill_window, 20 }, { fill_garbage, 250 },
	};
	struct caller *c = arg_of_thread;
	unsigned int roll = pick(c, 1000), i = 0, cmd;
	union arg arg = { };
	void *p;
	int fd, ret;

	c->calls--;
	begin_turn(c->worker);
	if (!pick(c, 1000)) {
		reopen(c);
		return;
	}
	if (!pick(c, 500)) {
		remove_some(c);
		return;
	}
	if (!pick(c, 100)) {
		learn(c);
		return;
	}
	while (roll >= kinds[i].weight)
		roll -= kinds[i++].weight;
	cmd = kinds[i].fill(c, &arg);
	p = place(c, &arg);
	/* where the result cannot be lost to another process */
	if (cmd == VTL0_OPEN && (char *)p >= arena && (char *)p < arena + GIB(1))
		p = c->page;
	fd = files[pick(c, NR_FILES)];
	ret = ioctl(fd, cmd, p);
	ret = ret < 0 ? -errno : ret;
	if (ret == -EINTR)
		failure("ioctl %#x was not restarted after a signal", cmd);
	note_result(cmd, &arg, ret < 0 ? ret : 0);
	if (kinds[i].fill == fill_open && !ret)
		use_range(p);
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

	guide_start(&c->guide, c->seed);
	/* the last sequence may be longer */
	while (c->calls > 0 && !stopped())
		guide_run(&c->guide, one_call, c);
	end_worker(c->worker);
	return NULL;
}

void start_caller(struct caller *c)
{
	map_caller(c);
	errno = pthread_create(&c->thread, NULL, caller, c);
	if (errno)
		die("pthread_create");
}
