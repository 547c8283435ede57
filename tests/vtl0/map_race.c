// SPDX-License-Identifier: GPL-2.0
/*
 * Faults against registration: touching before, while and after a range comes
 * and goes, without a new mmap. The tests that have threads take race_seconds() each.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "map.h"
#include "random.h"

#define NR_THREADS 4
/* Where all is slow, a test goes on beyond its time for these. */
#define FEWEST_CYCLES 10

FIXTURE(race) {
	struct map_state s;
	int disk;
	char *va;
};

FIXTURE_SETUP(race)
{
	int ret = map_open(&self->s);

	if (ret == -ENOENT)
		SKIP(return, NO_RAM);
	ASSERT_EQ(0, ret);
	self->s.length = 16 * PMD_BYTES;
	self->disk = open_disk(512);
	if (self->disk < 0)
		SKIP(return, NO_DISK);
	self->va = map_low(self->s.low, self->s.start, self->s.length,
			   PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, self->va);
}

FIXTURE_TEARDOWN_PARENT(race)
{
	EXPECT_ALL_GONE();
}

TEST_F(race, touch_register_odirect)
{
	for (u64 i = 0; i < self->s.length; i += PAGE_BYTES * 16)
		ASSERT_EQ(BUS_ADRERR, touch(self->va + i));
	ASSERT_EQ(0, add_range(self->s.control, self->s.start, self->s.length, 0));
	for (u64 i = 0; i < self->s.length; i += PMD_BYTES)
		EXPECT_EQ(0, direct_io(self->disk, self->va + i, MIB(1), i));
	ASSERT_EQ(0, munmap(self->va, self->s.length));
	EXPECT_UNUSED_AND_REMOVE(&self->s);
}

/* As above with page entries, whose page table is there before the range is. */
TEST_F(race, touch_register_odirect_pages)
{
	ASSERT_EQ(0, add_order(self->s.control, self->s.start, self->s.length, 0));
	ASSERT_EQ(0, touch_write(self->va));
	ASSERT_EQ(0, remove_range(self->s.control, self->s.start, self->s.length));
	ASSERT_EQ(BUS_ADRERR, touch(self->va));
	ASSERT_EQ(BUS_ADRERR, touch_write(self->va + PAGE_BYTES));
	/* the page table stays, so the large folio is mapped by pages */
	ASSERT_EQ(0, add_order(self->s.control, self->s.start, self->s.length, PMD_FOLIO_ORDER));
	EXPECT_EQ(0, touch(self->va));
	EXPECT_EQ(0, direct_io(self->disk, self->va, 2 * PMD_BYTES, 12));
	EXPECT_LT(0, map_info(&self->s).fallbacks);
	/* 6.12 keeps empty page tables, so that no 2M entry comes back */
	if (counts_mappings())
		EXPECT_LT(0, map_info(&self->s).faults_pmd);
	ASSERT_EQ(0, munmap(self->va, self->s.length));
	EXPECT_UNUSED_AND_REMOVE(&self->s);
}

struct touchers {
	char *va;
	u64 length;
	atomic_bool stop;
	atomic_ulong good;
	atomic_ulong bus;
	atomic_ulong other;
};

static void *touch_for_ever(void *arg)
{
	struct touchers *t = arg;
	struct rng rng = { (uintptr_t)&rng };

	while (!atomic_load(&t->stop)) {
		char *addr = t->va + rng_below(&rng, t->length);
		int ret = rng_below(&rng, 2) ? touch(addr) : touch_write(addr);

		atomic_fetch_add(!ret ? &t->good : ret == BUS_ADRERR ? &t->bus : &t->other, 1);
	}
	return NULL;
}

/* Give the touchers a chance to see the state as it is now. */
struct progress {
	atomic_ulong *count;
	unsigned long from;
};

static bool progressed(void *arg)
{
	struct progress *p = arg;

	return atomic_load(p->count) > p->from;
}

static bool wait_for_more(atomic_ulong *count)
{
	struct progress p = { count, atomic_load(count) };

	return wait_until(progressed, &p, PATIENCE);
}

