// SPDX-License-Identifier: GPL-2.0
/* An offset in the page is not one in the folio. */

static bool put_page_in(struct bio *bio, struct page *page, size_t len, size_t off)
{
	struct folio *folio = page_folio(page);

	return bio_add_folio(bio, folio, len, folio_page_idx(folio, page) * PAGE_SIZE + off);
}
