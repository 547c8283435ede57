// SPDX-License-Identifier: GPL-2.0
/*
 * bounce_core against iov_iters of every kind, and, on a kernel that exports them,
 * against the block layer's helpers: those are the oracle.
 */
#include "bounce_kunit.h"

#define ROUNDS 2000

#ifdef HAVE_ORACLE
/* The kernel's helper, given the same, has taken as much, in the same place. */
static void ask_oracle(struct kunit *test, struct source *s, struct bio *ours, int ret,
		       size_t maxlen, size_t block, bool write)
{
	struct ctx *c = test->priv;
	struct iov_iter iter;
	struct bio *bio;
	int theirs;

	make_iter(c, s, &iter, write);
	bio = make_bio(&iter, write);
	KUNIT_ASSERT_NOT_NULL(test, bio);
	start_bio(bio, &iter, write);
	theirs = bio_iov_iter_bounce(bio, &iter, maxlen, block);
	KUNIT_EXPECT_EQ(test, theirs == 0, ret == 0);
	if (theirs) {
		kfree(bio);
		return;
	}
	if (!ret) {
		/*
		 * bio_bounce() gets at least as much data into the vecs, unless this
		 * is a read with BIO_MAX_VECS: the folios of a read need some of them.
		 */
		if (write || ours->bi_max_vecs < BIO_MAX_VECS)
			KUNIT_EXPECT_GE(test, ours->bi_iter.bi_size, bio->bi_iter.bi_size);
		if (write)
			KUNIT_EXPECT_TRUE(test, same_as_bio(c, s, bio, bio->bi_iter.bi_size));
	}
	/* bio_bounce() copies the bvecs of an iter, and the helper may split them. */
	if (!ret && !write && s->kind != BVEC &&
	    ours->bi_iter.bi_size == bio->bi_iter.bi_size) {
		KUNIT_EXPECT_MEMEQ(test, ours->bi_io_vec + ours->bi_vcnt, bio->bi_io_vec + 1,
				   bio->bi_vcnt * sizeof(struct bio_vec));
		KUNIT_EXPECT_EQ(test, bio_flagged(ours, BIO_PAGE_PINNED),
				bio_flagged(bio, BIO_PAGE_PINNED));
	}
	bio_iov_iter_unbounce(bio, true, false);
	bio_uninit(bio);
	kfree(bio);
}
#else
static void ask_oracle(struct kunit *test, struct source *s, struct bio *ours, int ret,
		       size_t maxlen, size_t block, bool write)
{
}
#endif

static void check_end(struct kunit *test, struct source *s, struct bio *bio, bool write, u8 *tmp)
{
	struct ctx *c = test->priv;
	bool error = !below(4);

	if (!write) {
		KUNIT_EXPECT_TRUE(test, is_clear(bio));
		/* What the device reads here must not be seen in the next bio. */
		if (!error)
			device_reads(c, s, bio, 0);
	}
	KUNIT_EXPECT_EQ(test, bio_unbounce(c->pool, bio, error, is_user(s)), 0);
	KUNIT_EXPECT_TRUE(test, area_is(c, s, tmp));
}

/*
 * A part, from a multiple of @block on, of a bio with bvecs, the way a stacking
 * driver does it.
 */
static void bounce_part(struct kunit *test, struct source *s, size_t block, bool write, u8 *tmp)
{
	size_t total = round_down(s->len, block), skip;
	blk_opf_t op = write ? REQ_OP_WRITE : REQ_OP_READ;
	struct ctx *c = test->priv;
	struct bio orig, *bio;
	struct bvec_iter part;
	unsigned short nr;
	int ret;

	if (!total)
		return;
	skip = block * below(total / block);
	bio_init(&orig, NULL, s->bvec, s->nr, op);
	orig.bi_vcnt = s->nr;
	part = (struct bvec_iter){ .bi_size = total };
	bio_advance_iter(&orig, &part, skip);
	nr = bio_bounce_bio_nr_vecs(c->pool, part.bi_size, 0);
	bio = bio_kmalloc(nr, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, bio);
	bio_init_inline(bio, NULL, nr, op);

	ret = bio_bounce_bio(c->pool, bio, &orig, &part, SIZE_MAX, block, 0);
	KUNIT_EXPECT_EQ(test, ret, 0);
	if (!ret) {
		bool error = !below(4);

		KUNIT_EXPECT_GT(test, part.bi_size, 0);
		KUNIT_EXPECT_LE(test, part.bi_size, total - skip);
		KUNIT_EXPECT_EQ(test, part.bi_size, bio->bi_iter.bi_size);
		KUNIT_EXPECT_EQ(test, part.bi_size % block, 0);
		if (!write)
			KUNIT_EXPECT_TRUE(test, is_clear(bio));
		if (!write && !error)
			device_reads(c, s, bio, skip);
		if (write && !skip)
			KUNIT_EXPECT_TRUE(test, same_as_bio(c, s, bio, part.bi_size));
		ret = bio_unbounce_bio(c->pool, bio, &orig, part, error);
		KUNIT_EXPECT_EQ(test, ret, 0);
		KUNIT_EXPECT_TRUE(test, area_is(c, s, tmp));
	}
	bio_uninit(bio);
	kfree(bio);
}

