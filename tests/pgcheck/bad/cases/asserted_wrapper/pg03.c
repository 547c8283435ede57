// SPDX-License-Identifier: GPL-2.0
/* The add of pgmap_bio.h, asserted. */

static void one(struct bio *bio, struct page *page)
{
	WARN_ON_ONCE(!pgmap_bio_add_page(bio, page, PAGE_SIZE, 0));	/* expect: PG03 */
}
