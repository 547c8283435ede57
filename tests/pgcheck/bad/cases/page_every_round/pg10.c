// SPDX-License-Identifier: GPL-2.0
/* Each round adds the same page. */

static int dump_pages(struct dumper *d, struct bio *b, struct page *base, int n)
{
	int i = 0;

	while (i < n) {
		if (bio_add_page(b, base, PAGE_SIZE, 0) < PAGE_SIZE)	/* expect: PG10 */
			return i;
		i++;
	}
	return n;
}
