// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the pools of bounce_core: the reserve and the shares of it, the limit on the
 * bytes in flight, folios that still have another reference, and calls that fail, which
 * must leave the bio and the iter as they were.
 */
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/mman.h>

#include "bounce_kunit.h"

static int write_user(struct kunit *test, struct bio **biop, struct iov_iter *iter, size_t len,
		      unsigned int flags)
{
	struct ctx *c = test->priv;

	iov_iter_ubuf(iter, ITER_SOURCE, (void __user *)c->user, len);
	*biop = make_bio(iter, true);
	KUNIT_ASSERT_NOT_NULL(test, *biop);
	start_bio(*biop, iter, true);
	return bio_bounce(c->pool, *biop, iter, len, 512, flags);
}

static void bounce_nowait(struct kunit *test)
{
	struct iov_iter iter;
	struct bio *bio;

	fail_percent = 100;
	KUNIT_EXPECT_EQ(test, write_user(test, &bio, &iter, SZ_64K, BOUNCE_NOWAIT), -EAGAIN);
	KUNIT_EXPECT_EQ(test, iov_iter_count(&iter), SZ_64K);
	KUNIT_EXPECT_EQ(test, stats_of(test).reserve_uses, 0);
	kfree(bio);
}

static void end_write(struct kunit *test, struct bio *bio)
{
	struct ctx *c = test->priv;

	KUNIT_EXPECT_EQ(test, bio_unbounce(c->pool, bio, false, false), 0);
	kfree(bio);
}

static void bounce_whole_gets_a_quarter(struct kunit *test)
{
	struct ctx *c = test->priv;
	struct iov_iter iter;
	struct bio *bio;

	fail_percent = 100;
	KUNIT_EXPECT_EQ(test, bounce_pool_max_whole(c->pool), MOST);
	KUNIT_EXPECT_EQ(test, write_user(test, &bio, &iter, MOST + 512, BOUNCE_WHOLE), -ENOMEM);
	kfree(bio);
	KUNIT_EXPECT_EQ(test, write_user(test, &bio, &iter, MOST, BOUNCE_WHOLE), 0);
	KUNIT_EXPECT_EQ(test, bio->bi_iter.bi_size, MOST);
	end_write(test, bio);
	/* Without BOUNCE_WHOLE it gets a part. */
	KUNIT_EXPECT_EQ(test, write_user(test, &bio, &iter, RESERVE, 0), 0);
	KUNIT_EXPECT_EQ(test, bio->bi_iter.bi_size, MOST);
	KUNIT_EXPECT_EQ(test, iov_iter_count(&iter), RESERVE - MOST);
	end_write(test, bio);
}

/* The last quarter is for swap-out. */
static void bounce_swap_has_a_share(struct kunit *test)
{
	struct bio *bio[4];
	struct iov_iter iter;
	int i;

	fail_percent = 100;
	for (i = 0; i < 3; i++)
		KUNIT_ASSERT_EQ(test, write_user(test, &bio[i], &iter, MOST, BOUNCE_WHOLE), 0);
	KUNIT_EXPECT_EQ(test, stats_of(test).reserve_waits, 0);
	/* Without BOUNCE_SWAP this would sleep until one of the three bios has ended. */
	KUNIT_EXPECT_EQ(test, 0, write_user(test, &bio[3], &iter, MOST,
					    BOUNCE_WHOLE | BOUNCE_SWAP));
	KUNIT_EXPECT_EQ(test, stats_of(test).reserve_waits, 0);
	for (i = 0; i < 4; i++)
		end_write(test, bio[i]);
}

/* Above the limit bio_bounce() uses the reserve, or with BOUNCE_NOWAIT returns -EAGAIN. */
static void bounce_inflight_limit(struct kunit *test)
{
	struct ctx *c = test->priv;
	struct bio *bio[2];
	struct iov_iter iter;

	bounce_pool_set_max_inflight(c->pool, SZ_64K);
	KUNIT_ASSERT_EQ(test, write_user(test, &bio[0], &iter, SZ_64K, BOUNCE_WHOLE), 0);
	KUNIT_EXPECT_EQ(test, stats_of(test).inflight_bytes, SZ_64K);
	KUNIT_EXPECT_EQ(test, stats_of(test).reserve_uses, 0);
	KUNIT_EXPECT_EQ(test, write_user(test, &bio[1], &iter, PAGE_SIZE, BOUNCE_NOWAIT), -EAGAIN);
	kfree(bio[1]);
	KUNIT_EXPECT_EQ(test, write_user(test, &bio[1], &iter, PAGE_SIZE, 0), 0);
	KUNIT_EXPECT_EQ(test, stats_of(test).reserve_uses, 1);
	KUNIT_EXPECT_EQ(test, stats_of(test).over_limit, 2);
	KUNIT_EXPECT_EQ(test, stats_of(test).inflight_bytes, SZ_64K);
	end_write(test, bio[1]);
	end_write(test, bio[0]);
	KUNIT_EXPECT_EQ(test, stats_of(test).inflight_bytes, 0);
	KUNIT_EXPECT_EQ(test, write_user(test, &bio[0], &iter, SZ_64K, BOUNCE_NOWAIT), 0);
	end_write(test, bio[0]);
}

