// SPDX-License-Identifier: GPL-2.0
/* The pages that are compared are those that are merged, or not. */

static void bvec_push(struct bio_vec *bv, struct page *page, struct page *prev, unsigned int len)
{
	if (bvec_phys(bv) + bv->bv_len == page_to_phys(page) &&
	    zone_device_pages_have_same_pgmap(prev, prev))
		bv->bv_len += len;	/* expect: PG01 */
}