/* Calls @cycle with touching threads around it, returns how many cycles were bad. */
static unsigned int under_touch(struct map_state *s, char *va,
				int (*cycle)(struct map_state *s, struct touchers *t,
					     int disk, unsigned int n), int disk)
{
	u64 end = now_ns() + race_seconds() * 1000000000ULL;
	struct touchers t = { .va = va, .length = s->length };
	pthread_t threads[NR_THREADS];
	unsigned int n, bad = 0;

	for (int i = 0; i < NR_THREADS; i++)
		bad += !!pthread_create(&threads[i], NULL, touch_for_ever, &t);
	for (n = 0; !bad && (n < FEWEST_CYCLES || now_ns() < end); n++) {
		int ret = cycle(s, &t, disk, n);

		if (ret)
			printf("# cycle %u: %d (%s)\n", n, ret, strerror(ret < 0 ? -ret : 0));
		bad += !!ret;
	}
	atomic_store(&t.stop, true);
	for (int i = 0; i < NR_THREADS; i++)
		pthread_join(threads[i], NULL);
	printf("# %u cycles, touched %lu times, SIGBUS %lu times\n", n, t.good, t.bus);
	if (atomic_load(&t.other))
		bad++;
	return bad;
}

/* A thread may write back data it read before: no wrong data, but a wrong test. */
static int io_beside_writers(int disk, char *addr, size_t size, unsigned int seed)
{
	int ret = direct_io(disk, addr, size, seed);

	return ret == -EILSEQ ? 0 : ret;
}

/* Add while it is being touched; as soon as ADD returns, touching works. */
static int add_and_touch(struct map_state *s, struct touchers *t, int disk, unsigned int n)
{
	static const u32 orders[] = { 0, PMD_FOLIO_ORDER, PUD_FOLIO_ORDER };
	int ret;

	if (!wait_for_more(&t->bus))
		return 1;
	ret = add_order(s->control, s->start, s->length, orders[n % 3]);
	if (ret)
		return ret;
	if (touch(t->va + n % 32 * (s->length / 32)) || touch_write(t->va))
		return 2;
	if (!wait_for_more(&t->good))
		return 3;
	ret = io_beside_writers(disk, t->va + s->length / 2, KIB(64), n);
	if (ret)
		return ret;
	return remove_range(s->control, s->start, s->length);
}

TEST_F_TIMEOUT(race, fault_while_adding, SLOW)
{
	EXPECT_EQ(0, under_touch(&self->s, self->va, add_and_touch, self->disk));
	EXPECT_EQ(BUS_ADRERR, touch(self->va));
}

/* While the part goes the threads touch it, and must not get it back: that would make it busy. */
static int add_and_remove_part(struct map_state *s, struct touchers *t, int disk, unsigned int n)
{
	struct vtl0_add add = {
		.flags = VTL0_ADD_CHUNK | VTL0_ADD_ORDER, .start = s->start, .length = s->length,
		.chunk_length = s->length / 4,
	};
	struct vtl0_remove part = {
		.flags = VTL0_REMOVE_PART, .start = s->start + n % 4 * add.chunk_length,
		.length = add.chunk_length,
	};
	int ret = cmd_add(s->control, &add);

	(void)disk;
	if (!ret && n % 2 && !wait_for_more(&t->good))
		ret = 1;
	ret = ret ?: cmd_remove(s->control, &part);
	if (!ret && remove_all(s->control) < 1)
		ret = 2;
	return ret;
}

TEST_F_TIMEOUT(race, part_goes_while_touched, SLOW)
{
	self->s.length = 4 * PMD_BYTES;
	EXPECT_EQ(0, under_touch(&self->s, self->va, add_and_remove_part, self->disk));
	EXPECT_EQ(BUS_ADRERR, touch(self->va));
}

/*
 * In a block that the threads do not touch, so that the data can be checked: memory
 * that could not be pinned must be pinnable as soon as it is registered.
 */
