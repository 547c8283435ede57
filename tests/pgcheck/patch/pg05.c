// SPDX-License-Identifier: GPL-2.0
/* Three assignments that are one function. */

static void pointer(struct bio_vec *bv, struct page *page, unsigned int len)
{
	bv->bv_page = page;	/* fixed: PG05 */
	bv->bv_len = len;
	bv->bv_offset = 0;
}

static void element(struct bio_vec *bvec, struct page **pages, int n)
{
	int i;

	for (i = 0; i < n; i++) {
		bvec[i].bv_offset = 0;
		bvec[i].bv_len = PAGE_SIZE;
		bvec[i].bv_page = pages[i];	/* fixed: PG05 */
	}
}

static void two_of_three(struct bio_vec *bv, struct page *page, unsigned int len)
{
	bv->bv_page = page;	/* expect: PG05 */
	bv->bv_len = len;
}

/* Own pages are no finding, and stay as they are. */
static void own(struct bio_vec *bv)
{
	bv->bv_page = alloc_page(GFP_NOIO);
	bv->bv_len = PAGE_SIZE;
	bv->bv_offset = 0;
}
