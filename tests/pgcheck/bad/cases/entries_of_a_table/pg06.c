// SPDX-License-Identifier: GPL-2.0
/* An entry can have more pages than its first. */

static void unpin_sg(struct sg_table *sgt)
{
	struct scatterlist *sg;
	int i;

	for_each_sgtable_sg(sgt, sg, i)
		unpin_user_page(sg_page(sg));	/* expect: PG06 */
}

static int make(struct sg_table *sgt, struct page **pages, int n)
{
	return sg_alloc_table_from_pages(sgt, pages, n, 0, (size_t)n << PAGE_SHIFT, GFP_KERNEL);
}
