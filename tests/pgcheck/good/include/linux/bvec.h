/* SPDX-License-Identifier: GPL-2.0 */
/* Where bvec_set_page() itself is at home. */

static inline void bvec_set_page(struct bio_vec *bv, struct page *page,
				 unsigned int len, unsigned int offset)
{
	bv->bv_page = page;
	bv->bv_len = len;
	bv->bv_offset = offset;
}
