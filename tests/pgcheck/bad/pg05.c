// SPDX-License-Identifier: GPL-2.0
/* Vectors by hand. */

static void by_member(struct bio_vec *bv, struct page *page, unsigned int len)
{
	bv->bv_page = page;	/* expect: PG05 */
	bv->bv_len = len;
	bv->bv_offset = 0;
}

static void by_index(struct bio_vec *bvec, struct page **pages, int n)
{
	int i;

	for (i = 0; i < n; i++) {
		scoped_guard(mutex, &lock) {
			bvec[i].bv_page = pages[i];	/* expect: PG05 */
			bvec[i].bv_len = PAGE_SIZE;
		}
	}
}

static void count(struct bio *bio)
{
	guard(mutex)(&lock);
	bio->bi_vcnt++;	/* expect: PG05 */
}

static void table(struct bio *bio, struct bio_vec *vecs, int n)
{
	bio->bi_io_vec = vecs;	/* expect: PG05 */
	bio->bi_vcnt = n;
}

static void stretched(struct bio *bio, unsigned int len)
{
	bio->bi_io_vec[0].bv_len = len;	/* expect: PG05 */
}

static void iterator(struct file *file, struct bio_vec *bvec, struct page **pages, int n)
{
	struct iov_iter iter;
	int i;

	for (i = 0; i < n; i++)
		bvec_set_page(&bvec[i], pages[i], PAGE_SIZE, 0);
	iov_iter_bvec(&iter, ITER_SOURCE, bvec, n, n * PAGE_SIZE);	/* expect: PG05 */
}

static void a_pointer_that_walks(struct iov_iter *iter, struct page **pages, int n)
{
	struct bio_vec *bvec = kcalloc(n, sizeof(*bvec), GFP_KERNEL), *bv = bvec;
	int i;

	for (i = 0; i < n; i++, bv++)
		bvec_set_page(bv, pages[i], PAGE_SIZE, 0);
	iov_iter_bvec(iter, ITER_DEST, bvec, n,	/* expect: PG05 */
		      n * PAGE_SIZE);
}
