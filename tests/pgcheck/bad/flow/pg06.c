// SPDX-License-Identifier: GPL-2.0
/* User pages that are never released, and iterators in the wrong place. Each marked line has to be reported. */

static int get_all(struct task_ctx *t, unsigned long uaddr, int nr)
{
	int got;

	got = pin_user_pages_fast(uaddr, nr, FOLL_WRITE, t->pages);
	if (got != nr)
		return -EFAULT;	/* expect: PG06 */
	t->nr = nr;
	return 0;
}

static int get_buf(unsigned long addr, unsigned int cnt, struct page **pg, int wr)
{
	int ret;

	down_read(&current->mm->mmap_lock);
	ret = get_user_pages(addr, cnt, wr ? FOLL_WRITE : 0, pg);
	up_read(&current->mm->mmap_lock);
	if (ret != cnt)
		return -EINVAL;	/* expect: PG06 */
	return 0;
}

static int dma_xfer(struct dev_ctx *dev, unsigned long ua, size_t len)
{
	int n = DIV_ROUND_UP(offset_in_page(ua) + len, PAGE_SIZE);
	struct page **pages;
	struct sg_table sgt;
	int rc;

	pages = kcalloc(n, sizeof(*pages), GFP_KERNEL);
	if (!pages)
		return -ENOMEM;
	rc = pin_user_pages_fast(ua, n, FOLL_WRITE, pages);
	if (rc < 0)
		goto free;
	if (rc < n) {
		unpin_user_pages(pages, rc);
		rc = -EFAULT;
		goto free;
	}
	rc = sg_alloc_table_from_pages(&sgt, pages, n, offset_in_page(ua), len, GFP_KERNEL);
	if (rc)	/* expect: PG06 */
		goto free;
	rc = run_dma(dev, &sgt);
	sg_free_table(&sgt);
	unpin_user_pages(pages, n);
free:
	kfree(pages);
	return rc;
}

static int pin_chunks(struct um *um, unsigned long at, long left)
{
	struct page **list = (struct page **)__get_free_page(GFP_KERNEL);
	long got, done = 0;
	int err = 0;

	if (!list)
		return -ENOMEM;
	while (left) {
		got = pin_user_pages(at, min_t(long, left, 512), FOLL_LONGTERM, list);
		if (got < 0) {
			err = got;	/* expect: PG06 */
			goto out;
		}
		memcpy(um->all + done, list, got * sizeof(*list));
		done += got;
		left -= got;
		at += got * PAGE_SIZE;
	}
	um->n = done;
out:
	free_page((unsigned long)list);
	return err;
}

static void drop_table(struct sg_table *st, bool dirty)
{
	struct scatterlist *sg;
	int i;

	for_each_sgtable_sg(st, sg, i)
		unpin_user_pages_dirty_lock(&(struct page *){ sg_page(sg) }, 1, dirty);	/* expect: PG06 */
	sg_free_table(st);
}

static void drop_bvecs(struct bio_vec *bv, int n)
{
	int i;

	for (i = 0; i < n; i++)
		unpin_user_page(bv[i].bv_page);	/* expect: PG06 */
	kvfree(bv);
}

static int one_page(struct dbell *d, unsigned long ua)
{
	struct page *p;

	if (get_user_pages_fast(ua, 1, FOLL_WRITE, &p) != 1)
		return -EFAULT;
	d->map = vmap(&p, 1, VM_MAP, PAGE_KERNEL);
	if (!d->map)
		return -ENOMEM;	/* expect: PG06 */
	d->page = p;
	return 0;
}

static ssize_t send_iter(struct conn *c, struct iov_iter *it)
{
	struct page *pages[16];
	ssize_t n, sent;
	size_t off;

	n = iov_iter_get_pages2(it, pages, SZ_64K, 16, &off);
	if (n <= 0)
		return n;
	sent = conn_send(c, pages, off, n);
	if (sent > 0)
		iov_iter_advance(it, sent);	/* expect: PG06 */
	put_pages_array(pages, DIV_ROUND_UP(off + n, PAGE_SIZE));
	return sent;
}

static ssize_t fill(struct bio *bio, struct iov_iter *it)
{
	struct page *pages[8], **p = pages;
	size_t off;
	ssize_t n;
	unsigned int i, left;

	n = iov_iter_extract_pages(it, &p, SZ_32K, 8, 0, &off);
	if (n <= 0)
		return n ? n : -EFAULT;
	for (i = 0, left = n; left; i++) {
		unsigned int l = min_t(unsigned int, left, PAGE_SIZE - off);

		if (bio_add_page(bio, pages[i], l, off) != l)	/* expect: PG06 */
			break;
		left -= l;
		off = 0;
	}
	while (i < DIV_ROUND_UP(off + n, PAGE_SIZE))
		unpin_user_page(pages[i++]);
	return n - left;
}

