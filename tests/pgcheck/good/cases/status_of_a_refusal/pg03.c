// SPDX-License-Identifier: GPL-2.0
/* A refusal becomes a status. */

static void copy_up(struct bio *bio, struct list_head *l)
{
	struct chunk *c;

	list_for_each_entry(c, l, node) {
		if (bio_add_folio(bio, c->folio, c->len, 0))
			continue;
		submit_bio(bio);
		bio = bio_alloc(c->bdev, 32, REQ_OP_READ, GFP_NOFS);
		bio_add_folio_nofail(bio, c->folio, c->len, 0);
	}
	submit_bio(bio);
}
