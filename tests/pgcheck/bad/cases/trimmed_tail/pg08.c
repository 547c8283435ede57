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
		bio_release_page(bio, bv->bv_page);	/* expect: PG08 */
		bio->bi_vcnt--;
	}
}
