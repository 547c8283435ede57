// SPDX-License-Identifier: GPL-2.0
/* A run of pages is counted and becomes one entry. */

static int umem_to_sg(struct page **pages, unsigned int n, struct scatterlist *sg)
{
	unsigned int i = 0, used = 0;
	while (i < n) {
		unsigned int run = 1;
		while (i + run < n &&
		       page_to_pfn(pages[i + run]) - page_to_pfn(pages[i]) == run)
			run++;	/* expect: PG01 */
		sg_set_page(sg, pages[i], run << PAGE_SHIFT, 0);
		sg = sg_next(sg);
		i += run;
		used++;
	}
	return used;
}
