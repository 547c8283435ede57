// SPDX-License-Identifier: GPL-2.0
/* Each round adds to another bio, or to the same. */

static void mirror(struct mirr *m, struct page *page, int n)
{
	int i;

	for (i = 0; i < n; i++)
		__bio_add_page(m->bio[i], page, PAGE_SIZE, 0);
}
