// SPDX-License-Identifier: GPL-2.0
/* The vec at the iterator stands for the bio. */

static bool is_device_bio(struct bio *bio)
{
	struct bio_vec bv = bio_iter_iovec(bio, bio->bi_iter);

	return is_zone_device_page(bv.bv_page);	/* expect: PG02 */
}

static void submit(struct bio *bio)
{
	if (is_device_bio(bio))
		bio->bi_opf |= REQ_NOMERGE;
	submit_bio_noacct(bio);
}
