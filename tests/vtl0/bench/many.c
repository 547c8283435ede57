// SPDX-License-Identifier: GPL-2.0
/*
 * Measures what many ranges cost: small ones beside the upstream way, and, with waiting,
 * how long it takes until all are gone that a closed file had, and how long other threads
 * wait for mmap() meanwhile.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "../modules/upstream.h"
#include "bench.h"
#include "clock.h"
#include "ioctl.h"
#include "measure.h"
#include "tap.h"
#include "window.h"

#define NR_RANGES	4096
#define SMALL		MIB(4)
#define PATIENCE_GONE	600

/* Upstream's order is 9, and 10. */
static const uint64_t small_starts[] = { NO_RAM + MIB(2), NO_RAM + MIB(4) };

static double larger(double a, double b)
{
	return a > b ? a : b;
}

static void bench_small(void)
{
	static const char section[] = "a range of 4 MiB; other: upstream";
	double worst = 0, ratio = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(small_starts); i++) {
		uint64_t start = small_starts[i];
		struct cost ours, theirs;
		char name[64];

		compare_costs(start, SMALL, UPSTREAM_ORDER_CTZ, reps, &ours, &theirs);
		snprintf(name, sizeof(name), "register, at 64 GiB + %" PRIu64 " MiB",
			 (start - NO_RAM) / MIB(1));
		add_row(section, name, "kinstr", ours.add / 1e3, theirs.add / 1e3);
		add_row(section, "remove", "kinstr", ours.remove / 1e3, theirs.remove / 1e3);
		worst = larger(worst, (double)ours.add - theirs.add);
		ratio = larger(ratio, (double)ours.add / theirs.add);
	}
	if (check)
		tap_ok(worst <= FIXED_COST,
		       "4 MiB are registered with at most %u instructions more than the upstream way takes (%.0f more, %.2f times)",
		       FIXED_COST, worst, ratio);
}

static bool nothing_listed(void *unused)
{
	struct vtl0_info info = { };

	(void)unused;
	return !cmd_info(control, &info) && !info.nr_ranges;
}

static void bench_close(void)
{
	static const char section[] = "4096 ranges of 4 MiB, with waiting";
	uint64_t add[MAX_REPS], closed[MAX_REPS], gone[MAX_REPS];
	unsigned int n = reps < 3 ? reps : 3;

	for (unsigned int i = 0; i < n; i++) {
		int fd = open_control();
		uint64_t begin = now_ns();

		if (fd < 0)
			die(CONTROL);
		for (uint64_t k = 0; k < NR_RANGES; k++) {
			errno = -add_range(fd, NO_RAM + k * SMALL, SMALL, 0);
			if (errno)
				die("VTL0_ADD of range %" PRIu64, k);
		}
		add[i] = now_ns() - begin;
		begin = now_ns();
		close(fd);
		closed[i] = now_ns() - begin;
		if (!wait_until(nothing_listed, NULL, PATIENCE_GONE))
			die("the ranges of a closed file stay");
		gone[i] = now_ns() - begin;
	}
	add_row(section, "add", "ms", median(add, n) / 1e6, 0);
	add_row(section, "close returns", "ms", median(closed, n) / 1e6, 0);
	/* median() sorts: the last is the longest */
	median(gone, n);
	add_row(section, "all are gone", "ms", gone[n - 1] / 1e6, 0);
	if (check)
		tap_ok(gone[n - 1] < 1000000000ULL,
		       "%u ranges are gone within a second of close() (%.0f ms, close() itself %.1f ms)",
		       NR_RANGES, gone[n - 1] / 1e6, closed[n - 1] / 1e6);
}

/* A thread that maps and unmaps ordinary memory, beside a removal. */
struct neighbour {
	pthread_t thread;
	atomic_bool stop;
	atomic_uint maps;
	unsigned int maps_before;
	uint64_t worst;		/* ns for one mmap() and munmap() */
};

static void *map_again_and_again(void *arg)
{
	struct neighbour *n = arg;

	while (!n->stop) {
		uint64_t begin = now_ns(), took;
		void *p = mmap(NULL, MIB(1), PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED || munmap(p, MIB(1)))
			die("mmap beside a removal");
		took = now_ns() - begin;
		if (took > n->worst)
			n->worst = took;
		n->maps++;
		usleep(100);
	}
	return NULL;
}

