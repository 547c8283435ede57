// SPDX-License-Identifier: GPL-2.0
/* The sum says how much went in. */

static unsigned int sum(struct bio *bio, struct page **pages, int nr)
{
	unsigned int all = 0;

	while (nr--)
		all += bio_add_page(bio, *pages++, PAGE_SIZE, 0);
	return all;
}
