// SPDX-License-Identifier: GPL-2.0
/* An entry can have more pages than its first. */

static void finish(struct sg_table *t, bool dirty)
{
	struct scatterlist *sg;
	unsigned int i;

	for_each_sg(t->sgl, sg, t->orig_nents, i) {
		struct page *page = sg_page(sg);

		if (dirty)
			set_page_dirty_lock(page);
		unpin_user_page(page);	/* expect: PG06 */
	}
	sg_free_table(t);
}

static int begin(struct sg_table *t, struct page **p, unsigned int n, size_t len)
{
	return sg_alloc_table_from_pages(t, p, n, 0, len, GFP_KERNEL);
}
