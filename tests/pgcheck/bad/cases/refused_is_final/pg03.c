// SPDX-License-Identifier: GPL-2.0
/* A refusal ends the I/O. */

static int wr(struct dev *d, struct list_head *pages)
{
	struct bio *bio = bio_alloc(d->bdev, 16, REQ_OP_WRITE, GFP_NOIO);
	struct pg *p;
	int rc = 0;

	list_for_each_entry(p, pages, list) {
		if (bio_add_page(bio, p->page, PAGE_SIZE, 0) != PAGE_SIZE) {	/* expect: PG03 */
			rc = -EIO;
			goto put;
		}
	}
	return submit_bio_wait(bio);
put:
	bio_put(bio);
	return rc;
}
