// SPDX-License-Identifier: GPL-2.0
/* The result of a wrapper is looked at. */

static int dev_add_page2(struct bio *bio, struct page *page)
{
	return bio_add_page(bio, page, PAGE_SIZE, 0);
}

static void fill(struct dev *d, struct bio *bio, struct page **pages, int n)
{
	int i;

	for (i = 0; i < n; i++) {
		if (dev_add_page2(bio, pages[i]) == PAGE_SIZE)
			continue;
		submit_bio(bio);
		bio = bio_alloc(d->bdev, n - i, REQ_OP_WRITE, GFP_NOIO);
		i--;
	}
	submit_bio(bio);
}
