// SPDX-License-Identifier: GPL-2.0
/* A project's own assertion. */

static void meta_io(struct jfs_dev *d, struct page *page)
{
	struct bio *bio = bio_alloc(d->bdev, 1, REQ_OP_READ, GFP_NOFS);
	int added = bio_add_page(bio, page, 4096, 0);	/* expect: PG03 */

	JF_VERIFY(added == 4096);
	submit_bio(bio);
}
