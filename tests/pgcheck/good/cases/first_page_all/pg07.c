// SPDX-License-Identifier: GPL-2.0
/* The first page of a bio that was submitted. */

static void my_submit_bio(struct bio *bio)
{
	struct my *m = bio->bi_bdev->bd_disk->private_data;
	struct bio_vec bv = bio_iovec(bio);

	copy_from(m, bv.bv_page, bv.bv_offset, bio->bi_iter.bi_sector);
	bio_endio(bio);
}
