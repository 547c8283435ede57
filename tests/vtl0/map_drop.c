// SPDX-License-Identifier: GPL-2.0
/*
 * Threads of two processes touch the same memory while other threads drop, split,
 * move and protect its entries: no entry may be lost, which shows when the range is
 * removed, and in the kernel log ("bad pud", "Bad rss-counter").
 *
 * Takes race_seconds() for each size of entry.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "map.h"
#include "random.h"

#define NR_PROCESSES 2

FIXTURE(drop) {
	struct map_state s;
};

FIXTURE_VARIANT(drop) {
	LEVEL_FIELDS;
};

FIXTURE_VARIANT_ADD(drop, pte) { LEVEL_PTE };
FIXTURE_VARIANT_ADD(drop, pmd) { LEVEL_PMD };
FIXTURE_VARIANT_ADD(drop, pud) { LEVEL_PUD };

FIXTURE_SETUP(drop)
{
	int ret = map_setup(&self->s, variant->length, variant->order);

	if (ret == -ENOENT)
		SKIP(return, NO_RAM);
	ASSERT_EQ(0, ret);
}

FIXTURE_TEARDOWN_PARENT(drop)
{
	EXPECT_ALL_GONE();
}

/* What the threads of one process share. */
struct play {
	const struct map_state *s;
	u64 entry;
	/* stays where it is, and is touched directly */
	char *still;
	/* two places between which one mapping moves; reserved addresses */
	char *place[2];
	atomic_bool stop;
	atomic_ulong touched, dropped, changed;
};

static void *touch_it(void *arg)
{
	struct play *p = arg;
	struct rng rng = { (uintptr_t)&rng };

	while (!p->stop) {
		volatile char *c = p->still + rng_below(&rng, p->s->length / PAGE_BYTES) *
				   PAGE_BYTES;

		if (rng_below(&rng, 2))
			*c = 1;
		else
			(void)*c;
		p->touched++;
	}
	return NULL;
}

static void *drop_it(void *arg)
{
	struct play *p = arg;
	struct rng rng = { (uintptr_t)&rng };

	while (!p->stop) {
		u64 entry = rng_below(&rng, p->s->length / p->entry) * p->entry;

		if (rng_below(&rng, 2) || p->entry == PAGE_BYTES)
			madvise(p->still + entry, p->entry, MADV_DONTNEED);
		else
			madvise(p->still + entry + p->entry / 2, PAGE_BYTES, MADV_DONTNEED);
		p->dropped++;
	}
	return NULL;
}

/* Faults that end with an error where nothing is mapped, and not with a signal. */
static void *populate_it(void *arg)
{
	struct play *p = arg;
	struct rng rng = { (uintptr_t)&rng };

	while (!p->stop) {
		char *va = p->place[rng_below(&rng, 2)] +
			   rng_below(&rng, p->s->length / PAGE_BYTES) * PAGE_BYTES;
		char byte;
		struct iovec to = { &byte, 1 }, from = { va, 1 };

		if (rng_below(&rng, 2))
			madvise(va, PAGE_BYTES, MADV_POPULATE_WRITE);
		else
			process_vm_readv(getpid(), &to, 1, &from, 1, 0);
	}
	return NULL;
}

static bool map_at(struct play *p, char *place)
{
	return mmap(place, p->s->length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		    p->s->low, p->s->start) == place;
}

/* One of: protect all, protect a part, unmap a part, all anew, move. */
static bool change(struct play *p, struct rng *rng, int *at)
{
	static const int prots[] = { PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE };
	char *va = p->place[*at], *other = p->place[!*at];
	u64 part = rng_below(rng, p->s->length / PAGE_BYTES) * PAGE_BYTES;
	int prot = prots[rng_below(rng, 3)];

	switch (rng_below(rng, 8)) {
	case 0:
		return !mprotect(va + part, PAGE_BYTES, prot);
	case 1:
		return !munmap(va + part, PAGE_BYTES) && map_at(p, va);
	case 2:
		return map_at(p, va);
	case 3:
		/* in one piece, as it may have been split; then back where nothing is */
		if (!map_at(p, va) || madvise(va, PAGE_BYTES, MADV_POPULATE_WRITE))
			return false;
		*at = !*at;
		if (mremap(va, p->s->length, p->s->length, MREMAP_MAYMOVE | MREMAP_FIXED,
			   other) != other)
			return false;
		return mmap(va, p->s->length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS |
			    MAP_NORESERVE | MAP_FIXED, -1, 0) == va;
	default:
		return !mprotect(va, p->s->length, prot);
	}
}

static void *change_it(void *arg)
{
	struct play *p = arg;
	struct rng rng = { getpid() };
	int at = 0;

	while (!p->stop) {
		/* the other thread may have populated a part of PROT_NONE meanwhile */
		if (!change(p, &rng, &at))
			map_at(p, p->place[at]);
		p->changed++;
	}
	munmap(p->place[0], p->s->length);
	munmap(p->place[1], p->s->length);
	return NULL;
}

static bool has_played(void *arg)
{
	struct play *p = arg;

	return p->touched && p->dropped && p->changed;
}

static char *reserve(u64 length, u64 align)
{
	char *va = mmap(NULL, length + align, PROT_NONE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return va == MAP_FAILED ? NULL :
	       (char *)(((uintptr_t)va + align - 1) / align * align);
}

/* 0, or a step that failed. */
static int play(const struct map_state *s, u64 entry, unsigned int seconds)
{
	void *(*const jobs[])(void *) = {
		touch_it, touch_it, drop_it, drop_it, populate_it, change_it,
	};
	pthread_t threads[ARRAY_SIZE(jobs)];
	struct play p = { .s = s, .entry = entry };

	p.still = map_low(s->low, s->start, s->length, PROT_READ | PROT_WRITE);
	p.place[0] = reserve(s->length, entry);
	p.place[1] = reserve(s->length, entry);
	if (p.still == MAP_FAILED || !p.place[0] || !p.place[1] || !map_at(&p, p.place[0]))
		return 1;
	for (size_t i = 0; i < ARRAY_SIZE(jobs); i++)
		if (pthread_create(&threads[i], NULL, jobs[i], &p))
			return 2;
	sleep(seconds);
	wait_until(has_played, &p, PATIENCE);
	p.stop = true;
	for (size_t i = 0; i < ARRAY_SIZE(jobs); i++)
		pthread_join(threads[i], NULL);
	munmap(p.still, s->length);
	printf("# touched %lu, dropped %lu, changed %lu\n", p.touched, p.dropped, p.changed);
	fflush(stdout);
	if (status_bytes("RssFile") > (long long)MIB(64))
		return 3;
	return has_played(&p) ? 0 : 4;
}

TEST_F_TIMEOUT(drop, loses_no_entry, 3600)
{
	unsigned int seconds = race_seconds();
	pid_t child[NR_PROCESSES];
	int status;

	for (int i = 0; i < NR_PROCESSES; i++) {
		child[i] = fork();
		ASSERT_LE(0, child[i]);
		if (!child[i])
			_exit(play(&self->s, variant->entry, seconds));
	}
	for (int i = 0; i < NR_PROCESSES; i++) {
		ASSERT_EQ(child[i], waitpid(child[i], &status, 0));
		EXPECT_EQ(0, status) {
			TH_LOG("process %d ended with status %#x", i, status);
		}
	}
	EXPECT_UNUSED_AND_REMOVE(&self->s);
}

TEST_HARNESS_MAIN
