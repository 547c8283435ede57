// SPDX-License-Identifier: GPL-2.0
/* The first entry of a buffer of another driver. */

static int dma_buf_kind(struct sg_table *sgt)
{
	struct page *page = sg_page(sgt->sgl);

	if (!page || !is_zone_device_page(page))	/* expect: PG02 */
		return 0;
	return 1;
}
