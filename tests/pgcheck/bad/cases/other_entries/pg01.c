// SPDX-License-Identifier: GPL-2.0
/* Two pages of the table are compared, but not the one that is added. */

static void collect(struct req_sgl *q, struct page **pg, int n)
{
	struct seg *t = NULL;
	int k;

	for (k = 0; k < n; k++) {
		bool same = k > 1 && zone_device_pages_have_same_pgmap(pg[0], pg[k - 1]);

		if (t && same && t->start + t->nbytes == page_to_phys(pg[k])) {
			t->nbytes += PAGE_SIZE;	/* expect: PG01 */
		} else {
			t = next_seg(q);
			t->start = page_to_phys(pg[k]);
			t->nbytes = PAGE_SIZE;
		}
	}
}
