// SPDX-License-Identifier: GPL-2.0
/* The number of vecs is set lower. */

static void trunc_to(struct bio *b, unsigned short keep)
{
	unsigned short at = b->bi_vcnt;

	while (at-- > keep)
		unpin_user_page(b->bi_io_vec[at].bv_page);	/* expect: PG08 */
	b->bi_vcnt = keep;
}
