// SPDX-License-Identifier: GPL-2.0
/* The first page comes from a helper. */

static struct page *head_page(struct req *r)
{
	return sg_page(r->sgt.sgl);
}

static int map(struct device *dev, struct req *r)
{
	if (is_pci_p2pdma_page(head_page(r)))	/* expect: PG02 */
		return map_peer(dev, r);
	return dma_map_sgtable(dev, &r->sgt, DMA_TO_DEVICE, 0);
}
