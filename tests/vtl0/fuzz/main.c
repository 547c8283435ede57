// SPDX-License-Identifier: GPL-2.0
/*
 * Random calls to vtl0 from two threads (callers.c, args.c), while processes use the
 * memory in every way (users.h). The calls are a function of the seed; how they meet
 * is not. A run fails with a report of the kernel, and when a thread or process does
 * not get on (watch.c); at the end everything must be as it was, and work.
 *
 * Where the module calls KCOV, calls that have reached a new part of it are made again, with
 * changes (guide.c), and a run says how much of the module it has reached (kcov.c). As what is
 * reached depends on how calls meet, a seed then gives the same calls only at first. Everywhere
 * else the calls are always new, and a run says only what has happened (fuzz.h).
 */
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
#include "kcov.h"
#include "module.h"
#include "tap.h"
#include "users.h"
#include "watch.h"

/* Of the threads that call: often, as this is what a call must survive. */
#define SIGNAL_US 5000

struct shared *shared;
struct window window;
/* Why the calls are not traced, or NULL. */
static const char *untraced;

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
	[MSHV_ADDED] = "added by mshv", [MSHV_MAPPED] = "mapped as of mshv",
	[ALIASED] = "mapped at the alias", [REOPENED] = "reopened", [TOUCHED] = "touched",
	[BUS_ERROR] = "SIGBUS", [PART_UNMAPPED] = "unmapped in part",
	[PROTECTED] = "protected in part", [NO_ACCESS] = "without access in part",
	[MOVED] = "moved", [ADVISED] = "advised",
	[DIRECT_IO] = "direct I/O", [DIRECT_IO_FAULT] = "direct I/O EFAULT",
	[BUFFERS_REGISTERED] = "buffers registered", [FIXED_IO] = "fixed buffer I/O",
	[SPLICED] = "spliced", [READ_BY_PROCESS] = "process_vm_readv",
	[NAMED] = "named files mapped",
	[GIGABYTE_ADDED] = "added as 1 GiB", [GIGABYTE_MAPPED] = "with 1G entries",
	[FORKED] = "forked", [OWNER_KILLED] = "owner killed",
	[SIGNALLED] = "signals to callers", [USER_SIGNALLED] = "signals to users",
};

static void show_events(void)
{
	unsigned int i;

	for (i = 0; i < NR_EVENTS; i++)
		tap_note("%-24s %8" PRIu64, event_names[i], shared->events[i]);
}

static void set_up(const char *disk)
{
	char params[64];
	int ret, control;

	if (!window_aligned(GIB(1), GIB(1), &window)) {
		errno = ENODEV;
		die("needs 1 GiB of reserved RAM, aligned to it (memmap=)");
	}
	window.length = GIB(1);
	if (access(disk, R_OK | W_OK))
		die("%s", disk);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		die("mmap");
	snprintf(params, sizeof(params), "mshv_names=1 alias_bit=%d", ALIAS_BIT);
	ret = module_load("vtl0", params);
	errno = -ret;
	if (ret)
		die("cannot load vtl0");
	control = open_control();
	untraced = kcov_set_up(control);
	close(control);
	if (untraced)
		tap_note("always new calls: %s", untraced);
	open_files();
}

/* Of this process. */
static enum event signal_event;

static void on_alarm(int sig)
{
	(void)sig;
	count(signal_event);
}

void start_signals(unsigned int us, enum event event)
{
	struct sigaction act = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
	struct itimerval period = { { 0, us }, { 0, us } };

	signal_event = event;
	if (sigaction(SIGALRM, &act, NULL) || setitimer(ITIMER_REAL, &period, NULL))
		die("signals");
}

/* The last signal is pending if the callers had ended before it: it is forgotten. */
static void stop_signals(void)
{
	setitimer(ITIMER_REAL, &(struct itimerval) { }, NULL);
	signal(SIGALRM, SIG_IGN);
}

