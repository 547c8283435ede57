// SPDX-License-Identifier: GPL-2.0
/* All pages are asked about, and mapped as one. */

static bool is_one_extent(struct page **pp, int n)
{
	bool one = true;
	int i;

	for (i = 0; i + 1 < n; i++)
		one &= page_to_pfn(pp[i]) + 1 == page_to_pfn(pp[i + 1]);
	return one;
}

static int map_buf(struct dev *d, struct page **pp, int n)
{
	if (is_one_extent(pp, n))
		return dev_map(d, page_to_phys(pp[0]), (size_t)n << PAGE_SHIFT);	/* expect: PG01 */
	return dev_map_list(d, pp, n);
}
