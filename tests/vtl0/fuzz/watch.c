// SPDX-License-Identifier: GPL-2.0
/* Looks after the workers of vtl0_fuzz from the main thread; see watch.h. */
#include <errno.h>
#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "file.h"
#include "fuzz.h"
#include "tap.h"
#include "users.h"
#include "watch.h"

#define SECOND_NS	1000000000ULL
/* after it all stacks are shown */
#define SLOW_S		60
/*
 * A call or round that takes so long never ends. On an emulated debug kernel with a fifth of a
 * processor one of ten thousand took 99 s.
 */
#define STALL_S		300

/* What this thread has seen of a worker. */
struct seen {
	uint64_t begun;
	/* since it began that, and the longest time ever */
	uint64_t ns, longest;
};

static struct seen seen[NR_WORKERS];

static const char *kind(unsigned int i)
{
	return i < NR_CALLERS ? "caller" : "user";
}

static unsigned int number_of(unsigned int i)
{
	return i < NR_CALLERS ? i : i - NR_CALLERS;
}

uint64_t calls_begun(void)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < NR_CALLERS; i++)
		sum += __atomic_load_n(&shared->workers[i].begun, __ATOMIC_RELAXED);
	return sum;
}

static bool ended(unsigned int i)
{
	return __atomic_load_n(&shared->workers[i].ended, __ATOMIC_ACQUIRE);
}

static bool callers_ended(void)
{
	unsigned int i;

	for (i = 0; i < NR_CALLERS; i++)
		if (!ended(i))
			return false;
	return true;
}

/* ------------------------------------------------------------------ */

/* Is it of a thread of this program, or of one that is in the driver? */
static bool concerns(const char *path, const char *stack)
{
	char comm[64], name[32] = "";

	if (strstr(stack, "[vtl0]"))
		return true;
	snprintf(comm, sizeof(comm), "%.*s/comm", (int)(strrchr(path, '/') - path), path);
	return read_file(comm, name, sizeof(name)) > 0 && !strcmp(name, "vtl0_fuzz\n");
}

static void show_stacks(unsigned int worker)
{
	glob_t stacks;
	size_t i;
	char *text;

	tap_note("%s %u is slow:", kind(worker), number_of(worker));
	if (glob("/proc/[0-9]*/task/*/stack", 0, NULL, &stacks))
		return;
	for (i = 0; i < stacks.gl_pathc; i++) {
		text = slurp(stacks.gl_pathv[i]);
		if (text && concerns(stacks.gl_pathv[i], text))
			tap_note("%s:\n%s", stacks.gl_pathv[i], text);
		free(text);
	}
	globfree(&stacks);
}

static void look_after(unsigned int i, uint64_t ns)
{
	uint64_t begun = __atomic_load_n(&shared->workers[i].begun, __ATOMIC_RELAXED);
	struct seen *s = &seen[i];
	uint64_t before = s->ns;

	if (begun != s->begun || ended(i)) {
		s->begun = begun;
		s->ns = 0;
		return;
	}
	s->ns += ns;
	if (s->ns > s->longest)
		s->longest = s->ns;
	if (before < SLOW_S * SECOND_NS && s->ns >= SLOW_S * SECOND_NS)
		show_stacks(i);
	if (s->ns < STALL_S * SECOND_NS)
		return;
	show_stacks(i);
	errno = ETIMEDOUT;
	/*
	 * The users are killed when this process exits. A thread that hangs in the kernel
	 * delays that exit, until the lab's limit of time ends the run.
	 */
	die("%s %u has not got on for %u s, in turn %" PRIu64, kind(i), number_of(i), STALL_S,
	    begun);
}

/* ------------------------------------------------------------------ */

static void show_progress(uint64_t seconds, bool traced)
{
	if (traced)
		tap_note("%" PRIu64 " s: %" PRIu64 " calls, %" PRIu64 " PCs, %" PRIu64 " edges",
			 seconds, calls_begun(), kcov_pcs(), kcov_edges());
	else
		tap_note("%" PRIu64 " s: %" PRIu64 " calls", seconds, calls_begun());
}

static void show_longest(void)
{
	unsigned int i, caller = 0, user = NR_CALLERS;

	for (i = 0; i < NR_WORKERS; i++) {
		unsigned int *longest = i < NR_CALLERS ? &caller : &user;

		if (seen[i].longest > seen[*longest].longest)
			*longest = i;
	}
	tap_note("longest call %.1f s, longest round %.1f s (user %u)",
		 (double)seen[caller].longest / SECOND_NS,
		 (double)seen[user].longest / SECOND_NS, number_of(user));
}

void watch(uint64_t seconds, bool traced)
{
	uint64_t begin = now_ns(), last = begin, now, passed, next = 60;
	unsigned int i;

	/* a user that was killed is seen at once */
	while (!users_ended() || !callers_ended()) {
		usleep(200000);
		now = now_ns();
		passed = (now - begin) / SECOND_NS;
		/* a second at most: if the machine stood still, this thread did so as well */
		for (i = 0; i < NR_WORKERS; i++)
			look_after(i, now - last < SECOND_NS ? now - last : SECOND_NS);
		last = now;
		if (passed >= seconds || callers_ended())
			__atomic_store_n(&shared->stop, true, __ATOMIC_RELAXED);
		if (passed < next)
			continue;
		show_progress(passed, traced);
		next += 60;
	}
	show_progress((now_ns() - begin) / SECOND_NS, traced);
	show_longest();
}
