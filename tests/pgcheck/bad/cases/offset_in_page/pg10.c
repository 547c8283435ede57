// SPDX-License-Identifier: GPL-2.0
/* An offset in the page is not one in the folio. */

static bool put_page_in(struct bio *bio, struct page *page, size_t len, size_t off)
{
	return bio_add_folio(bio, page_folio(page), len, off);	/* expect: PG10 */
}
