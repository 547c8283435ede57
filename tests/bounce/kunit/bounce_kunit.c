// SPDX-License-Identifier: GPL-2.0
/*
 * The bounce core against iov_iters of every kind, and, on a kernel that exports
 * them, against the block layer's helpers: those are the oracle. The core is part
 * of this module, so that its allocations can be made to fail.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/mman.h>
#include <linux/prandom.h>
#include <linux/vmalloc.h>

#include "../../../drivers/bounce_blk/bounce.c"
#include "../../../drivers/bounce_blk/mem.c"

#define AREA		SZ_2M
#define MAX_SEGS	64
#define ROUNDS		2000
#define RESERVE		SZ_64K

/* Per cent of allocations that fail; see inject.h. */
static unsigned int fail_percent;
static struct rnd_state rnd;

bool bounce_inject_alloc(unsigned int order)
{
	return fail_percent && prandom_u32_state(&rnd) % 100 < fail_percent;
}

void bounce_inject_delay(void)
{
}

struct ctx {
	struct bounce_mem mem;
	struct bounce_stats __percpu *stats;
	u8 *kernel;			/* AREA bytes, vmalloc */
	struct page **pages;		/* of @kernel */
	unsigned long user;		/* AREA bytes */
	u8 *expect;			/* AREA bytes */
	u8 *noise;			/* AREA + PAGE_SIZE bytes, never changed */
};

/* One iov_iter and the memory it describes. */
struct source {
	unsigned int kind;
	unsigned int nr;
	size_t len;
	size_t span;					/* bytes of the area compared */
	size_t start[MAX_SEGS], length[MAX_SEGS];	/* in the area */
	union {
		struct iovec iov[MAX_SEGS];
		struct kvec kvec[MAX_SEGS];
		struct bio_vec bvec[MAX_SEGS];
	};
};

enum { UBUF, IOVEC, KVEC, BVEC, NR_KINDS };

static u32 below(u32 n)
{
	return prandom_u32_state(&rnd) % n;
}

static int bounce_test_init(struct kunit *test)
{
	struct ctx *c = kunit_kzalloc(test, sizeof(*c), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, c);
	test->priv = c;
	fail_percent = 0;
	prandom_seed_state(&rnd, 20260101);
	c->stats = alloc_percpu(struct bounce_stats);
	c->kernel = vmalloc(AREA);
	c->expect = vmalloc(AREA);
	c->pages = kunit_kcalloc(test, AREA / PAGE_SIZE, sizeof(*c->pages), GFP_KERNEL);
	c->noise = vmalloc(AREA + PAGE_SIZE);
	KUNIT_ASSERT_TRUE(test, c->stats && c->kernel && c->expect && c->noise && c->pages);
	prandom_bytes_state(&rnd, c->noise, AREA + PAGE_SIZE);
	for (i = 0; i < AREA / PAGE_SIZE; i++)
		c->pages[i] = vmalloc_to_page(c->kernel + i * PAGE_SIZE);
	c->user = kunit_vm_mmap(test, NULL, 0, AREA, PROT_READ | PROT_WRITE,
				MAP_ANONYMOUS | MAP_PRIVATE, 0);
	KUNIT_ASSERT_NE(test, c->user, 0);
	KUNIT_ASSERT_EQ(test, bounce_mem_init(&c->mem, "kunit", RESERVE, 512, c->stats), 0);
	return 0;
}

static void bounce_test_exit(struct kunit *test)
{
	struct ctx *c = test->priv;

	KUNIT_EXPECT_EQ(test, c->mem.nr_free, c->mem.nr_reserve);
	bounce_mem_exit(&c->mem);
	vfree(c->noise);
	vfree(c->expect);
	vfree(c->kernel);
	free_percpu(c->stats);
}

static bool is_user(const struct source *s)
{
	return s->kind == UBUF || s->kind == IOVEC;
}

/* Segments that do not overlap, with odd gaps between them; not over a page for bvecs. */
static void make_source(struct ctx *c, struct source *s, unsigned int unit)
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

static void __user *user_at(struct ctx *c, size_t offset)
{
	return (void __user *)(c->user + offset);
}

static void make_iter(struct ctx *c, struct source *s, struct iov_iter *iter, bool write)
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
static void fill(struct kunit *test, const struct source *s)
{
	struct ctx *c = test->priv;

	memcpy(c->expect, c->noise + below(PAGE_SIZE), s->span);
	if (is_user(s))
		KUNIT_ASSERT_EQ(test, copy_to_user((void __user *)c->user, c->expect, s->span), 0);
	else
		memcpy(c->kernel, c->expect, s->span);
}

/* The whole area is as expected. */
static bool area_is(struct ctx *c, const struct source *s, u8 *tmp)
{
	if (!is_user(s))
		return !memcmp(c->kernel, c->expect, s->span);
	return !copy_from_user(tmp, (void __user *)c->user, s->span) &&
		!memcmp(tmp, c->expect, s->span);
}

/* The first @len bytes of the source, in order, are those of the bio's buffer. */
static bool same_as_bio(struct ctx *c, const struct source *s, struct bio *bio, size_t len)
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

