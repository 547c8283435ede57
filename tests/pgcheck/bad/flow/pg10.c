// SPDX-License-Identifier: GPL-2.0
/* Pages added under another page's number. Each marked line has to be reported. */

static int write_all(struct bio *bio, struct page **pages, int n)
{
	int i;

	for (i = 0; i < n; i++) {
		if (!bio_add_page(bio, pages[0], PAGE_SIZE, 0))	/* expect: PG10 */
			return i;
	}
	return n;
}

static bool add_sub(struct bio *bio, struct page *page, unsigned int len, unsigned int off)
{
	struct folio *folio = page_folio(page);

	return bio_add_folio(bio, folio, len, off);	/* expect: PG10 */
}

static int fill_read(struct bio *bio, struct page **pages, int nr, int first)
{
	int i, j = 0;

	for (i = first; i < nr; i++) {
		if (bio_add_page(bio, pages[j], PAGE_SIZE, 0) != PAGE_SIZE)	/* expect: PG10 */
			break;
	}
	return i;
}

static int add_bh(struct bio *bio, struct page *page, size_t off, size_t len)
{
	if (!bio_add_folio(bio, page_folio(page), len, off))	/* expect: PG10 */
		return -EAGAIN;
	return 0;
}
