// SPDX-License-Identifier: GPL-2.0
/* The number of vecs is set lower. */

static void trunc_to(struct bio *b, unsigned short keep)
{
	unsigned short at = b->bi_vcnt;

	while (at-- > keep)
		unpin_user_page_range_dirty_lock(b->bi_io_vec[at].bv_page,
						 DIV_ROUND_UP(b->bi_io_vec[at].bv_len, PAGE_SIZE), false);
	b->bi_vcnt = keep;
}
