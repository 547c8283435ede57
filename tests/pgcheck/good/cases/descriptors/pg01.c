// SPDX-License-Identifier: GPL-2.0
/* Descriptors by physical addresses, and by those of the device. */

static void emit(struct desc *d, struct sg_table *sgt)
{
	struct scatterlist *sg;
	struct desc *cur = NULL;
	int i;

	for_each_sgtable_dma_sg(sgt, sg, i) {
		if (cur && cur->dma + cur->nbytes == sg_dma_address(sg)) {
			cur->nbytes += sg_dma_len(sg);
			continue;
		}
		cur = cur ? cur + 1 : d;
		cur->dma = sg_dma_address(sg);
		cur->nbytes = sg_dma_len(sg);
	}
}
