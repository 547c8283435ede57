// SPDX-License-Identifier: GPL-2.0
/* Descriptors by physical addresses, and by those of the device. */

static void emit(struct desc *d, struct sg_table *sgt)
{
	struct scatterlist *sg;
	struct desc *cur = NULL;
	int i;

	for_each_sgtable_sg(sgt, sg, i) {
		if (cur && cur->phys + cur->nbytes == sg_phys(sg)) {
			cur->nbytes += sg->length;	/* expect: PG01 */
			continue;
		}
		cur = cur ? cur + 1 : d;
		cur->phys = sg_phys(sg);
		cur->nbytes = sg->length;
	}
}
