// SPDX-License-Identifier: GPL-2.0
/* Vecs taken off with pages left pinned. Nothing here may be reported. */

static void cut(struct bio *bio, size_t n)
{
	while (n) {
		struct bio_vec *bv = &bio->bi_io_vec[bio->bi_vcnt - 1];

		if (n < bv->bv_len) {
			bv->bv_len -= n;
			break;
		}
		unpin_user_folio(page_folio(bv->bv_page), DIV_ROUND_UP(bv->bv_offset + bv->bv_len, PAGE_SIZE));
		n -= bv->bv_len;
		bio->bi_vcnt--;
	}
}
