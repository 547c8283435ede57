// SPDX-License-Identifier: GPL-2.0
/* The comparison follows the test. */

static bool try_grow(struct scatterlist *sg, struct page *page, unsigned int len)
{
	if (sg_phys(sg) + sg->length != page_to_phys(page))
		return false;
	if (!zone_device_pages_have_same_pgmap(sg_page(sg), page))
		return false;
	sg->length += len;
	return true;
}
