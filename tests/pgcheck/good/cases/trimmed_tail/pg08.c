// SPDX-License-Identifier: GPL-2.0
/* A vec is taken off a bio. */

static void trim_tail(struct bio *bio, unsigned int bytes)
{
	while (bytes) {
		struct bio_vec *bv = &bio->bi_io_vec[bio->bi_vcnt - 1];

		if (bytes < bv->bv_len) {
			bv->bv_len -= bytes;
			break;
		}
		bytes -= bv->bv_len;
		unpin_user_page_range_dirty_lock(bv->bv_page, DIV_ROUND_UP(bv->bv_offset + bv->bv_len, PAGE_SIZE), false);
		bio->bi_vcnt--;
	}
}
