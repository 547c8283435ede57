// SPDX-License-Identifier: GPL-2.0
/* The pages that are compared are those that are merged, or not. */

static void bvec_push(struct bio_vec *bv, struct page *page, unsigned int len)
{
	struct page *prev = bv->bv_page;

	if (bvec_phys(bv) + bv->bv_len == page_to_phys(page) &&
	    zone_device_pages_have_same_pgmap(prev, page))
		bv->bv_len += len;
}
