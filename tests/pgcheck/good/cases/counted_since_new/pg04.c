// SPDX-License-Identifier: GPL-2.0
/* A counter begins with each bio, and says when the next one is needed. */

static void list(struct writer *w, struct list_head *pages)
{
	unsigned int room = 0;
	struct page *page;

	list_for_each_entry(page, pages, lru) {
		if (!room) {
			w->bio = bio_alloc(w->bdev, WRITER_VECS, REQ_OP_WRITE, GFP_NOFS);
			room = WRITER_VECS;
		}
		__bio_add_page(w->bio, page, PAGE_SIZE, 0);
		if (!--room)
			submit_bio(w->bio);
	}
}
