// SPDX-License-Identifier: GPL-2.0
/* A bio that was split, and one that was built. */

static void end_read(struct bio *bio)
{
	struct folio_iter fi;

	bio_for_each_folio_all(fi, bio)
		folio_end_read(fi.folio, !bio->bi_status);
	bio_put(bio);
}

static void start_read(struct dev *d, struct folio *folio)
{
	struct bio *bio = bio_alloc(d->bdev, 1, REQ_OP_READ, GFP_NOFS);

	bio_add_folio_nofail(bio, folio, folio_size(folio), 0);
	bio->bi_end_io = end_read;
	submit_bio(bio);
}
