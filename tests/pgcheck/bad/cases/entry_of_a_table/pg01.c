// SPDX-License-Identifier: GPL-2.0
/* The last vec of a table of one's own. */

struct bv_table { struct bio_vec *vecs; unsigned int used; };
static bool tbl_merge(struct bv_table *t, struct page *page, unsigned int len, unsigned int off)
{
	struct bio_vec *last = t->used ? &t->vecs[t->used - 1] : NULL;

	if (!last)
		return false;
	if (page_to_phys(last->bv_page) + last->bv_offset + last->bv_len != page_to_phys(page) + off)
		return false;
	last->bv_len = last->bv_len + len;	/* expect: PG01 */
	return true;
}
