// SPDX-License-Identifier: GPL-2.0
/*
 * Memory, iov_iters and a device for the KUnit tests of bounce_core, whose allocations
 * and copies fail as often as a test says. What a test expects of its memory is in
 * @expect of struct ctx.
 */
#include <kunit/static_stub.h>
#include <kunit/visibility.h>
#include <linux/mman.h>
#include <linux/prandom.h>
#include <linux/vmalloc.h>

#include "bounce_kunit.h"
#include "inject.h"

unsigned int fail_percent, short_percent;
static struct rnd_state rnd;

static bool fail_alloc(unsigned int order)
{
	return fail_percent && prandom_u32_state(&rnd) % 100 < fail_percent;
}

static bool fail_copy(void)
{
	return short_percent && prandom_u32_state(&rnd) % 100 < short_percent;
}

u32 below(u32 n)
{
	return prandom_u32_state(&rnd) % n;
}

int bounce_test_init(struct kunit *test)
{
	struct bounce_pool_params params = { .reserve = RESERVE, .minsize = 512 };
	struct ctx *c = kunit_kzalloc(test, sizeof(*c), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, c);
	test->priv = c;
	fail_percent = 0;
	short_percent = 0;
	kunit_activate_static_stub(test, bounce_inject_alloc, fail_alloc);
	kunit_activate_static_stub(test, bounce_inject_copy, fail_copy);
	prandom_seed_state(&rnd, 20260101);
	c->kernel = vmalloc(AREA);
	c->expect = vmalloc(AREA);
	c->pages = kunit_kcalloc(test, AREA / PAGE_SIZE, sizeof(*c->pages), GFP_KERNEL);
	c->noise = vmalloc(AREA + PAGE_SIZE);
	KUNIT_ASSERT_TRUE(test, c->kernel && c->expect && c->noise && c->pages);
	prandom_bytes_state(&rnd, c->noise, AREA + PAGE_SIZE);
	for (i = 0; i < AREA / PAGE_SIZE; i++)
		c->pages[i] = vmalloc_to_page(c->kernel + i * PAGE_SIZE);
	c->user = kunit_vm_mmap(test, NULL, 0, AREA, PROT_READ | PROT_WRITE,
				MAP_ANONYMOUS | MAP_PRIVATE, 0);
	KUNIT_ASSERT_NE(test, c->user, 0);
	c->pool = bounce_pool_create("kunit", &params);
	KUNIT_ASSERT_FALSE(test, IS_ERR(c->pool));
	return 0;
}

void bounce_test_exit(struct kunit *test)
{
	struct ctx *c = test->priv;
	struct bounce_pool_stats stats;

	bounce_pool_get_stats(c->pool, &stats);
	KUNIT_EXPECT_EQ(test, stats.inflight_bytes, 0);
	bounce_pool_destroy(c->pool);
	vfree(c->noise);
	vfree(c->expect);
	vfree(c->kernel);
}

bool is_user(const struct source *s)
{
	return s->kind == UBUF || s->kind == IOVEC;
}

/* Segments that do not overlap, with odd gaps between them; not over a page for bvecs. */
void make_source(struct ctx *c, struct source *s, unsigned int unit)
{
	size_t at = unit * below(PAGE_SIZE / unit), room = AREA;

	s->kind = below(NR_KINDS);
	s->nr = s->kind == UBUF ? 1 : 1 + below(MAX_SEGS);
	if (below(8))
		room = SZ_256K;
	s->len = 0;
	for (unsigned int i = 0; i < s->nr; i++) {
		size_t most = (room - at) / (s->nr - i), len;

		len = unit * (1 + below(max_t(size_t, most / unit, 2) - 1));
		if (s->kind == BVEC)
			len = min(len, PAGE_SIZE - offset_in_page(at));
		s->start[i] = at;
		s->length[i] = len;
		s->len += len;
		at += len;
		if (below(2) && at + PAGE_SIZE * (s->nr - i) < room)
			at += unit * below(8);
	}
	s->span = min(PAGE_ALIGN(at) + PAGE_SIZE, AREA);
}

void __user *user_at(struct ctx *c, size_t offset)
{
	return (void __user *)(c->user + offset);
}