/* A folio that has another reference is not given out again. */
static void not_reused(struct kunit *test, unsigned int percent)
{
	struct folio *held;
	struct iov_iter iter;
	struct bio *bio[4];
	int i;

	fail_percent = percent;
	KUNIT_ASSERT_EQ(test, write_user(test, &bio[0], &iter, PAGE_SIZE, 0), 0);
	held = bvec_folio(&bio[0]->bi_io_vec[0]);
	folio_get(held);
	end_write(test, bio[0]);
	for (i = 0; i < 3; i++) {
		KUNIT_ASSERT_EQ(test, write_user(test, &bio[i], &iter, PAGE_SIZE, 0), 0);
		KUNIT_EXPECT_PTR_NE(test, bvec_folio(&bio[i]->bi_io_vec[0]), held);
	}
	for (i = 0; i < 3; i++)
		end_write(test, bio[i]);
	folio_put(held);
}

static void bounce_held_folio_is_not_reused(struct kunit *test)
{
	not_reused(test, 0);
	KUNIT_EXPECT_EQ(test, stats_of(test).held_folios, 0);
}

static void bounce_held_reserve_is_not_reused(struct kunit *test)
{
	struct iov_iter iter;
	struct bio *bio[4];
	int i;

	not_reused(test, 100);
	KUNIT_EXPECT_EQ(test, stats_of(test).held_folios, 1);
	/* not_reused() dropped its reference: the reserve has all its blocks again. */
	for (i = 0; i < 4; i++)
		KUNIT_ASSERT_EQ(test, 0, write_user(test, &bio[i], &iter, MOST,
						    BOUNCE_WHOLE | BOUNCE_SWAP));
	KUNIT_EXPECT_EQ(test, stats_of(test).reserve_waits, 0);
	for (i = 0; i < 4; i++)
		end_write(test, bio[i]);
}

/* A copy that ends early is an I/O error, of a write and of a read. */
static void bounce_short_copy(struct kunit *test)
{
	struct ctx *c = test->priv;
	struct iov_iter iter;
	struct bio_vec bv;
	struct bio *bio;

	bvec_set_page(&bv, c->pages[0], PAGE_SIZE, 0);
	short_percent = 100;
	iov_iter_bvec(&iter, ITER_SOURCE, &bv, 1, PAGE_SIZE);
	bio = make_bio(&iter, true);
	KUNIT_ASSERT_NOT_NULL(test, bio);
	start_bio(bio, &iter, true);
	KUNIT_EXPECT_EQ(test, bio_bounce(c->pool, bio, &iter, SIZE_MAX, 512, 0), -EIO);
	KUNIT_EXPECT_EQ(test, iov_iter_count(&iter), PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, bio->bi_vcnt, 0);
	kfree(bio);

	iov_iter_bvec(&iter, ITER_DEST, &bv, 1, PAGE_SIZE);
	bio = make_bio(&iter, false);
	KUNIT_ASSERT_NOT_NULL(test, bio);
	start_bio(bio, &iter, false);
	KUNIT_EXPECT_EQ(test, bio_bounce(c->pool, bio, &iter, SIZE_MAX, 512, 0), 0);
	KUNIT_EXPECT_EQ(test, bio_unbounce(c->pool, bio, false, false), -EIO);
	KUNIT_EXPECT_EQ(test, bio->bi_status, BLK_STS_IOERR);
	KUNIT_EXPECT_EQ(test, stats_of(test).short_copies, 2);
	kfree(bio);
}

static void bounce_params(struct kunit *test)
{
	static const struct bounce_pool_params bad[] = {
		{ .reserve = 0, .minsize = 512 },
		{ .reserve = SZ_64K, .minsize = 0 },
		{ .reserve = SZ_64K, .minsize = 513 },
		{ .reserve = 511, .minsize = 512 },
		{ .reserve = SZ_4M, .minsize = SZ_2M },
	};
	struct ctx *c = test->priv;
	int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ(test, -EINVAL,
				PTR_ERR_OR_ZERO(bounce_pool_create("bad", &bad[i])));
	KUNIT_EXPECT_EQ(test, bounce_pool_set_reserve(c->pool, 511), -EINVAL);
	KUNIT_EXPECT_EQ(test, bounce_pool_max_whole(c->pool), MOST);
}

