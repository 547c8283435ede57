// SPDX-License-Identifier: GPL-2.0
/* Each round adds the first page of a folio. */

static void write_folio(struct bio *bio, struct folio *folio, int nr)
{
	int i;

	bio_init(bio, NULL, bio->bi_inline_vecs, nr, REQ_OP_WRITE);
	for (i = 0; i < nr; i++)
		__bio_add_page(bio, folio_page(folio, i), PAGE_SIZE, 0);
}
