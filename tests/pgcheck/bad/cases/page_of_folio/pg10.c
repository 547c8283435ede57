// SPDX-License-Identifier: GPL-2.0
/* Each round adds the first page of a folio. */

static void write_folio(struct bio *bio, struct folio *folio, int nr)
{
	int i;

	for (i = 0; i < nr; i++)
		__bio_add_page(bio, folio_page(folio, 0), PAGE_SIZE, 0);	/* expect: PG10 */
}
