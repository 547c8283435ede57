// SPDX-License-Identifier: GPL-2.0
/*
 * Faults on an entry that is there already: a write after a read-only one, and
 * many threads at once.
 */
#include <pthread.h>

#include "map.h"

#define NR_THREADS 8

LEVEL_FIXTURE(upgrade);

FIXTURE_SETUP(upgrade)
{
	SETUP_LEVEL();
}

FIXTURE_TEARDOWN_PARENT(upgrade)
{
	EXPECT_ALL_GONE();
}

#define FINISH() do {							\
	ASSERT_EQ(0, munmap(self->va, self->s.length));			\
	EXPECT_UNUSED_AND_REMOVE(&self->s);				\
} while (0)

TEST_F(upgrade, read_then_write)
{
	struct vtl0_range_info info;

	ASSERT_EQ(0, touch(self->va));
	ASSERT_EQ(0, touch_write(self->va));
	fill_pattern(self->va, PAGE_BYTES, 32);
	EXPECT_TRUE(check_pattern(self->va, PAGE_BYTES, 32));
	info = map_info(&self->s);
	EXPECT_MAPPINGS(ENTRIES_AROUND(variant->entry), info.mappings);
	FINISH();
}

/* Through a read-only view first, which must not change the other one. */
TEST_F(upgrade, mprotect_to_writable)
{
	char *view = map_low(self->s.low, self->s.start, self->s.length, PROT_READ);

	ASSERT_NE(MAP_FAILED, view);
	fill_pattern(self->va, PAGE_BYTES, 32);
	ASSERT_EQ(0, touch(view));
	EXPECT_EQ(-SIGSEGV, touch_write(view));
	EXPECT_TRUE(check_pattern(view, PAGE_BYTES, 32));
	EXPECT_MAPPINGS(2 * ENTRIES_AROUND(variant->entry), map_info(&self->s).mappings);
	ASSERT_EQ(0, mprotect(view, self->s.length, PROT_READ | PROT_WRITE));
	fill_pattern(view, PAGE_BYTES, 33);
	EXPECT_TRUE(check_pattern(self->va, PAGE_BYTES, 33));
	EXPECT_MAPPINGS(2 * ENTRIES_AROUND(variant->entry), map_info(&self->s).mappings);
	ASSERT_EQ(0, munmap(view, self->s.length));
	EXPECT_MAPPINGS(ENTRIES_AROUND(variant->entry), map_info(&self->s).mappings);
	FINISH();
}

/* Bit 55 of a pagemap entry, of a page that was written just now. */
static bool have_soft_dirty(void)
{
	static char page[2 * PAGE_BYTES];
	char *p = page + PAGE_BYTES - (uintptr_t)page % PAGE_BYTES;
	int fd = open("/proc/self/pagemap", O_RDONLY);
	u64 entry = 0;
	bool cleared;

	*(volatile char *)p = 1;
	write_file("/proc/self/clear_refs", "4");
	pread(fd, &entry, sizeof(entry), (uintptr_t)p / PAGE_BYTES * 8);
	cleared = !(entry >> 55 & 1);
	*(volatile char *)p = 2;
	pread(fd, &entry, sizeof(entry), (uintptr_t)p / PAGE_BYTES * 8);
	close(fd);
	return cleared && entry >> 55 & 1;
}

/*
 * While the kernel tracks soft-dirty pages, read faults make read-only entries
 * in writable mappings: the one way to a write fault on an entry of the driver.
 */
TEST_F(upgrade, write_fault_on_read_only_entry)
{
	struct vtl0_range_info before, after;

	if (!have_soft_dirty())
		SKIP(return, "needs CONFIG_MEM_SOFT_DIRTY");
	fill_pattern(self->va, PAGE_BYTES, 32);
	ASSERT_EQ(0, write_file("/proc/self/clear_refs", "4"));
	ASSERT_EQ(0, madvise(self->va, self->s.length, MADV_DONTNEED));
	EXPECT_MAPPINGS(0, map_info(&self->s).mappings);
	ASSERT_EQ(0, touch(self->va));
	before = map_info(&self->s);
	EXPECT_MAPPINGS(ENTRIES_AROUND(variant->entry), before.mappings);
	ASSERT_EQ(0, touch_write(self->va + PAGE_BYTES / 2));
	after = map_info(&self->s);
	EXPECT_MAPPINGS(ENTRIES_AROUND(variant->entry), after.mappings);
	EXPECT_EQ(0, after.held);
	/* page entries are upgraded by the kernel alone */
	EXPECT_EQ(before.faults_pmd + (variant->entry == PMD_BYTES), after.faults_pmd);
	EXPECT_EQ(before.faults_pud + (variant->entry == PUD_BYTES), after.faults_pud);
	EXPECT_TRUE(check_pattern(self->va, PAGE_BYTES, 32));
	FINISH();
}

struct crowd {
	pthread_barrier_t barrier;
	char *va;
	unsigned int rounds;
	unsigned int bad[NR_THREADS];
};

struct member {
	struct crowd *crowd;
	unsigned int id;
};

/* Each round all fault at once on memory that the last round left unmapped. */
static void *fault_in_rounds(void *arg)
{
	struct member *m = arg;
	struct crowd *c = m->crowd;
	char *mine = c->va + m->id * 64;

	for (unsigned int n = 0; n < c->rounds; n++) {
		pthread_barrier_wait(&c->barrier);
		if ((n + m->id) & 1)
			c->bad[m->id] += mine[1] != (char)n;
		mine[1] = n + 1;
		pthread_barrier_wait(&c->barrier);
		if (!m->id && madvise(c->va, PAGE_BYTES, MADV_DONTNEED))
			c->bad[0]++;
	}
	return NULL;
}

TEST_F_TIMEOUT(upgrade, concurrent_faults, SLOW)
{
	struct crowd crowd = { .va = self->va, .rounds = debug_kernel() ? 100 : 250 };
	struct member members[NR_THREADS];
	pthread_t threads[NR_THREADS];
	struct vtl0_range_info info;

	memset(self->va, 0, PAGE_BYTES);
	pthread_barrier_init(&crowd.barrier, NULL, NR_THREADS);
	for (int i = 0; i < NR_THREADS; i++) {
		members[i] = (struct member) { &crowd, i };
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, fault_in_rounds, &members[i]));
	}
	for (int i = 0; i < NR_THREADS; i++) {
		pthread_join(threads[i], NULL);
		EXPECT_EQ(0, crowd.bad[i]);
	}
	info = map_info(&self->s);
	EXPECT_EQ(0, info.held);
	if (counts_mappings())
		EXPECT_LE(info.mappings, ENTRIES_AROUND(variant->entry));
	EXPECT_LE(crowd.rounds, info.faults_pte + info.faults_pmd + info.faults_pud);
	FINISH();
}

TEST_HARNESS_MAIN
