// SPDX-License-Identifier: GPL-2.0
/* A vec can have more than one page of a folio. */

static void undo(struct vecs *v)
{
	while (v->n--)
		unpin_user_folio(page_folio(v->bv[v->n].bv_page), 1);	/* expect: PG06 */
}

static int fill(struct vecs *v, struct page **pp, int n)
{
	int i;

	for (i = 0; i < n; i++) {
		if (v->n && bvec_follows(&v->bv[v->n - 1], pp[i]))
			v->bv[v->n - 1].bv_len += PAGE_SIZE;
		else
			bvec_set_page(&v->bv[v->n++], pp[i], PAGE_SIZE, 0);
	}
	return n;
}
