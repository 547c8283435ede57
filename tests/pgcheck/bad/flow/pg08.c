// SPDX-License-Identifier: GPL-2.0
/* Vecs taken off with pages left pinned. Each marked line has to be reported. */

static void cut_tail(struct bio *bio, size_t nbytes)
{
	while (nbytes) {
		struct bio_vec *bv = &bio->bi_io_vec[bio->bi_vcnt - 1];

		if (nbytes < bv->bv_len) {
			bv->bv_len -= nbytes;
			break;
		}
		unpin_user_page(bv->bv_page);	/* expect: PG08 */
		bio->bi_vcnt--;
		nbytes -= bv->bv_len;
	}
}

static void align_down(struct bio *bio, unsigned int mask)
{
	struct bio_vec *last = &bio->bi_io_vec[bio->bi_vcnt - 1];
	unsigned int extra = bio->bi_iter.bi_size & mask;

	bio->bi_iter.bi_size -= extra;
	last->bv_len -= extra;
	if (!last->bv_len) {
		bio_release_page(bio, last->bv_page);	/* expect: PG08 */
		bio->bi_vcnt--;
	}
}

static size_t trim_bio(struct bio *bio, size_t excess)
{
	while (excess && bio->bi_vcnt) {
		struct bio_vec *tail = bio->bi_io_vec + bio->bi_vcnt - 1;
		size_t cut = min_t(size_t, excess, tail->bv_len);

		tail->bv_len -= cut;
		bio->bi_iter.bi_size -= cut;
		excess -= cut;
		if (!tail->bv_len) {
			if (bio_flagged(bio, BIO_PAGE_PINNED))
				unpin_user_page(tail->bv_page);	/* expect: PG08 */
			bio->bi_vcnt -= 1;
		}
	}
	return excess;
}

static int get_aligned(struct bio *bio, struct iov_iter *iter, unsigned int mask)
{
	struct page *pages[16], **p = pages;
	size_t off;
	ssize_t n = iov_iter_extract_pages(iter, &p, SZ_64K, 16, 0, &off);
	unsigned int trim;

	if (n <= 0)
		return n;
	add_all(bio, pages, n, off);
	trim = bio->bi_iter.bi_size & mask;
	iov_iter_revert(iter, trim);
	while (trim >= bio->bi_io_vec[bio->bi_vcnt - 1].bv_len) {
		trim -= bio->bi_io_vec[bio->bi_vcnt - 1].bv_len;
		bio->bi_vcnt--;	/* expect: PG08 */
	}
	return 0;
}
