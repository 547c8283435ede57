// SPDX-License-Identifier: GPL-2.0
/* The counter begins before the bio does. */

static void list(struct writer *w, struct list_head *pages)
{
	unsigned int n = 0;
	struct page *page;

	w->bio = bio_alloc(w->bdev, 16, REQ_OP_WRITE, GFP_NOFS);
	list_for_each_entry(page, pages, lru) {
		if (n++ == w->wanted)
			note(w);
		__bio_add_page(w->bio, page, PAGE_SIZE, 0);	/* expect: PG04 */
	}
	submit_bio(w->bio);
}
