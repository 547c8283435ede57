// SPDX-License-Identifier: GPL-2.0
/* Bookkeeping of ranges, on addresses without RAM. */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>

#include "vtl0_kunit.h"

static struct vtl0_range *add(struct vtl0_owner *owner, u64 start, u64 length)
{
	struct vtl0_request rq = vtl0_test_request(start, length);
	struct vtl0_conflict conflict;

	return vtl0_test_add(owner, &rq, &conflict);
}

static int remove(u64 start, u64 length)
{
	struct vtl0_span busy;

	return vtl0_remove(BASE + start, length, &busy);
}

static struct vtl0_chunk *find(u64 address)
{
	struct vtl0_chunk *chunk;

	mutex_lock(&vtl0_lock);
	chunk = vtl0_chunk_find(BASE + address);
	mutex_unlock(&vtl0_lock);
	return chunk;
}

static struct vtl0_chunk *next(u64 address)
{
	struct vtl0_chunk *chunk;

	mutex_lock(&vtl0_lock);
	chunk = vtl0_chunk_next(BASE + address);
	mutex_unlock(&vtl0_lock);
	return chunk;
}

/* What nothing keeps goes in the background: wait for it, if it does. */
static bool goes(struct vtl0_chunk *(*look)(u64 address), u64 address)
{
	unsigned long end = jiffies + 60 * HZ;

	while (look(address) && time_before(jiffies, end))
		msleep(20);
	return !look(address);
}

static void range_exit(struct kunit *test)
{
	vtl0_test_exit(test);
	KUNIT_EXPECT_TRUE_MSG(test, goes(next, 0), "a range was left behind");
}

static void add_find_remove_test(struct kunit *test)
{
	struct owners *o = test->priv;
	struct vtl0_range_info info;
	struct vtl0_range *range = add(o->a, GIB(1), GIB(2));

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, range);
	KUNIT_EXPECT_EQ(test, range->start, BASE + GIB(1));
	KUNIT_EXPECT_EQ(test, range->length, GIB(2));
	KUNIT_EXPECT_EQ(test, range->state, VTL0_STATE_LIVE);
	KUNIT_EXPECT_EQ(test, range->nr_chunks, 1);
	KUNIT_EXPECT_PTR_EQ(test, range->chunks[0].range, range);
	/* every page of it is found, and none beside it */
	KUNIT_EXPECT_NULL(test, find(GIB(1) - 1));
	KUNIT_EXPECT_PTR_EQ(test, find(GIB(1)), &range->chunks[0]);
	KUNIT_EXPECT_PTR_EQ(test, find(GIB(2) + 12345), &range->chunks[0]);
	KUNIT_EXPECT_PTR_EQ(test, find(GIB(3) - 1), &range->chunks[0]);
	KUNIT_EXPECT_NULL(test, find(GIB(3)));

	vtl0_range_info(range, &info);
	KUNIT_EXPECT_EQ(test, info.start, BASE + GIB(1));
	KUNIT_EXPECT_EQ(test, info.owners, 1);
	KUNIT_EXPECT_EQ(test, info.memmap_bytes + info.memmap_saved,
			vtl0_memmap_bytes(&vtl0_geometry, GIB(2), 0));

	KUNIT_EXPECT_EQ(test, remove(GIB(1), GIB(1)), -ENOENT);
	KUNIT_EXPECT_EQ(test, remove(GIB(2), GIB(1)), -ENOENT);
	KUNIT_EXPECT_EQ(test, remove(0, GIB(3)), -ENOENT);
	KUNIT_EXPECT_EQ(test, remove(GIB(1), GIB(2)), 0);
	KUNIT_EXPECT_EQ(test, remove(GIB(1), GIB(2)), -ENOENT);
	KUNIT_EXPECT_NULL(test, find(GIB(2)));
}

static void overlap_test(struct kunit *test)
{
	static const struct {
		u64 start, length, conflict, conflict_length;
	} cases[] = {
		{ MIB(0), MIB(10), MIB(8), MIB(2) },
		{ MIB(14), MIB(10), MIB(14), MIB(2) },
		{ MIB(8), MIB(4), MIB(8), MIB(4) },
		{ MIB(12), MIB(4), MIB(12), MIB(4) },
		{ MIB(10), MIB(2), MIB(10), MIB(2) },
		{ MIB(4), MIB(16), MIB(8), MIB(8) },
		{ MIB(8), MIB(10), MIB(8), MIB(8) },
	};
	struct owners *o = test->priv;
	unsigned int i;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, add(o->a, MIB(8), MIB(8)));
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vtl0_request rq = vtl0_test_request(cases[i].start, cases[i].length);
		struct vtl0_conflict conflict = { };

		KUNIT_EXPECT_PTR_EQ_MSG(test, vtl0_test_add(o->b, &rq, &conflict),
					ERR_PTR(-EEXIST), "case %u", i);
		KUNIT_EXPECT_EQ_MSG(test, conflict.span.start, BASE + cases[i].conflict,
				    "case %u", i);
		KUNIT_EXPECT_EQ_MSG(test, conflict.span.length, cases[i].conflict_length,
				    "case %u", i);
	}
	/* neighbours are none */
	KUNIT_EXPECT_NOT_ERR_OR_NULL(test, add(o->b, MIB(4), MIB(4)));
	KUNIT_EXPECT_NOT_ERR_OR_NULL(test, add(o->b, MIB(16), MIB(4)));
}

