// SPDX-License-Identifier: GPL-2.0
/* What is added depends on the neighbour. */

static u32 span(struct page **v, u32 n)
{
	u32 k, bytes = PAGE_SIZE;
	bool open = true;

	for (k = 1; k < n && open; k++) {
		open = page_to_phys(v[k]) == page_to_phys(v[k - 1]) + PAGE_SIZE;
		bytes += open ? PAGE_SIZE : 0;	/* expect: PG01 */
	}
	return bytes;
}
