// SPDX-License-Identifier: GPL-2.0
/* One of two adds. */

static void tern(struct bio *b, struct page *p, struct folio *f)
{
	f ? bio_add_folio(b, f, SZ_4K, 0) : !!bio_add_page(b, p, SZ_4K, 0);	/* expect: PG03 */
	submit_bio(b);
}
