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