static void begin_neighbour(struct neighbour *n)
{
	*n = (struct neighbour){ };
	errno = pthread_create(&n->thread, NULL, map_again_and_again, n);
	if (errno)
		die("pthread_create");
	while (!n->maps)
		usleep(100);
	n->maps_before = n->maps;
}

static void end_neighbour(struct neighbour *n)
{
	if (n->maps == n->maps_before) {
		errno = ENODATA;
		die("no mmap() beside the removal");
	}
	n->stop = true;
	pthread_join(n->thread, NULL);
}

static char *map_touched(const struct window *w)
{
	int low = open_low(O_RDWR);
	char *p = low < 0 ? MAP_FAILED : map_low(low, w->start, w->length, PROT_READ | PROT_WRITE);

	if (p == MAP_FAILED)
		die("mmap of " LOW);
	close(low);
	for (uint64_t i = 0; i < w->length; i += MIB(2))
		*(volatile char *)(p + i) = 1;
	return p;
}

/* The worst of some removals of many chunks that are mapped. */
static uint64_t beside_remove(const struct window *w, struct neighbour *n)
{
	uint64_t worst = 0;

	for (unsigned int i = 0; i < reps; i++) {
		char *p;

		errno = -add_chunked(control, w->start, w->length, MIB(2));
		if (errno)
			die("VTL0_ADD of the window");
		p = map_touched(w);
		begin_neighbour(n);
		errno = -remove_range(control, w->start, w->length);
		end_neighbour(n);
		if (errno)
			die("VTL0_REMOVE of the window");
		munmap(p, w->length);
		if (n->worst > worst)
			worst = n->worst;
	}
	return worst;
}

struct toucher {
	pthread_t thread;
	atomic_bool stop;
	char *start;
	uint64_t length;
};

static void *touch_again_and_again(void *arg)
{
	struct toucher *t = arg;

	while (!t->stop)
		for (uint64_t i = 0; i < t->length; i += MIB(2))
			(void)*(volatile char *)(t->start + i);
	return NULL;
}

/* Of a removal that is refused, as a page is pinned, while a thread touches the range. */
static uint64_t beside_refused_remove(const struct window *w, struct neighbour *n)
{
	struct toucher t = { .length = w->length };
	struct iovec iov = { .iov_len = KIB(4) };
	int pipes[2];

	errno = -add_chunked(control, w->start, w->length, MIB(2));
	if (errno)
		die("VTL0_ADD of the window");
	t.start = map_touched(w);
	iov.iov_base = t.start;
	if (pipe(pipes) || vmsplice(pipes[1], &iov, 1, 0) != (ssize_t)iov.iov_len)
		die("vmsplice");
	begin_neighbour(n);
	errno = pthread_create(&t.thread, NULL, touch_again_and_again, &t);
	if (errno)
		die("pthread_create");
	errno = -remove_range(control, w->start, w->length);
	if (errno != EBUSY)
		die("VTL0_REMOVE of pinned memory");
	t.stop = true;
	pthread_join(t.thread, NULL);
	end_neighbour(n);
	close(pipes[0]);
	close(pipes[1]);
	munmap(t.start, w->length);
	errno = -remove_range(control, w->start, w->length);
	if (errno)
		die("VTL0_REMOVE of the window");
	return n->worst;
}

static void bench_neighbour(void)
{
	static const char section[] = "the longest mmap() beside a removal";
	uint64_t removed, refused;
	struct neighbour n;
	struct window w;

	if (!window_aligned(GIB(1), GIB(1), &w)) {
		progress("removal: no reserved RAM of 1 GiB (memmap=), left out");
		return;
	}
	w.length = GIB(1);
	progress("mmap() beside the removal of 512 chunks");
	removed = beside_remove(&w, &n);
	progress("the last removal: %u mmap()", n.maps);
	refused = beside_refused_remove(&w, &n);
	progress("the removal that is refused: %u mmap()", n.maps);
	add_row(section, "of 1 GiB in 512 chunks", "ms", removed / 1e6, 0);
	add_row(section, "that is refused and waited for", "ms", refused / 1e6, 0);
	if (check)
		tap_ok(removed < 10000000 && refused < 10000000,
		       "mmap() in another thread takes less than 10 ms while memory is removed (%.2f ms, where the removal is refused %.2f ms)",
		       removed / 1e6, refused / 1e6);
}

void bench_many(void)
{
	progress("ranges of 4 MiB");
	bench_small();
	bench_neighbour();
	progress("%u ranges", NR_RANGES);
	bench_close();
}
