// SPDX-License-Identifier: GPL-2.0
/* A setter gets the old length and more. */

static bool sg_append(struct scatterlist *last, struct page *page, unsigned int len)
{
	if (sg_phys(last) + last->length != page_to_phys(page))
		return false;
	sg_set_page(last, sg_page(last), last->length + len, last->offset);	/* expect: PG01 */
	return true;
}
