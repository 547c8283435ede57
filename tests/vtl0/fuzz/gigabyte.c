// SPDX-License-Identifier: GPL-2.0
/*
 * The process of vtl0_fuzz that gets 1G entries: it makes one chunk of the whole window, maps
 * it, and changes the mapping while a thread of its own touches it; see users.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "random.h"
#include "tap.h"
#include "users.h"

#define ORDER_1G	18
/* what is touched in a window is back at once, and others hold memory for a moment */
#define TRIES		8
#define PART		MIB(8)
/* how long there is no gigabyte again, in times of how long there was one */
#define PAUSES		8
/* between touches of the thread: the callers shall get most of the processors */
#define TOUCH_US	500

/* The thread; it draws its own numbers. */
struct toucher {
	pthread_t thread;
	struct rng rng;
	char *p;
	bool stop;
};

static void *keep_touching(void *arg)
{
	struct toucher *t = arg;

	while (!__atomic_load_n(&t->stop, __ATOMIC_RELAXED)) {
		char *at = t->p + rng_below(&t->rng, GIB(1));

		usleep(rng_below(&t->rng, TOUCH_US));
		/* what is protected, or moved away, is SIGSEGV for a moment */
		if (guard())
			continue;
		if (rng_below(&t->rng, 2))
			*(volatile char *)at;
		else
			*(volatile char *)at = 1;
		unguard();
	}
	return NULL;
}

/* ------------------------------------------------------------------ */

static bool in_window(const struct vtl0_range_info *r)
{
	return r->start < window.start + GIB(1) && r->start + r->length > window.start;
}

static void clear_window(int control)
{
	struct vtl0_range_info ranges[32];
	int i, n = list_ranges(control, ranges, ARRAY_SIZE(ranges));

	for (i = 0; i < n && i < (int)ARRAY_SIZE(ranges); i++)
		if (in_window(&ranges[i]))
			remove_range(control, ranges[i].start, ranges[i].length);
}

static bool add_gigabyte(int control)
{
	bool added = false;
	unsigned int tries;

	__atomic_store_n(&shared->clearing, true, __ATOMIC_RELAXED);
	for (tries = 0; tries < TRIES && !added && !stopped(); tries++) {
		get_on();
		clear_window(control);
		added = !add_order(control, window.start, GIB(1), ORDER_1G);
	}
	__atomic_store_n(&shared->clearing, false, __ATOMIC_RELAXED);
	return added;
}

/* 1G entries that any process got, unless remove_range() of another one was earlier. */
static void count_entries(int control)
{
	struct vtl0_range_info ranges[32];
	int i, n = list_ranges(control, ranges, ARRAY_SIZE(ranges));

	for (i = 0; i < n && i < (int)ARRAY_SIZE(ranges); i++)
		if (ranges[i].start == window.start && ranges[i].faults_pud)
			count(GIGABYTE_MAPPED);
}

/* A small part: a larger one may be populated, and what is not 1G there is 4K. */
static void change_piece(char *p)
{
	change_part(p + below(GIB(1) / PART) * PART, PART);
}

/* Another process with such an entry, for a moment. */
static void fork_child(char *p)
{
	pid_t pid = fork();

	if (!pid) {
		touch_some(p, GIB(1), 2);
		change_piece(p);
		_exit(0);
	}
	if (pid > 0)
		wait_for_child(pid);
}

/* What makes core mm drop or split the entry, or the driver before it does. */
static void change_all(char *p)
{
	char *to;

	switch (below(6)) {
	case 0:
		madvise(p, GIB(1), MADV_DONTNEED);
		break;
	case 1:
		/* to where it can be 1G again, or not */
		to = mremap(p, GIB(1), GIB(1), MREMAP_MAYMOVE | MREMAP_FIXED,
			    p - (1ULL << 40) + below(2) * MIB(2));
		if (to == MAP_FAILED)
			break;
		touch_some(to, GIB(1), 2);
		if (mremap(to, GIB(1), GIB(1), MREMAP_MAYMOVE | MREMAP_FIXED, p) == MAP_FAILED)
			munmap(to, GIB(1));
		break;
	case 2:
		take_access(p, GIB(1));
		break;
	case 3:
		mprotect(p, GIB(1), PROT_READ);
		touch_some(p, GIB(1), 1);
		mprotect(p, GIB(1), PROT_READ | PROT_WRITE);
		break;
	case 4:
		fork_child(p);
		break;
	default:
		change_piece(p);
	}
}

static void change_while_touched(int control, char *p)
{
	struct toucher t = { .p = p, .rng.state = below(UINT64_MAX) };
	uint64_t i;

	errno = pthread_create(&t.thread, NULL, keep_touching, &t);
	if (errno)
		die("pthread_create");
	touch_some(p, GIB(1), 1);
	for (i = 1 + below(4); i; i--) {
		get_on();
		change_all(p);
		touch_some(p, GIB(1), 2);
	}
	count_entries(control);
	get_on();
	/* half of the time while it is touched; else the close does it */
	if (below(2)) {
		int ret = remove_range(control, window.start, GIB(1));

		if (ret && ret != -EBUSY && ret != -ENOENT && ret != -ENOMEM)
			failure("removal of 1 GiB: %s", strerrorname_np(-ret));
	}
	__atomic_store_n(&t.stop, true, __ATOMIC_RELAXED);
	pthread_join(t.thread, NULL);
}

/* Did others leave room for it? */
static bool make_and_use(void)
{
	int control = open(CONTROL, O_RDWR | O_CLOEXEC);
	char *p = MAP_FAILED;
	bool added;

	if (control < 0)
		die(CONTROL);
	added = add_gigabyte(control);
	if (!added)
		goto close;
	count(GIGABYTE_ADDED);
	/* at an address that is right for 1G entries, see vtl0_get_area() */
	p = map_piece(0, GIB(1));
	if (p == MAP_FAILED) {
		failure("mmap of 1 GiB: %s", strerrorname_np(errno));
		goto close;
	}
	change_while_touched(control, p);
close:
	/* with the range, if it is still there and mapped */
	close(control);
	if (p != MAP_FAILED)
		munmap(p, GIB(1));
	return added;
}

/*
 * Not often, as it takes away all that others have, and no other add succeeds meanwhile. By the
 * clock and not by a random number: guidance would choose that number.
 */
void use_gigabyte(void)
{
	static u64 due;
	unsigned int pauses;
	u64 begin;

	while (now_ns() < due && !stopped()) {
		get_on();
		usleep(20000);
	}
	get_on();
	begin = now_ns();
	pauses = make_and_use() ? PAUSES : 1;
	due = now_ns() + pauses * (now_ns() - begin);
}
