// SPDX-License-Identifier: GPL-2.0
/* A macro that logs gives the answer on. */

static int drbd_like(struct peer *peer, struct page *page, struct bio *bio)
{
	page_chain_for_each(page) {
		if (!expect(peer, bio_add_page(bio, page, PAGE_SIZE, 0))) {
			submit_bio(bio);
			bio = next_bio(peer);
			__bio_add_page(bio, page, PAGE_SIZE, 0);
		}
	}
	return 0;
}