/* Plays the device's read: fills the bio's buffer and, as the model, @expect. */
static void device_reads(struct ctx *c, const struct source *s, struct bio *bio)
{
	u8 *buffer = bvec_virt(&bio->bi_io_vec[0]);
	size_t done = 0, n, len = bio->bi_iter.bi_size;
	unsigned int seg;

	memcpy(buffer, c->noise + below(PAGE_SIZE), len);
	for (seg = 0; done < len; seg++, done += n) {
		n = min(len - done, s->length[seg]);
		memcpy(c->expect + s->start[seg], buffer + done, n);
	}
}

static struct bio *make_bio(struct iov_iter *iter, bool write)
{
	blk_opf_t op = write ? REQ_OP_WRITE : REQ_OP_READ;

	return bio_kmalloc(bio_iov_bounce_nr_vecs(iter, op), GFP_KERNEL);
}

static void start_bio(struct bio *bio, struct iov_iter *iter, bool write)
{
	blk_opf_t op = write ? REQ_OP_WRITE : REQ_OP_READ;

	bio_init_inline(bio, NULL, bio_iov_bounce_nr_vecs(iter, op), op);
}

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
		/* Where vecs are scarce, ours gets more into them. */
		KUNIT_EXPECT_GE(test, ours->bi_iter.bi_size, bio->bi_iter.bi_size);
		if (write)
			KUNIT_EXPECT_TRUE(test, same_as_bio(c, s, bio, bio->bi_iter.bi_size));
	}
	/* Ours leaves bvecs whole. */
	if (!ret && !write && s->kind != BVEC &&
	    ours->bi_iter.bi_size == bio->bi_iter.bi_size) {
		KUNIT_EXPECT_EQ(test, ours->bi_vcnt, bio->bi_vcnt);
		KUNIT_EXPECT_MEMEQ(test, ours->bi_io_vec + 1, bio->bi_io_vec + 1,
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

	if (!write && !error)
		device_reads(c, s, bio);
	bounce_iov_iter_end(&c->mem, bio, error, is_user(s));
	KUNIT_EXPECT_TRUE(test, area_is(c, s, tmp));
}

/* Plays the device's read into our folios, from @skip bytes of the source on. */
static void device_fills(struct ctx *c, const struct source *s, struct bio *bio, size_t skip)
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

/*
 * A part, from a multiple of @block on, of a read into bvecs, the way the device does
 * it: the bio has only our folios, and where the data is to go is asked for afterwards.
 */
static void read_part(struct kunit *test, struct source *s, size_t block, u8 *tmp)
{
	size_t total = round_down(s->len, block), skip;
	struct ctx *c = test->priv;
	struct bvec_iter part;
	struct iov_iter to;
	struct bio orig, *bio;
	int ret;

	if (!total)
		return;
	skip = block * below(total / block);
	bio_init(&orig, NULL, s->bvec, s->nr, REQ_OP_READ);
	orig.bi_vcnt = s->nr;
	part = (struct bvec_iter){ .bi_size = total };
	bio_advance_iter(&orig, &part, skip);
	bounce_iter_of(&orig, &part, &to);
	KUNIT_EXPECT_EQ(test, iov_iter_count(&to), total - skip);
	bio = bio_kmalloc(iov_iter_npages(&to, BIO_MAX_VECS), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, bio);
	bio_init_inline(bio, NULL, iov_iter_npages(&to, BIO_MAX_VECS), REQ_OP_READ);

	ret = bounce_read_begin(&c->mem, bio, total - skip, block, BOUNCE_SLEEP);
	KUNIT_EXPECT_EQ(test, ret, 0);
	if (!ret) {
		bool error = !below(4);

		part.bi_size = bio->bi_iter.bi_size;
		KUNIT_EXPECT_GT(test, part.bi_size, 0);
		KUNIT_EXPECT_LE(test, part.bi_size, total - skip);
		KUNIT_EXPECT_EQ(test, part.bi_size % block, 0);
		if (!error)
			device_fills(c, s, bio, skip);
		bounce_iter_of(&orig, &part, &to);
		bounce_read_end(&c->mem, bio, error ? NULL : &to);
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

	ret = bounce_iov_iter(&c->mem, bio, &iter, maxlen, block,
			      whole ? BOUNCE_WHOLE : BOUNCE_SLEEP);
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
	/* The helper fails where it cannot trim; less than a block makes no bio. */
	if (oracle && total && !whole)
		ask_oracle(test, s, bio, ret, maxlen, block, write);
	if (!ret)
		check_end(test, s, bio, write, tmp);
	bio_uninit(bio);
	kfree(bio);
	if (!write && s->kind == BVEC)
		read_part(test, s, block, tmp);
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

static u64 reserve_uses(struct ctx *c)
{
	u64 n = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		n += per_cpu_ptr(c->stats, cpu)->reserve_uses;
	return n;
}

static void bounce_random_iters_no_memory(struct kunit *test)
{
	fail_percent = 100;
	rounds(test, ROUNDS / 4, false);
	KUNIT_EXPECT_GT(test, reserve_uses(test->priv), 0);
}

static int write_user(struct kunit *test, struct bio **biop, struct iov_iter *iter, size_t len,
		      unsigned int how)
{
	struct ctx *c = test->priv;

	iov_iter_ubuf(iter, ITER_SOURCE, (void __user *)c->user, len);
	*biop = make_bio(iter, true);
	KUNIT_ASSERT_NOT_NULL(test, *biop);
	start_bio(*biop, iter, true);
	return bounce_iov_iter(&c->mem, *biop, iter, len, 512, how);
}

static void bounce_nowait(struct kunit *test)
{
	struct ctx *c = test->priv;
	struct iov_iter iter;
	struct bio *bio;

	fail_percent = 100;
	KUNIT_EXPECT_EQ(test, write_user(test, &bio, &iter, SZ_64K, BOUNCE_NOWAIT), -EAGAIN);
	KUNIT_EXPECT_EQ(test, iov_iter_count(&iter), SZ_64K);
	KUNIT_EXPECT_EQ(test, reserve_uses(c), 0);
	kfree(bio);
}

static void bounce_whole_needs_all(struct kunit *test)
{
	struct ctx *c = test->priv;
	struct iov_iter iter;
	struct bio *bio;

	fail_percent = 100;
	KUNIT_EXPECT_EQ(test, write_user(test, &bio, &iter, RESERVE + 512, BOUNCE_WHOLE), -ENOMEM);
	kfree(bio);
	KUNIT_EXPECT_EQ(test, write_user(test, &bio, &iter, RESERVE, BOUNCE_WHOLE), 0);
	KUNIT_EXPECT_EQ(test, bio->bi_iter.bi_size, RESERVE);
	KUNIT_EXPECT_EQ(test, c->mem.nr_free, 0);
	bounce_iov_iter_end(&c->mem, bio, false, false);
	kfree(bio);
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
				bounce_iov_iter(&c->mem, bio, &iter, SZ_2M, 512, BOUNCE_SLEEP));
		KUNIT_EXPECT_EQ(test, iov_iter_count(&iter), 2 * part);
		KUNIT_EXPECT_EQ(test, bio->bi_vcnt, 0);
		kfree(bio);
	}
}

/* Pinned pages that a block has no use for are let go, all of them. */
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
	KUNIT_EXPECT_EQ(test, 0, bounce_iov_iter(&c->mem, bio, &iter, SZ_1M, 4 * PAGE_SIZE,
						 BOUNCE_SLEEP));
	KUNIT_EXPECT_EQ(test, bio->bi_iter.bi_size, 4 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, bio->bi_io_vec[0].bv_len, 4 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, iov_iter_count(&iter), 4 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, page_count(page[4]), before[4]);
	bounce_iov_iter_end(&c->mem, bio, false, true);
	for (i = 0; i < 6; i++) {
		KUNIT_EXPECT_EQ(test, page_count(page[i]), before[i]);
		put_page(page[i]);
	}
	kfree(bio);
}

