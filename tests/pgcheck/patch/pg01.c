// SPDX-License-Identifier: GPL-2.0
/* Tests of adjacency that name both pages: the comparison can be added to them. */

static void vec(struct bio_vec *bv, struct page *page, unsigned int len)
{
	if (bvec_phys(bv) + bv->bv_len == page_to_phys(page))
		bv->bv_len += len;	/* fixed: PG01 */
}

static void vec_swapped(struct queue *q, struct bio_vec *bv, struct page *page, unsigned int off)
{
	if (q->merge && page_to_phys(page) + off == bvec_phys(bv) + bv->bv_len)
		bv->bv_len += PAGE_SIZE;	/* fixed: PG01 */
}

static bool leaves(struct scatterlist *sg, struct page *page)
{
	if (sg_is_last(sg) || page_to_pfn(sg_page(sg)) + 1 != page_to_pfn(page))
		return false;
	sg->length += PAGE_SIZE;	/* fixed: PG01 */
	return true;
}

static void loops(struct scatterlist *sg, struct page **pages)
{
	int i = 1;

	while (page_to_pfn(pages[i]) == page_to_pfn(pages[i - 1]) + 1) {
		sg->length += PAGE_SIZE;	/* fixed: PG01 */
		i++;
	}
}

static void helper(struct bio_vec *bv, struct page *page, unsigned int len)
{
	if (!bvec_try_merge_page(bv, page, len, 0))	/* fixed: PG01 */
		bvec_set_page(bv + 1, page, len, 0);
}

/* Which pages these addresses belong to is not to be seen here. */
static void addresses(struct bio_vec *bv, phys_addr_t phys, unsigned int len)
{
	if (bvec_phys(bv) + bv->bv_len == phys)
		bv->bv_len += len;	/* expect: PG01 */
}

/* This one does not make anything grow. */
static int count(struct page **pages, int n)
{
	int i, runs = 1;

	for (i = 1; i < n; i++) {
		if (page_to_pfn(pages[i - 1]) + 1 != page_to_pfn(pages[i]))
			runs++;
	}
	return runs;
}