static int userptr_get(struct obj *o)
{
	struct page **pv = kvmalloc_array(o->n, sizeof(*pv), GFP_KERNEL);
	int pinned = 0, ret;

	if (!pv)
		return -ENOMEM;
	do {
		ret = pin_user_pages_fast(o->ptr + pinned * PAGE_SIZE, o->n - pinned,
					  FOLL_WRITE, &pv[pinned]);
		if (ret < 0)	/* expect: PG06 */
			goto fail;
		pinned += ret;
	} while (pinned < o->n);
	o->pages = pv;
	return 0;
fail:
	kvfree(pv);
	return ret;
}

static int buf_pin(struct my_buf *buf, struct vm_area_struct *vma)
{
	long nr;

	nr = pin_user_pages(buf->vaddr, buf->count, buf->flags | FOLL_LONGTERM, buf->pages);
	if (nr < 0) {
		pr_err("pin failed\n");
		return nr;
	}
	if (nr != buf->count) {
		kvfree(buf->pages);
		buf->pages = NULL;
		return -ENOMEM;	/* expect: PG06 */
	}
	return 0;
}

static int umem_map(struct umem *u)
{
	int nents, ret;

	ret = pin_user_pages_fast(u->addr, u->npages, FOLL_WRITE, u->list);
	if (ret != u->npages)
		goto unpin;
	ret = sg_alloc_table_from_pages(&u->sgt, u->list, u->npages, 0, u->len, GFP_KERNEL);
	if (ret)	/* expect: PG06 */
		return ret;
	nents = dma_map_sg(u->dev, u->sgt.sgl, u->sgt.orig_nents, DMA_BIDIRECTIONAL);
	if (!nents) {
		sg_free_table(&u->sgt);
		return -EIO;	/* expect: PG06 */
	}
	return 0;
unpin:
	if (ret > 0)
		unpin_user_pages(u->list, ret);
	return ret < 0 ? ret : -EFAULT;
}

static long remote_read(struct mm_struct *mm, unsigned long va, void *dst, size_t len)
{
	struct page *pages[2];
	void *src;
	long got;

	mmap_read_lock(mm);
	got = get_user_pages_remote(mm, va, 2, 0, pages, NULL);
	mmap_read_unlock(mm);
	if (got < 2)
		return -EFAULT;	/* expect: PG06 */
	src = vmap(pages, 2, VM_MAP, PAGE_KERNEL);
	if (!src)
		return -ENOMEM;	/* expect: PG06 */
	memcpy(dst, src + offset_in_page(va), len);
	vunmap(src);
	put_page(pages[0]);
	put_page(pages[1]);
	return len;
}

static int map_to_sgl(struct cmd *cmd, struct iov_iter *iter, struct scatterlist *sgl, bool write)
{
	struct page **pages = cmd->upages;
	struct scatterlist *sg = sgl;
	size_t offset;
	ssize_t bytes;
	unsigned int npages = 0;

	bytes = iov_iter_get_pages2(iter, pages, LONG_MAX, MAX_PG, &offset);
	if (bytes <= 0)
		return bytes < 0 ? bytes : -EFAULT;
	while (bytes) {
		unsigned int n = min_t(unsigned int, PAGE_SIZE - offset, bytes);

		if (npages >= cmd->max)
			return -EINVAL;	/* expect: PG06 */
		sg_set_page(sg++, pages[npages++], n, offset);
		bytes -= n;
		offset = 0;
	}
	return npages;
}

static int zc_pin(struct zc *z, struct iov_iter *from)
{
	struct page *pg[4];
	ssize_t copied;
	size_t start;

	copied = iov_iter_get_pages2(from, pg, PAGE_SIZE * 4, 4, &start);
	if (copied < 0)
		return -EFAULT;
	if (z->frags + 4 > MAX_FRAGS)
		return -EMSGSIZE;	/* expect: PG06 */
	return zc_attach(z, pg, copied, start);
}

static void ubuf_release(struct mapped_ubuf *imu)
{
	unsigned int i;

	for (i = 0; i < imu->nr_bvecs; i++)
		unpin_user_page(imu->bvec[i].bv_page);	/* expect: PG06 */
	kvfree(imu);
}

/* What the rounds before have taken stays in the list. */
static int second_round(struct iov_iter *iter, struct scatterlist *sg)
{
	struct page *pages[8];
	size_t off;
	ssize_t n;
	int i;

	while (iov_iter_count(iter)) {
		n = iov_iter_get_pages2(iter, pages, 32768, 8, &off);
		if (n < 0)
			return -EFAULT;	/* expect: PG06 */
		for (i = 0; i < 8; i++)
			sg_set_page(sg++, pages[i], PAGE_SIZE, 0);
	}
	return 0;
}
