// SPDX-License-Identifier: GPL-2.0
/* A loop that counts down. */

static void zero_out(struct dev *d, sector_t n)
{
	struct bio *bio = bio_alloc(d->bdev, 4, REQ_OP_WRITE, GFP_NOIO);

	for (; n; n--)
		bio_add_folio_nofail(bio, d->zero, PAGE_SIZE, 0);	/* expect: PG04 */
	submit_bio(bio);
}