static void run(uint64_t calls, uint64_t seconds, uint64_t seed, const char *disk)
{
	static struct caller callers[NR_CALLERS];
	sigset_t alarm;
	unsigned int i;

	/* before there are threads: users are forked */
	start_users(seed ^ 0x5555, disk);
	catch_bus_errors();
	for (i = 0; i < NR_CALLERS; i++) {
		struct caller *c = &callers[i];

		c->worker = &shared->workers[i];
		c->seed = seed * NR_CALLERS + i;
		c->calls = calls / NR_CALLERS;
		start_caller(c);
	}
	/*
	 * The timer signals the process, and the kernel prefers its main thread: not there, so
	 * that a caller gets it. Not earlier, as threads inherit what is blocked.
	 */
	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	errno = pthread_sigmask(SIG_BLOCK, &alarm, NULL);
	if (errno)
		die("pthread_sigmask");
	start_signals(SIGNAL_US, SIGNALLED);
	watch(seconds, !untraced);
	for (i = 0; i < NR_CALLERS; i++)
		pthread_join(callers[i].thread, NULL);
	stop_signals();
	forget_callers();
}

/* Add, map, touch, write to the disk and read back, remove. */
static bool still_works(int control, const char *disk_path)
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

static void check_end(const char *iomem, const char *disk)
{
	int control = open(CONTROL, O_RDWR | O_CLOEXEC), removed;
	char *list, *now;

	/* ranges of the mshv ioctls and persistent ones stay */
	removed = remove_all(control);
	list = describe_ranges(control);
	tap_ok(removed >= 0 && !list[0], "all that was left could be removed (%d ranges)",
	       removed);
	free(list);
	tap_ok(still_works(control, disk), "a range can be added, mapped, written, read and removed");
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

static void usage(void)
{
	fputs("usage: vtl0_fuzz [-n CALLS] [-t SECONDS] [-s SEED] [-d DISK] [-u]\n"
	      "-n  how many calls (default 100000, without end if there is -t)\n"
	      "-t  for how long\n"
	      "-s  the same calls as another run with this seed, as far as threads allow\n"
	      "-d  for direct I/O, is written to (default /dev/nvme0n1)\n"
	      "-u  always new calls, also where KCOV can guide them\n", stderr);
	exit(2);
}

/* Ends with status 2 if that is not all of @text. */
static uint64_t number(const char *text)
{
	char *end;
	uint64_t n = strtoull(text, &end, 0);

	if (end == text || *end)
		usage();
	return n;
}

int main(int argc, char **argv)
{
	uint64_t calls = 0, seconds = UINT64_MAX, seed = now_ns() ^ getpid();
	const char *disk = "/dev/nvme0n1";
	char *iomem;
	int c, ret;

	while ((c = getopt(argc, argv, "n:t:s:d:u")) >= 0) {
		switch (c) {
		case 'n':
			calls = number(optarg);
			break;
		case 't':
			seconds = number(optarg);
			break;
		case 's':
			seed = number(optarg);
			break;
		case 'd':
			disk = optarg;
			break;
		case 'u':
			guided = false;
			break;
		default:
			usage();
		}
	}
	if (optind < argc)
		usage();
	if (!calls)
		calls = seconds == UINT64_MAX ? 100000 : INT64_MAX;
	tap_plan(6);
	tap_note("seed %" PRIu64 " (-s)", seed);
	iomem = slurp("/proc/iomem");
	set_up(disk);
	run(calls, seconds, seed, disk);
	show_events();
	if (!untraced)
		kcov_show_missed();
	tap_ok(!shared->failure[0], "%" PRIu64 " calls%s%s", calls_begun(),
	       shared->failure[0] ? ": " : "", shared->failure);
	check_events();
	check_end(iomem, disk);
	ret = module_unload("vtl0", true);
	tap_ok(!ret, "the module can be unloaded (%s)", ret ? strerrorname_np(-ret) : "yes");
	return tap_status();
}
