// SPDX-License-Identifier: GPL-2.0
/* A bio is cut to whole blocks. */

static void round_down_bio(struct bio *b, unsigned int bs)
{
	unsigned int extra = b->bi_iter.bi_size & (bs - 1);

	b->bi_iter.bi_size -= extra;
	do {
		struct bio_vec *t = &b->bi_io_vec[b->bi_vcnt - 1];

		if (t->bv_len > extra) {
			t->bv_len -= extra;
			return;
		}
		extra -= t->bv_len;
		if (bio_flagged(b, BIO_PAGE_PINNED))
			unpin_user_page(t->bv_page);	/* expect: PG08 */
		b->bi_vcnt--;
	} while (extra);
}
