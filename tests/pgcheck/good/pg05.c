// SPDX-License-Identifier: GPL-2.0
/* Own pages, single pages, and copies that are cut. */

static void set(struct bio_vec *bv, struct page *page)
{
	bvec_set_page(bv, page, PAGE_SIZE, 0);
}

static unsigned int cut(struct bio *bio, struct bvec_iter iter)
{
	struct bio_vec bv = bio_iter_iovec(bio, iter);

	bv.bv_len = min_t(unsigned int, bv.bv_len, 512);
	return work_on(&bv);
}

static void one(struct page *page)
{
	struct iov_iter iter;
	struct bio_vec bv;

	bvec_set_page(&bv, page, PAGE_SIZE, 0);
	iov_iter_bvec(&iter, ITER_SOURCE, &bv, 1, PAGE_SIZE);
}

static void own(struct bio_vec *bvec, int n)
{
	struct iov_iter iter;
	int i;

	for (i = 0; i < n; i++)
		bvec_set_page(&bvec[i], alloc_page(GFP_KERNEL), PAGE_SIZE, 0);
	iov_iter_bvec(&iter, ITER_DEST, bvec, n, n * PAGE_SIZE);
}

static bool read_only(struct bio *bio)
{
	return bio->bi_vcnt == 1 && bio->bi_io_vec[0].bv_len == PAGE_SIZE;
}

static int own_by_variable(struct block *block, int n)
{
	int i;

	for (i = 0; i < n; i++) {
		struct page *page = alloc_page(GFP_NOIO);

		if (!page)
			return -ENOMEM;
		block->vecs[i].bv_page = page;
		block->vecs[i].bv_len = PAGE_SIZE;
	}
	return 0;
}

static void own_in_bulk(struct bio_vec *bv, struct page **pages, int n)
{
	int i;

	n = alloc_pages_bulk(GFP_USER, n, pages);
	for (i = 0; i < n; i++) {
		bv[i].bv_page = pages[i];
		bv[i].bv_len = PAGE_SIZE;
	}
}

static void emptied(struct bio *bio)
{
	bio->bi_vcnt = 0;
}

static bool grown_after_a_comparison(struct bio_vec *bv, struct page *page, unsigned int len)
{
	if (!zone_device_pages_have_same_pgmap(bv->bv_page, page))
		return false;
	if (bvec_phys(bv) + bv->bv_len != page_to_phys(page))
		return false;
	bv->bv_len += len;
	return true;
}

static void taken_off(struct bio *bio)
{
	bio->bi_vcnt--;
}
