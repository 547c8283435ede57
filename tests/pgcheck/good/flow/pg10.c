// SPDX-License-Identifier: GPL-2.0
/* Pages added under another page's number. Nothing here may be reported. */

static int fine(struct bio *bio, struct page **pages, int n)
{
	int i;

	for (i = 0; i < n; i++) {
		if (!bio_add_page(bio, pages[i], PAGE_SIZE, 0))
			return i;
	}
	return n;
}

static bool add_ok(struct bio *bio, struct page *page, unsigned int len, unsigned int off)
{
	struct folio *folio = page_folio(page);

	return bio_add_folio(bio, folio, len, folio_page_idx(folio, page) * PAGE_SIZE + off);
}