static void again_test(struct kunit *test)
{
	struct owners *o = test->priv;
	struct vtl0_request rq = vtl0_test_request(0, MIB(8));
	struct vtl0_conflict conflict = { };
	struct vtl0_range *range = vtl0_test_add(o->a, &rq, &conflict);
	u32 id;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, range);
	id = range->id;
	KUNIT_EXPECT_PTR_EQ(test, vtl0_test_add(o->a, &rq, &conflict), range);
	KUNIT_EXPECT_EQ(test, range->nr_owners, 1);
	KUNIT_EXPECT_PTR_EQ(test, vtl0_test_add(o->b, &rq, &conflict), range);
	KUNIT_EXPECT_EQ(test, range->nr_owners, 2);
	rq.flags = VTL0_ADD_EXCLUSIVE;
	KUNIT_EXPECT_PTR_EQ(test, vtl0_test_add(o->b, &rq, &conflict), ERR_PTR(-EEXIST));
	KUNIT_EXPECT_EQ(test, conflict.mismatch, VTL0_ADD_EXCLUSIVE);
	KUNIT_EXPECT_EQ(test, conflict.span.start, BASE);
	KUNIT_EXPECT_EQ(test, conflict.span.length, MIB(8));
	/* numbers are not used twice */
	rq.flags = 0;
	KUNIT_EXPECT_EQ(test, remove(0, MIB(8)), 0);
	range = vtl0_test_add(o->b, &rq, &conflict);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, range);
	KUNIT_EXPECT_GT(test, range->id, id);
}

static void owners_test(struct kunit *test)
{
	struct owners *o = test->priv;
	struct vtl0_range *range = add(o->a, 0, MIB(8));

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, range);
	KUNIT_ASSERT_PTR_EQ(test, add(o->b, 0, MIB(8)), range);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, add(o->a, MIB(16), MIB(8)));
	vtl0_test_release(&o->a);
	KUNIT_ASSERT_PTR_EQ(test, find(0), &range->chunks[0]);
	KUNIT_EXPECT_EQ(test, range->nr_owners, 1);
	KUNIT_EXPECT_EQ(test, range->state, VTL0_STATE_LIVE);
	KUNIT_EXPECT_TRUE(test, goes(find, MIB(16)));
	vtl0_test_release(&o->b);
	KUNIT_EXPECT_TRUE(test, goes(find, 0));
}

/* Removing a range takes it from its owners as well. */
static void owner_of_removed_test(struct kunit *test)
{
	struct owners *o = test->priv;
	struct vtl0_range *range;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, add(o->a, 0, MIB(8)));
	KUNIT_EXPECT_EQ(test, remove(0, MIB(8)), 0);
	range = add(o->b, 0, MIB(8));
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, range);
	vtl0_test_release(&o->a);
	KUNIT_EXPECT_PTR_EQ(test, find(0), &range->chunks[0]);
}

static void persist_test(struct kunit *test)
{
	struct owners *o = test->priv;
	struct vtl0_request rq = vtl0_test_request(0, MIB(8));
	struct vtl0_conflict conflict;
	struct vtl0_range *range = add(o->a, 0, MIB(8));

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, range);
	KUNIT_EXPECT_FALSE(test, range->persist);
	rq.persist = true;
	KUNIT_EXPECT_PTR_EQ(test, vtl0_test_add(o->b, &rq, &conflict), range);
	KUNIT_EXPECT_TRUE(test, range->persist);
	vtl0_test_release(&o->a);
	vtl0_test_release(&o->b);
	KUNIT_EXPECT_PTR_EQ(test, find(0), &range->chunks[0]);
	KUNIT_EXPECT_EQ(test, remove(0, MIB(8)), 0);
}

static void orders_test(struct kunit *test)
{
	static const struct {
		unsigned int max_order;
		unsigned int order;
	} cases[] = { { UINT_MAX, 18 }, { 18, 18 }, { 17, 9 }, { 9, 9 }, { 8, 0 }, { 0, 0 } };
	struct owners *o = test->priv;
	struct vtl0_conflict conflict;
	unsigned int i;

	if (vtl0_geometry.nr_orders < 3 || vtl0_geometry.orders[1] != 9)
		kunit_skip(test, "not the orders of x86-64");
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vtl0_request rq = vtl0_test_request(0, GIB(1));
		struct vtl0_range *range;

		rq.max_order = cases[i].max_order;
		range = vtl0_test_add(o->a, &rq, &conflict);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, range);
		KUNIT_EXPECT_EQ(test, range->nr_chunks, 1);
		KUNIT_EXPECT_EQ(test, range->chunks[0].piece.order, cases[i].order);
		KUNIT_EXPECT_EQ(test, remove(0, GIB(1)), 0);
	}
}

