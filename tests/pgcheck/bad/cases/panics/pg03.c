// SPDX-License-Identifier: GPL-2.0
/* A refusal is the end of the machine. */

int add_or_die(struct bio *b, struct page *p)
{
	if (bio_add_page(b, p, PAGE_SIZE, 0) != PAGE_SIZE)	/* expect: PG03 */
		panic("bio");
	return 0;
}
