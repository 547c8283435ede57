// SPDX-License-Identifier: GPL-2.0
/* The comparison has one page on both sides. */

static void longer(struct scatterlist *sg, struct page *page)
{
	if (sg_phys(sg) + sg->length != page_to_phys(page))
		return;
	if (zone_device_pages_have_same_pgmap(page, page))
		sg->length += PAGE_SIZE;	/* expect: PG01 */
}

static void longer_by_folio(struct scatterlist *sg, struct page *page)
{
	if (page_folio(page) == page_folio(page) && sg_phys(sg) + sg->length == page_to_phys(page))
		sg->length += PAGE_SIZE;	/* expect: PG01 */
}
