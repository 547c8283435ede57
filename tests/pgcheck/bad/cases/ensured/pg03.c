// SPDX-License-Identifier: GPL-2.0
/* A project's own assertion. */

static int chk(struct bio *bio, struct page *page)
{
	int r;

	r = bio_add_page(bio, page, PAGE_SIZE, 0);	/* expect: PG03 */
	VDO_ENSURE(r == PAGE_SIZE);
	return 0;
}