static int publish_and_pin(struct map_state *s, struct touchers *t, int disk, unsigned int n)
{
	char *mine = t->va + t->length;
	u64 length = t->length + PMD_BYTES;
	int ret;

	if (touch(mine) != BUS_ADRERR)
		return 1;
	ret = add_order(s->control, s->start, length, n & 1 ? PMD_FOLIO_ORDER : 0);
	if (ret)
		return ret;
	ret = direct_io(disk, mine, KIB(64), n);
	if (ret)
		return ret;
	ret = remove_range(s->control, s->start, length);
	if (ret)
		return ret;
	return touch(mine) == BUS_ADRERR ? 0 : 2;
}

TEST_F_TIMEOUT(race, publish_then_pin, SLOW)
{
	self->s.length -= PMD_BYTES;
	EXPECT_EQ(0, under_touch(&self->s, self->va, publish_and_pin, self->disk));
}

/*
 * Page tables that are new in each cycle, while the order of the memory changes: a
 * fault that found no table must not put a large entry where there is one now.
 */
static int change_order(struct map_state *s, struct touchers *t, int disk, unsigned int n)
{
	int ret = 0;

	(void)disk;
	if (mmap(t->va, t->length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		 s->low, s->start) != t->va)
		return -errno;
	for (unsigned int i = 0; i < 2 && !ret; i++) {
		ret = add_order(s->control, s->start, s->length,
				(n + i) & 1 ? PMD_FOLIO_ORDER : 0);
		if (!ret && !wait_for_more(&t->good))
			ret = 1;
		if (!ret)
			ret = remove_range(s->control, s->start, s->length);
	}
	return ret;
}

TEST_F_TIMEOUT(race, order_changes, SLOW)
{
	self->s.length = PMD_BYTES;
	EXPECT_EQ(0, under_touch(&self->s, self->va, change_order, self->disk));
}

struct churn {
	struct touchers t;
	const struct map_state *s;
};

/*
 * Gives every 2M block a page table, and takes it away when it is empty. madvise() does
 * that since 6.14 only, a new mapping always.
 */
static void *churn_tables(void *arg)
{
	struct churn *c = arg;
	struct touchers *t = &c->t;
	bool ok = true;

	for (unsigned int n = 0; !atomic_load(&t->stop); n++) {
		ok = ok && !madvise(t->va, t->length, MADV_NOHUGEPAGE);
		for (u64 i = 0; i < t->length; i += PMD_BYTES)
			ok = ok && !touch(t->va + i);
		ok = ok && !madvise(t->va, t->length, MADV_HUGEPAGE);
		if (n % 2)
			ok = ok && !madvise(t->va, t->length, MADV_DONTNEED);
		else
			ok = ok && mmap(t->va, t->length, PROT_READ | PROT_WRITE,
					MAP_SHARED | MAP_FIXED, c->s->low, c->s->start) == t->va;
		atomic_fetch_add(ok ? &t->good : &t->other, 1);
	}
	return NULL;
}

static int direct_io_once(struct map_state *s, struct touchers *t, int disk, unsigned int n)
{
	return io_beside_writers(disk, t->va + n * PMD_BYTES % s->length, PMD_BYTES, n);
}

/*
 * A page table and a 2M entry are both allowed, and each comes while a fault is
 * on its way that has seen the other.
 */
TEST_F_TIMEOUT(race, page_table_or_large_entry, SLOW)
{
	struct churn c = { .t = { .va = self->va, .length = self->s.length }, .s = &self->s };
	pthread_t thread;

	ASSERT_EQ(0, add_order(self->s.control, self->s.start, self->s.length, PMD_FOLIO_ORDER));
	ASSERT_EQ(0, pthread_create(&thread, NULL, churn_tables, &c));
	EXPECT_EQ(0, under_touch(&self->s, self->va, direct_io_once, self->disk));
	atomic_store(&c.t.stop, true);
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_LT(0, c.t.good);
	EXPECT_EQ(0, c.t.other);
	EXPECT_LT(0, map_info(&self->s).fallbacks);
	EXPECT_LT(0, map_info(&self->s).faults_pmd);
	ASSERT_EQ(0, munmap(self->va, self->s.length));
	EXPECT_UNUSED_AND_REMOVE(&self->s);
}

TEST_HARNESS_MAIN
