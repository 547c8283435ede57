// SPDX-License-Identifier: GPL-2.0
/* A loop that goes from entry to entry. */

static void xfer_unmap(struct xfer *x)
{
	struct sg_page_iter it;

	for_each_sgtable_page(&x->sgt, &it, 0)
		unpin_user_page(sg_page_iter_page(&it));
	sg_free_table(&x->sgt);
}

static int xfer_map(struct xfer *x, struct page **pp, unsigned int n)
{
	return sg_alloc_table_from_pages(&x->sgt, pp, n, x->off, x->len, GFP_KERNEL);
}
