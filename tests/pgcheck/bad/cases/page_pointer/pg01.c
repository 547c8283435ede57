// SPDX-License-Identifier: GPL-2.0
/* The page behind the entry, by a pointer. */

static void add(struct xfer *x, struct page *page)
{
	struct xseg *last = &x->seg[x->nseg - 1];

	if (x->nseg && last->page + (last->len >> PAGE_SHIFT) == page)
		last->len += PAGE_SIZE;	/* expect: PG01 */
	else
		new_seg(x, page);
}
