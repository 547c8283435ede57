// SPDX-License-Identifier: GPL-2.0
/* Each round adds the same page. */

static void fill(struct bio *bio, struct buf *b)
{
	unsigned int i;

	for (i = 0; i < b->nr; i++)
		if (!bio_add_page(bio, b->pages[0], PAGE_SIZE, 0))	/* expect: PG10 */
			break;
}
