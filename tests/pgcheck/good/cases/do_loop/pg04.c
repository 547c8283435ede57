// SPDX-License-Identifier: GPL-2.0
/* The table has another size than the loop. */

static void rd(struct dev *d, struct page **pages, int n)
{
	struct bio *bio = bio_alloc(d->bdev, n, REQ_OP_READ, GFP_KERNEL);
	int i = 0;

	do {
		__bio_add_page(bio, pages[i], PAGE_SIZE, 0);
	} while (++i < n);
	submit_bio(bio);
}
