// SPDX-License-Identifier: GPL-2.0
/* Another file calls this in a loop. */

void io_add(struct bio *b, struct page *p)
{
	__bio_add_page(b, p, PAGE_SIZE, 0); /* expect: PG04 */
}
