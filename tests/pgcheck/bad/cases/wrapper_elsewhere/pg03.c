// SPDX-License-Identifier: GPL-2.0
/* The wrapper is in another file, which alone has the name of the add. */

int dev_add_page(struct bio *bio, struct page *page);
static void fill(struct bio *bio, struct page **pages, int n)
{
	int i;

	for (i = 0; i < n; i++)
		dev_add_page(bio, pages[i]);	/* expect: PG03 */
	submit_bio(bio);
}
