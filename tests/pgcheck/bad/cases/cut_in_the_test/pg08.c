// SPDX-License-Identifier: GPL-2.0
/* A vec is taken off a bio. */

static void cut(struct bio *bio, unsigned int *left)
{
	while (bio->bi_vcnt && *left >= bio->bi_io_vec[bio->bi_vcnt - 1].bv_len) {
		*left -= bio->bi_io_vec[bio->bi_vcnt - 1].bv_len;
		unpin_user_page(bio->bi_io_vec[bio->bi_vcnt - 1].bv_page);	/* expect: PG08 */
		bio->bi_vcnt -= 1;
	}
}
