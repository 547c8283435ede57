// SPDX-License-Identifier: GPL-2.0
/* The assertion ends in a panic, and is a condition as well. */

#define must(x) ({ bool __ok = (x); if (!__ok) panic("no " #x); __ok; })

static int all(struct bio *bio, struct page **pages, int nr)
{
	int i;

	for (i = 0; i < nr; i++)
		if (!must(bio_add_page(bio, pages[i], PAGE_SIZE, 0) == PAGE_SIZE))	/* expect: PG03 */
			return -EIO;
	return 0;
}
