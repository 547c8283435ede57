// SPDX-License-Identifier: GPL-2.0
/* One function counts the run, another one maps it. */

static void cnt(struct page **pages, unsigned long n, unsigned long *first, unsigned long *npfns)
{
	unsigned long i;

	*first = page_to_pfn(pages[0]);
	for (i = 1; i < n; i++)	/* expect: PG01 */
		if (page_to_pfn(pages[i]) != *first + i)
			break;
	*npfns = i;
}

static int reg(struct hw *hw, struct page **pages, unsigned long n)
{
	unsigned long first, run, i;

	for (i = 0; i < n; i += run) {
		cnt(pages + i, n - i, &first, &run);
		hw_map_pages(hw, first << PAGE_SHIFT, run << PAGE_SHIFT);
	}
	return 0;
}