void make_iter(struct ctx *c, struct source *s, struct iov_iter *iter, bool write)
{
	unsigned int i, dir = write ? ITER_SOURCE : ITER_DEST;

	for (i = 0; i < s->nr; i++) {
		if (s->kind == IOVEC)
			s->iov[i] = (struct iovec){ user_at(c, s->start[i]), s->length[i] };
		else if (s->kind == KVEC)
			s->kvec[i] = (struct kvec){ c->kernel + s->start[i], s->length[i] };
		else if (s->kind == BVEC)
			bvec_set_page(&s->bvec[i], c->pages[s->start[i] / PAGE_SIZE],
				      s->length[i], offset_in_page(s->start[i]));
	}
	if (s->kind == UBUF)
		iov_iter_ubuf(iter, dir, (void __user *)(c->user + s->start[0]), s->len);
	else if (s->kind == IOVEC)
		iov_iter_init(iter, dir, s->iov, s->nr, s->len);
	else if (s->kind == KVEC)
		iov_iter_kvec(iter, dir, s->kvec, s->nr, s->len);
	else
		iov_iter_bvec(iter, dir, s->bvec, s->nr, s->len);
}

/* Fills the memory of the source, differently each time. */
void fill(struct kunit *test, const struct source *s)
{
	struct ctx *c = test->priv;

	memcpy(c->expect, c->noise + below(PAGE_SIZE), s->span);
	if (is_user(s))
		KUNIT_ASSERT_EQ(test, copy_to_user((void __user *)c->user, c->expect, s->span), 0);
	else
		memcpy(c->kernel, c->expect, s->span);
}

/* The whole area is as expected. */
bool area_is(struct ctx *c, const struct source *s, u8 *tmp)
{
	if (!is_user(s))
		return !memcmp(c->kernel, c->expect, s->span);
	return !copy_from_user(tmp, (void __user *)c->user, s->span) &&
		!memcmp(tmp, c->expect, s->span);
}

/* Have the folios of the bio the first @len bytes of the source, in order? */
bool same_as_bio(struct ctx *c, const struct source *s, struct bio *bio, size_t len)
{
	struct bvec_iter iter = { .bi_size = len };
	unsigned int seg = 0;
	size_t skip = 0;
	struct bio_vec bv;

	while (iter.bi_size) {
		void *p;
		unsigned int n;
		bool same;

		bv = bio_iter_iovec(bio, iter);
		n = min_t(size_t, bv.bv_len, s->length[seg] - skip);
		p = bvec_kmap_local(&bv);
		same = !memcmp(p, c->expect + s->start[seg] + skip, n);
		kunmap_local(p);
		if (!same)
			return false;
		bio_advance_iter_single(bio, &iter, n);
		skip += n;
		if (skip == s->length[seg]) {
			skip = 0;
			seg++;
		}
	}
	return true;
}

/*
 * Fills the folios of the bio, as a device does for a read, and @expect, from @skip bytes
 * of the source on, with the same noise.
 */
void device_reads(struct ctx *c, const struct source *s, struct bio *bio,
		  size_t skip)
{
	struct bvec_iter iter = bio->bi_iter;
	unsigned int seg = 0;

	for (; skip >= s->length[seg]; seg++)
		skip -= s->length[seg];
	while (iter.bi_size) {
		struct bio_vec bv = bio_iter_iovec(bio, iter);
		unsigned int n = min_t(size_t, bv.bv_len, s->length[seg] - skip);
		u8 *p = bvec_virt(&bv);

		memcpy(p, c->noise + below(PAGE_SIZE), n);
		memcpy(c->expect + s->start[seg] + skip, p, n);
		bio_advance_iter_single(bio, &iter, n);
		skip += n;
		if (skip == s->length[seg]) {
			skip = 0;
			seg++;
		}
	}
}

/* Are the folios of the bio all zeroes, without data of an earlier bio? */
bool is_clear(struct bio *bio)
{
	struct bvec_iter iter = bio->bi_iter;

	while (iter.bi_size) {
		struct bio_vec bv = bio_iter_iovec(bio, iter);

		if (memchr_inv(bvec_virt(&bv), 0, bv.bv_len))
			return false;
		bio_advance_iter_single(bio, &iter, bv.bv_len);
	}
	return true;
}

struct bio *make_bio(struct iov_iter *iter, bool write)
{
	blk_opf_t op = write ? REQ_OP_WRITE : REQ_OP_READ;

	return bio_kmalloc(bio_bounce_nr_vecs(iter, op), GFP_KERNEL);
}

void start_bio(struct bio *bio, struct iov_iter *iter, bool write)
{
	blk_opf_t op = write ? REQ_OP_WRITE : REQ_OP_READ;

	bio_init_inline(bio, NULL, bio_bounce_nr_vecs(iter, op), op);
}

struct bounce_pool_stats stats_of(struct kunit *test)
{
	struct ctx *c = test->priv;
	struct bounce_pool_stats stats;

	bounce_pool_get_stats(c->pool, &stats);
	return stats;
}