/* Chunks in the order of their addresses, over gaps and several ranges. */
static void chunks_test(struct kunit *test)
{
	static const u64 starts[] = { MIB(8), MIB(10), MIB(12), MIB(32), MIB(36) };
	struct owners *o = test->priv;
	struct vtl0_request rq = vtl0_test_request(MIB(8), MIB(6));
	struct vtl0_chunk *chunk;
	struct vtl0_conflict conflict;
	unsigned int i;
	u64 pos = 0;

	rq.chunk_length = MIB(2);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, vtl0_test_add(o->a, &rq, &conflict));
	rq = vtl0_test_request(MIB(32), MIB(6));
	rq.chunk_length = MIB(4);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, vtl0_test_add(o->a, &rq, &conflict));
	for (i = 0; i < ARRAY_SIZE(starts); i++) {
		chunk = next(pos);
		KUNIT_ASSERT_NOT_NULL(test, chunk);
		KUNIT_EXPECT_EQ(test, chunk->piece.start, BASE + starts[i]);
		KUNIT_EXPECT_PTR_EQ(test, find(starts[i]), chunk);
		KUNIT_EXPECT_PTR_EQ(test, find(starts[i] + chunk->piece.length - 1), chunk);
		pos = starts[i] + chunk->piece.length;
	}
	KUNIT_EXPECT_NULL(test, next(pos));
}

/* Known before anything is done. */
static void no_memory_test(struct kunit *test)
{
	struct owners *o = test->priv;
	struct vtl0_request rq = vtl0_test_request(0, 1ULL << 43);
	struct vtl0_conflict conflict;

	if (vtl0_check_range(BASE, 1ULL << 43))
		kunit_skip(test, "the processor has too few address bits");
	rq.max_order = 0;
	KUNIT_EXPECT_PTR_EQ(test, vtl0_test_add(o->a, &rq, &conflict), ERR_PTR(-ENOMEM));
	KUNIT_EXPECT_NULL(test, next(0));
}

/* Two threads and a range each; ranges and rounds differ by case. */
struct racer {
	struct vtl0_owner *owner;
	u64 start;
	struct completion begin;
	struct completion end;
	struct vtl0_range *result;
};

#define NR_ROUNDS 32

static int race(void *arg)
{
	struct racer *r = arg;
	unsigned int i;

	for (i = 0; i < NR_ROUNDS; i++) {
		wait_for_completion(&r->begin);
		r->result = add(r->owner, r->start, MIB(8));
		complete(&r->end);
	}
	return 0;
}

static void run_race(struct kunit *test, u64 start0, u64 start1, bool both)
{
	struct owners *o = test->priv;
	struct racer r[2] = {
		{ .owner = o->a, .start = start0 },
		{ .owner = o->b, .start = start1 },
	};
	struct task_struct *task[2];
	unsigned int i, j;

	for (j = 0; j < 2; j++) {
		init_completion(&r[j].begin);
		init_completion(&r[j].end);
		task[j] = kthread_create(race, &r[j], "vtl0_race");
	}
	if (IS_ERR(task[0]) || IS_ERR(task[1])) {
		for (j = 0; j < 2; j++)
			if (!IS_ERR(task[j]))
				kthread_stop(task[j]);
		KUNIT_FAIL_AND_ABORT(test, "cannot create threads");
	}
	for (j = 0; j < 2; j++)
		wake_up_process(task[j]);
	for (i = 0; i < NR_ROUNDS; i++) {
		unsigned int nr = 0;

		for (j = 0; j < 2; j++)
			complete(&r[j].begin);
		for (j = 0; j < 2; j++)
			wait_for_completion(&r[j].end);
		for (j = 0; j < 2; j++) {
			if (IS_ERR(r[j].result))
				KUNIT_EXPECT_PTR_EQ(test, r[j].result, ERR_PTR(-EEXIST));
			else
				nr++;
		}
		KUNIT_EXPECT_EQ(test, nr, both ? 2 : 1);
		for (j = 0; j < nr; j++)
			KUNIT_EXPECT_EQ(test, remove(IS_ERR(r[0].result) ? start1 : start0, MIB(8)),
					j ? -ENOENT : 0);
	}
}

static void race_same_test(struct kunit *test)
{
	run_race(test, 0, 0, true);
}

static void race_overlap_test(struct kunit *test)
{
	run_race(test, 0, MIB(4), false);
}

static struct kunit_case range_tests[] = {
	KUNIT_CASE(add_find_remove_test),
	KUNIT_CASE(overlap_test),
	KUNIT_CASE(again_test),
	KUNIT_CASE(owners_test),
	KUNIT_CASE(owner_of_removed_test),
	KUNIT_CASE(persist_test),
	KUNIT_CASE_SLOW(orders_test),
	KUNIT_CASE(chunks_test),
	KUNIT_CASE(no_memory_test),
	KUNIT_CASE_SLOW(race_same_test),
	KUNIT_CASE_SLOW(race_overlap_test),
	{ }
};

static struct kunit_suite range_suite = {
	.name = "vtl0_range",
	.init = vtl0_test_init,
	.exit = range_exit,
	.test_cases = range_tests,
};

kunit_test_suite(range_suite);