/* The reserve shrinks and grows while a bio has blocks of it. */
static void bounce_reserve_resized(struct kunit *test)
{
	struct ctx *c = test->priv;
	struct iov_iter iter;
	struct bio *bio;

	fail_percent = 100;
	KUNIT_ASSERT_EQ(test, write_user(test, &bio, &iter, MOST, BOUNCE_WHOLE), 0);
	KUNIT_EXPECT_EQ(test, bounce_pool_set_reserve(c->pool, PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, bounce_pool_max_whole(c->pool), PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, bounce_pool_set_reserve(c->pool, 4 * RESERVE), 0);
	KUNIT_EXPECT_EQ(test, bounce_pool_max_whole(c->pool), RESERVE);
	end_write(test, bio);
	KUNIT_EXPECT_EQ(test, write_user(test, &bio, &iter, RESERVE, BOUNCE_WHOLE), 0);
	KUNIT_EXPECT_EQ(test, bounce_pool_set_reserve(c->pool, RESERVE), 0);
	end_write(test, bio);
	KUNIT_EXPECT_EQ(test, write_user(test, &bio, &iter, RESERVE, 0), 0);
	KUNIT_EXPECT_EQ(test, bio->bi_iter.bi_size, MOST);
	end_write(test, bio);
}

static void bounce_efault_undone(struct kunit *test)
{
	struct ctx *c = test->priv;
	struct iov_iter iter;
	struct bio *bio;
	size_t part;

	for (part = PAGE_SIZE; part < SZ_1M; part *= 2) {
		/* Only the first @part bytes are there. */
		KUNIT_ASSERT_EQ(test, vm_munmap(c->user + SZ_1M, PAGE_SIZE), 0);
		iov_iter_ubuf(&iter, ITER_SOURCE, user_at(c, SZ_1M - part), 2 * part);
		bio = make_bio(&iter, true);
		start_bio(bio, &iter, true);
		KUNIT_EXPECT_EQ(test, -EFAULT,
				bio_bounce(c->pool, bio, &iter, SZ_2M, 512, 0));
		KUNIT_EXPECT_EQ(test, iov_iter_count(&iter), 2 * part);
		KUNIT_EXPECT_EQ(test, bio->bi_vcnt, 0);
		kfree(bio);
	}
}

/* bio_bounce() unpins all pages behind the last whole block of a read. */
static void bounce_read_trimmed(struct kunit *test)
{
	struct ctx *c = test->priv;
	struct page *page[6];
	struct iov_iter iter;
	struct bio *bio;
	int before[6], i;

	KUNIT_ASSERT_EQ(test, clear_user((void __user *)c->user, 6 * PAGE_SIZE), 0);
	KUNIT_ASSERT_EQ(test, get_user_pages_fast(c->user, 6, FOLL_WRITE, page), 6);
	KUNIT_ASSERT_EQ(test, vm_munmap(c->user + 6 * PAGE_SIZE, PAGE_SIZE), 0);
	for (i = 0; i < 6; i++)
		before[i] = page_count(page[i]);
	iov_iter_ubuf(&iter, ITER_DEST, (void __user *)c->user, 8 * PAGE_SIZE);
	bio = make_bio(&iter, false);
	start_bio(bio, &iter, false);
	KUNIT_EXPECT_EQ(test, 0, bio_bounce(c->pool, bio, &iter, SZ_1M, 4 * PAGE_SIZE, 0));
	KUNIT_EXPECT_EQ(test, bio->bi_iter.bi_size, 4 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, bio->bi_io_vec[0].bv_len, 4 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, iov_iter_count(&iter), 4 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, page_count(page[4]), before[4]);
	bio_unbounce(c->pool, bio, false, true);
	for (i = 0; i < 6; i++) {
		KUNIT_EXPECT_EQ(test, page_count(page[i]), before[i]);
		put_page(page[i]);
	}
	kfree(bio);
}

struct ender {
	struct bounce_pool *pool;
	struct bio *bio;
	struct completion done;
};

static int end_later(void *data)
{
	struct ender *e = data;

	msleep(50);
	bio_unbounce(e->pool, e->bio, false, false);
	complete(&e->done);
	return 0;
}

/* A task that waits for the reserve gets the blocks of a bio that ends meanwhile. */
static void bounce_reserve_waits(struct kunit *test)
{
	struct ctx *c = test->priv;
	struct ender e = { .pool = c->pool };
	struct task_struct *task;
	struct iov_iter iter;
	struct bio *bio[3];
	int i;

	fail_percent = 100;
	init_completion(&e.done);
	for (i = 0; i < 3; i++)
		KUNIT_ASSERT_EQ(test, write_user(test, &bio[i], &iter, MOST, BOUNCE_WHOLE), 0);
	e.bio = bio[0];
	task = kthread_run(end_later, &e, "bounce_kunit");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	KUNIT_EXPECT_EQ(test, write_user(test, &bio[0], &iter, MOST, BOUNCE_WHOLE), 0);
	KUNIT_EXPECT_EQ(test, stats_of(test).reserve_waits, 1);
	wait_for_completion(&e.done);
	kfree(e.bio);
	for (i = 0; i < 3; i++)
		end_write(test, bio[i]);
}

/* Blocks that come back to a reserve which has been made smaller are not given out again. */
static void bounce_reserve_stays_small(struct kunit *test)
{
	struct ctx *c = test->priv;
	struct ender e = { .pool = c->pool };
	struct task_struct *task;
	struct iov_iter iter;
	struct bio *bio;

	fail_percent = 100;
	init_completion(&e.done);
	KUNIT_ASSERT_EQ(test, write_user(test, &bio, &iter, MOST, BOUNCE_WHOLE), 0);
	KUNIT_ASSERT_EQ(test, bounce_pool_set_reserve(c->pool, PAGE_SIZE), 0);
	end_write(test, bio);
	KUNIT_ASSERT_EQ(test, write_user(test, &e.bio, &iter, PAGE_SIZE, 0), 0);
	task = kthread_run(end_later, &e, "bounce_kunit");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	KUNIT_EXPECT_EQ(test, write_user(test, &bio, &iter, PAGE_SIZE, 0), 0);
	KUNIT_EXPECT_EQ(test, stats_of(test).reserve_waits, 1);
	wait_for_completion(&e.done);
	kfree(e.bio);
	end_write(test, bio);
}

static int raise_later(void *data)
{
	struct ender *e = data;

	msleep(50);
	bounce_pool_set_max_inflight(e->pool, SZ_1M);
	complete(&e->done);
	return 0;
}

/* A task that waits for the reserve, as there is too much in flight, goes on without it. */
static void bounce_inflight_limit_raised(struct kunit *test)
{
	struct ctx *c = test->priv;
	struct ender e = { .pool = c->pool };
	struct task_struct *task;
	struct iov_iter iter;
	struct bio *bio[5];
	int i;

	init_completion(&e.done);
	bounce_pool_set_max_inflight(c->pool, SZ_64K);
	KUNIT_ASSERT_EQ(test, write_user(test, &bio[0], &iter, SZ_64K, BOUNCE_WHOLE), 0);
	for (i = 1; i < 4; i++)
		KUNIT_ASSERT_EQ(test, write_user(test, &bio[i], &iter, MOST, BOUNCE_WHOLE), 0);
	KUNIT_EXPECT_EQ(test, stats_of(test).reserve_waits, 0);
	task = kthread_run(raise_later, &e, "bounce_kunit");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	KUNIT_EXPECT_EQ(test, write_user(test, &bio[4], &iter, MOST, BOUNCE_WHOLE), 0);
	KUNIT_EXPECT_EQ(test, stats_of(test).reserve_waits, 1);
	KUNIT_EXPECT_EQ(test, stats_of(test).reserve_uses, 3);
	KUNIT_EXPECT_EQ(test, stats_of(test).inflight_bytes, SZ_64K + MOST);
	wait_for_completion(&e.done);
	for (i = 0; i < 5; i++)
		end_write(test, bio[i]);
}

struct kunit_case bounce_pool_cases[] = {
	KUNIT_CASE(bounce_nowait),
	KUNIT_CASE(bounce_whole_gets_a_quarter),
	KUNIT_CASE(bounce_swap_has_a_share),
	KUNIT_CASE(bounce_inflight_limit),
	KUNIT_CASE(bounce_inflight_limit_raised),
	KUNIT_CASE(bounce_held_folio_is_not_reused),
	KUNIT_CASE(bounce_held_reserve_is_not_reused),
	KUNIT_CASE(bounce_short_copy),
	KUNIT_CASE(bounce_params),
	KUNIT_CASE(bounce_reserve_resized),
	KUNIT_CASE(bounce_efault_undone),
	KUNIT_CASE(bounce_read_trimmed),
	KUNIT_CASE(bounce_reserve_waits),
	KUNIT_CASE(bounce_reserve_stays_small),
	{}
};
