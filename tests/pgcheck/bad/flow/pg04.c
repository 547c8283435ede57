// SPDX-License-Identifier: GPL-2.0
/* More than the table takes. Each marked line has to be reported. */

static void zero_range(struct block_device *bdev, sector_t s, unsigned int len)
{
	struct bio *bio = bio_alloc(bdev, 16, REQ_OP_WRITE, GFP_NOFS);

	bio->bi_iter.bi_sector = s;
	while (len) {
		unsigned int this = min_t(unsigned int, len, PAGE_SIZE);

		__bio_add_page(bio, ZERO_PAGE(0), this, 0);	/* expect: PG04 */
		len -= this;
	}
	submit_bio(bio);
}