static void one_round(struct kunit *test, struct source *s, u8 *tmp, bool oracle)
{
	struct ctx *c = test->priv;
	bool write = below(2), whole = !below(8);
	size_t block = 512 << below(6), maxlen = SZ_1K * (1 + below(3072));
	struct iov_iter iter;
	size_t total, done;
	struct bio *bio;
	int ret;

	make_source(c, s, below(2) ? 512 : 1 + below(64));
	fill(test, s);
	make_iter(c, s, &iter, write);
	maxlen = round_down(maxlen, block) ?: block;
	total = round_down(min(maxlen, s->len), block);
	bio = make_bio(&iter, write);
	KUNIT_ASSERT_NOT_NULL(test, bio);
	start_bio(bio, &iter, write);

	ret = bio_bounce(c->pool, bio, &iter, maxlen, block, whole ? BOUNCE_WHOLE : 0);
	done = s->len - iov_iter_count(&iter);
	if (ret) {
		KUNIT_EXPECT_EQ(test, done, 0);
		KUNIT_EXPECT_EQ(test, bio->bi_vcnt, 0);
		/* Too few vecs for a block, or for all. */
		KUNIT_EXPECT_TRUE(test, !total || whole || block > PAGE_SIZE || !write);
	} else {
		KUNIT_EXPECT_EQ(test, done, bio->bi_iter.bi_size);
		KUNIT_EXPECT_GT(test, done, 0);
		KUNIT_EXPECT_LE(test, done, total);
		KUNIT_EXPECT_EQ(test, done % block, 0);
		if (whole)
			KUNIT_EXPECT_EQ(test, done, total);
		if (write)
			KUNIT_EXPECT_TRUE(test, same_as_bio(c, s, bio, done));
	}
	/* The helper does not know BOUNCE_WHOLE, and needs one block at least. */
	if (oracle && total && !whole)
		ask_oracle(test, s, bio, ret, maxlen, block, write);
	if (!ret)
		check_end(test, s, bio, write, tmp);
	bio_uninit(bio);
	kfree(bio);
	if (s->kind == BVEC)
		bounce_part(test, s, block, write, tmp);
}

static void rounds(struct kunit *test, unsigned int count, bool oracle)
{
	struct source *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	u8 *tmp = kvmalloc(AREA, GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, s);
	KUNIT_ASSERT_NOT_NULL(test, tmp);
	for (i = 0; i < count && test->status == KUNIT_SUCCESS; i++) {
		one_round(test, s, tmp, oracle);
		cond_resched();
	}
	kunit_info(test, "%u times\n", i);
	kvfree(tmp);
}

static void bounce_random_iters(struct kunit *test)
{
	rounds(test, ROUNDS, true);
}

static void bounce_random_iters_some_memory(struct kunit *test)
{
	fail_percent = 60;
	rounds(test, ROUNDS / 4, false);
}

static void bounce_random_iters_no_memory(struct kunit *test)
{
	fail_percent = 100;
	rounds(test, ROUNDS / 4, false);
	KUNIT_EXPECT_GT(test, stats_of(test).reserve_uses, 0);
}

struct kunit_case bounce_iter_cases[] = {
	KUNIT_CASE_SLOW(bounce_random_iters),
	KUNIT_CASE_SLOW(bounce_random_iters_some_memory),
	KUNIT_CASE_SLOW(bounce_random_iters_no_memory),
	{}
};