struct ender {
	struct bounce_mem *mem;
	struct bio *bio;
	struct completion done;
};

static int end_later(void *data)
{
	struct ender *e = data;

	msleep(50);
	bounce_iov_iter_end(e->mem, e->bio, false, false);
	complete(&e->done);
	return 0;
}

/* A large request waits for all I/O that is out, a small one behind it for its turn. */
static void bounce_reserve_waits(struct kunit *test)
{
	struct ctx *c = test->priv;
	struct ender e = { .mem = &c->mem };
	struct task_struct *task;
	struct iov_iter iter;
	struct bio *bio;

	fail_percent = 100;
	init_completion(&e.done);
	KUNIT_ASSERT_EQ(test, write_user(test, &e.bio, &iter, PAGE_SIZE, BOUNCE_SLEEP), 0);
	task = kthread_run(end_later, &e, "bounce_kunit");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	KUNIT_EXPECT_EQ(test, write_user(test, &bio, &iter, RESERVE, BOUNCE_WHOLE), 0);
	KUNIT_EXPECT_EQ(test, bio->bi_iter.bi_size, RESERVE);
	wait_for_completion(&e.done);
	bounce_iov_iter_end(&c->mem, bio, false, false);
	kfree(bio);
	kfree(e.bio);
}

static struct kunit_case bounce_cases[] = {
	KUNIT_CASE_SLOW(bounce_random_iters),
	KUNIT_CASE_SLOW(bounce_random_iters_some_memory),
	KUNIT_CASE_SLOW(bounce_random_iters_no_memory),
	KUNIT_CASE(bounce_nowait),
	KUNIT_CASE(bounce_whole_needs_all),
	KUNIT_CASE(bounce_efault_undone),
	KUNIT_CASE(bounce_read_trimmed),
	KUNIT_CASE(bounce_reserve_waits),
	{}
};

static struct kunit_suite bounce_suite = {
	.name = "bounce_core",
	.init = bounce_test_init,
	.exit = bounce_test_exit,
	.test_cases = bounce_cases,
};

kunit_test_suite(bounce_suite);

MODULE_DESCRIPTION("KUnit tests of bounce_blk's bounce buffers");
MODULE_LICENSE("GPL");
