// SPDX-License-Identifier: GPL-2.0
/* The add is the right side of a condition. */

static int opt(struct bio *b, struct page *p, bool want)
{
	bool ok = !want || bio_add_page(b, p, PAGE_SIZE, 0);

	if (!ok)
		return -EAGAIN;
	submit_bio(b);
	return 0;
}
