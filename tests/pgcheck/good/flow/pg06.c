// SPDX-License-Identifier: GPL-2.0
/* User pages that are never released, and iterators in the wrong place. Nothing here may be reported. */

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

static int pin_good(struct umem *u)
{
	int ret, got;

	got = pin_user_pages_fast(u->addr, u->n, FOLL_WRITE, u->list);
	if (got != u->n) {
		ret = got < 0 ? got : -EFAULT;
		goto out;
	}
	ret = sg_alloc_table_from_pages(&u->sgt, u->list, u->n, 0, u->len, GFP_KERNEL);
	if (ret)
		goto out;
	ret = dma_map_sgtable(u->dev, &u->sgt, DMA_BIDIRECTIONAL, 0);
	if (ret)
		goto free;
	return 0;
free:
	sg_free_table(&u->sgt);
out:
	if (got > 0)
		unpin_user_pages(u->list, got);
	return ret;
}

static int pin_loop(struct umem *u)
{
	long done = 0, got;

	while (done < u->n) {
		got = pin_user_pages_fast(u->addr + done * PAGE_SIZE, u->n - done, FOLL_WRITE, u->list + done);
		if (got <= 0)
			goto fail;
		done += got;
	}
	return 0;
fail:
	unpin_user_pages(u->list, done);
	return got ? got : -EFAULT;
}

static void *peek(unsigned long va)
{
	struct page *page;

	if (get_user_pages_fast(va, 1, 0, &page) != 1)
		return NULL;
	return kmap_page_and_keep(page);
}

static ssize_t good_extract(struct ctx *c, struct iov_iter *it)
{
	struct page *pages[8], **p = pages;
	size_t off;
	ssize_t n = iov_iter_extract_pages(it, &p, SZ_32K, 8, 0, &off);
	int ret;

	if (n <= 0)
		return n;
	ret = ctx_send(c, pages, n, off);
	if (iov_iter_extract_will_pin(it))
		unpin_user_pages(pages, DIV_ROUND_UP(off + n, PAGE_SIZE));
	return ret ? ret : n;
}
