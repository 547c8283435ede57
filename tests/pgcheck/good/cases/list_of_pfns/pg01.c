// SPDX-License-Identifier: GPL-2.0
/* A list of numbers is no segment. */

static int pfn_list(struct page **pages, int n, u64 *list)
{
	int i;

	for (i = 0; i < n; i++)
		list[i] = page_to_pfn(pages[i]);
	return n;
}
