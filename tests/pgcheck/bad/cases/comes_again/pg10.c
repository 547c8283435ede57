// SPDX-License-Identifier: GPL-2.0
/* The caller comes again with a new bio. */

static int wr_rows(struct bio *b, struct page **rows, unsigned int nr, unsigned int row0)
{
	unsigned int r;

	for (r = row0; r < row0 + nr; r++)
		if (bio_add_page(b, rows[row0], PAGE_SIZE, 0) != PAGE_SIZE)	/* expect: PG10 */
			return -EAGAIN;
	return 0;
}
