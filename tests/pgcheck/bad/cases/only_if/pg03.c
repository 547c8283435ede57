// SPDX-License-Identifier: GPL-2.0
/* The add is the right side of a condition. */

static void opt(struct bio *b, struct page *p, bool want)
{
	want && bio_add_page(b, p, PAGE_SIZE, 0);	/* expect: PG03 */
	submit_bio(b);
}
