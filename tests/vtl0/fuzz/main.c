// SPDX-License-Identifier: GPL-2.0
/*
 * Random calls to vtl0 from two threads (callers.c, args.c), while processes use the
 * memory in every way (users.c). The calls are a function of the seed; how they meet
 * is not. A run fails with a report of the kernel; at the end everything must be
 * as it was, and work. Nothing guides the calls: the lab's debug kernel has no KCOV, so
 * a run says what happened (fuzz.h), not which lines of the driver it has reached.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include "clock.h"
#include "file.h"
#include "fuzz.h"
#include "module.h"
#include "tap.h"

#define CALLERS 2
#define STALL_NS 60000000000ULL

struct shared *shared;
struct window window;
const char *disk_path = "/dev/nvme0n1";

const struct window slots[NR_SLOTS] = {
	{ MIB(0), MIB(2) }, { MIB(2), MIB(4) }, { MIB(64), MIB(8) },
	{ MIB(72), MIB(16) }, { MIB(128), MIB(32) }, { MIB(256), MIB(64) },
	{ MIB(512), MIB(64) }, { MIB(1022), MIB(2) },
	{ 0, GIB(1) },
};

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

void failure(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (!shared->failure[0])
		vsnprintf(shared->failure, sizeof(shared->failure), fmt, ap);
	va_end(ap);
}

/* ------------------------------------------------------------------ */

static const char * const event_names[NR_EVENTS] = {
	[ADDED] = "added", [ADD_REFUSED] = "refused as overlapping", [REMOVED] = "removed",
	[PART_REMOVED] = "removed in part",
	[REMOVE_BUSY] = "busy", [QUERIED] = "queried", [EVENT_READ] = "events read",
	[PLANNED] = "planned",
	[OPENED] = "files of ranges mapped", [DECLARED] = "windows declared",
	[MSHV_ADDED] = "added by mshv", [REOPENED] = "reopened", [TOUCHED] = "touched",
	[BUS_ERROR] = "SIGBUS", [PART_UNMAPPED] = "unmapped in part",
	[PROTECTED] = "protected in part", [NO_ACCESS] = "without access in part",
	[MOVED] = "moved", [ADVISED] = "advised",
	[DIRECT_IO] = "direct I/O", [DIRECT_IO_FAULT] = "direct I/O EFAULT",
	[BUFFERS_REGISTERED] = "buffers registered", [FIXED_IO] = "fixed buffer I/O",
	[SPLICED] = "spliced", [READ_BY_PROCESS] = "process_vm_readv",
	[NAMED] = "named files mapped",
	[FORKED] = "forked", [OWNER_KILLED] = "owner killed", [SIGNALLED] = "signals",
};

static void show_events(void)
{
	unsigned int i;

	for (i = 0; i < NR_EVENTS; i++)
		tap_note("%-24s %8" PRIu64, event_names[i], shared->events[i]);
}

static void set_up(void)
{
	int ret;

	if (!window_aligned(GIB(1), GIB(1), &window)) {
		errno = ENODEV;
		die("needs 1 GiB of reserved RAM, aligned to it (memmap=)");
	}
	window.length = GIB(1);
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
	open_files();
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

static void on_alarm(int sig)
{
	(void)sig;
	count(SIGNALLED);
}

/*
 * Signals interrupt the calls, which are restarted; not in the users, which are forked
 * before. The timer signals the process, and the kernel prefers its main thread: there the
 * signal is blocked, so that a caller gets it. Call this when the callers have started, as
 * a thread inherits what is blocked.
 */
static void start_signals(void)
{
	struct sigaction act = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
	struct itimerval period = { { 0, 5000 }, { 0, 5000 } };
	sigset_t alarm;

	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	if (sigaction(SIGALRM, &act, NULL) || pthread_sigmask(SIG_BLOCK, &alarm, NULL) ||
	    setitimer(ITIMER_REAL, &period, NULL))
		die("signals");
}

/* The last signal is pending if the callers had ended before it: it is forgotten. */
static void stop_signals(void)
{
	setitimer(ITIMER_REAL, &(struct itimerval) { }, NULL);
	signal(SIGALRM, SIG_IGN);
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
		start_caller(c);
	}
	start_signals();
	watch(calls / CALLERS * CALLERS);
	for (i = 0; i < CALLERS; i++)
		pthread_join(callers[i].thread, NULL);
	stop_signals();
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

	if (low < 0 || disk < 0 || add_range(control, window.start, MIB(4), 0))
		goto close;
	p = mmap(NULL, MIB(4), PROT_READ | PROT_WRITE, MAP_SHARED, low, window.start);
	if (p == MAP_FAILED)
		goto close;
	memset(p, 0x5a, KIB(64));
	if (pwrite(disk, p, KIB(64), 0) != (ssize_t)KIB(64))
		goto unmap;
	memset(p + MIB(2), 0, KIB(64));
	if (pread(disk, p + MIB(2), KIB(64), 0) != (ssize_t)KIB(64))
		goto unmap;
	ok = !memcmp(p, p + MIB(2), KIB(64));
unmap:
	munmap(p, MIB(4));
	ok = !remove_unpinned(control, window.start, MIB(4)) && ok;
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
	removed = remove_all(control);
	list = describe_ranges(control);
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
