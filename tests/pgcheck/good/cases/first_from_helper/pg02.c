// SPDX-License-Identifier: GPL-2.0
/* The first page comes from a helper. */

static int map(struct device *dev, struct req *r)
{
	struct scatterlist *sg;
	int i;

	for_each_sgtable_sg(&r->sgt, sg, i)
		if (is_pci_p2pdma_page(sg_page(sg)))
			return map_peer(dev, r);
	return dma_map_sgtable(dev, &r->sgt, DMA_TO_DEVICE, 0);
}
