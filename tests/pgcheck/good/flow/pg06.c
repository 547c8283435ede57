// SPDX-License-Identifier: GPL-2.0
/* Pages of users that nobody gives back, and iterators in the wrong place. Nothing here may be reported. */

static int get_all(struct ctx *t, unsigned long ua, int nr)
{
	int got = pin_user_pages_fast(ua, nr, FOLL_WRITE, t->pages);

	if (got < nr) {
		if (got > 0)
			unpin_user_pages(t->pages, got);
		return got < 0 ? got : -EFAULT;
	}
	t->nr = nr;
	return 0;
}

static int get_old(unsigned long ua, int nr, struct page **pg)
{
	int i, got = get_user_pages_fast(ua, nr, 0, pg);

	if (got < nr) {
		for (i = 0; i < got; i++)
			put_page(pg[i]);
		return -EFAULT;
	}
	return 0;
}

static int one_fast(unsigned long ua, struct page **pp)
{
	int rc;

	rc = get_user_pages_fast(ua, 1, FOLL_WRITE, pp);
	if (rc != 1)
		return -EFAULT;
	return 0;
}

static void um_release(struct um *u)
{
	unpin_user_pages(u->pages, u->n);
	kvfree(u->pages);
}
static int um_get(struct um *u, unsigned long ua, int n)
{
	int rc;

	rc = pin_user_pages_fast(ua, n, FOLL_WRITE, u->pages);
	if (rc < 0)
		return rc;
	u->n = rc;
	if (rc != n) {
		um_release(u);
		return -EFAULT;
	}
	return 0;
}

static int um2(struct um *u, unsigned long ua, int n)
{
	struct page **p = kvcalloc(n, sizeof(*p), GFP_KERNEL);
	int got, ret = -ENOMEM;

	if (!p)
		return -ENOMEM;
	got = pin_user_pages_fast(ua, n, 0, p);
	if (got != n) {
		ret = got < 0 ? got : -EFAULT;
		goto err;
	}
	if (sg_alloc_table_from_pages(&u->st, p, n, 0, (size_t)n << PAGE_SHIFT, GFP_KERNEL))
		goto err;
	u->pages = p;
	return 0;
err:
	if (got > 0)
		unpin_user_pages(p, got);
	kvfree(p);
	return ret;
}

static void drop(struct sg_table *st)
{
	struct scatterlist *sg;
	int i;

	for_each_sgtable_sg(st, sg, i)
		unpin_user_page_range_dirty_lock(sg_page(sg), DIV_ROUND_UP(sg->length, PAGE_SIZE), true);
}

static void drop_bio(struct bio *bio)
{
	struct bvec_iter_all iter;
	struct bio_vec *bv;

	bio_for_each_segment_all(bv, bio, iter)
		unpin_user_page(bv->bv_page);
}

static ssize_t send2(struct conn *c, struct iov_iter *it)
{
	struct page *pages[16];
	size_t off;
	ssize_t n = iov_iter_get_pages2(it, pages, SZ_64K, 16, &off), sent;

	if (n <= 0)
		return n;
	sent = conn_send(c, pages, off, n);
	if (sent < n)
		iov_iter_revert(it, n - max_t(ssize_t, sent, 0));
	put_pages_array(pages, DIV_ROUND_UP(off + n, PAGE_SIZE));
	return sent;
}
