// SPDX-License-Identifier: GPL-2.0
/* Each round adds the same page. */

static void fill(struct bio *bio, struct buf *b)
{
	unsigned int i;

	for (i = 0; i < b->nr; i++)
		if (!bio_add_page(bio, b->pages[i], PAGE_SIZE, 0))
			break;
	submit_bio(bio);
}
