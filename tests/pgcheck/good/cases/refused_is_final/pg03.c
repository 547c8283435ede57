// SPDX-License-Identifier: GPL-2.0
/* A refusal ends the I/O. */

static int wr(struct dev *d, struct list_head *pages)
{
	struct bio *bio = bio_alloc(d->bdev, 16, REQ_OP_WRITE, GFP_NOIO);
	struct pg *p;

	list_for_each_entry(p, pages, list) {
		while (!bio_add_page(bio, p->page, PAGE_SIZE, 0)) {
			struct bio *next = bio_alloc(d->bdev, 16, REQ_OP_WRITE, GFP_NOIO);

			bio_chain(bio, next);
			submit_bio(bio);
			bio = next;
		}
	}
	return submit_bio_wait(bio);
}
