// SPDX-License-Identifier: GPL-2.0
/* A function says false where the bio refused. */

static bool log_add(struct lc *lc, struct bio *bio, struct page *page)
{
	int done = bio_add_page(bio, page, lc->bs, 0);

	if (done != lc->bs) {
		DMERR("no room");
		return false;
	}
	return true;
}

static void log_super(struct lc *lc, struct bio *bio)
{
	log_add(lc, bio, lc->super);	/* expect: PG03 */
	submit_bio(bio);
}
