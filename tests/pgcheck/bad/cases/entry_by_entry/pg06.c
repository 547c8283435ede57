// SPDX-License-Identifier: GPL-2.0
/* A loop that goes from entry to entry. */

static void xfer_unmap(struct xfer *x)
{
	struct scatterlist *cur;
	unsigned int left = x->sgt.orig_nents;

	for (cur = x->sgt.sgl; left; cur = sg_next(cur), left--)
		unpin_user_page(sg_page(cur));	/* expect: PG06 */
	sg_free_table(&x->sgt);
}

static int xfer_map(struct xfer *x, struct page **pp, unsigned int n)
{
	return sg_alloc_table_from_pages(&x->sgt, pp, n, x->off, x->len, GFP_KERNEL);
}
