// SPDX-License-Identifier: GPL-2.0
/* Returns what the add says. */

int dev_add_page(struct bio *bio, struct page *page)
{
	return bio_add_page(bio, page, PAGE_SIZE, 0);
}
