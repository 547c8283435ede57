// SPDX-License-Identifier: GPL-2.0
/* The first page of a bio that was submitted. */

static void my_submit_bio(struct bio *bio)
{
	struct my *m = bio->bi_bdev->bd_disk->private_data;
	struct page *page = bio_first_page_all(bio);	/* expect: PG07 */

	copy_from(m, page, bio->bi_iter.bi_sector);
	bio_endio(bio);
}
