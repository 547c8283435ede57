// SPDX-License-Identifier: GPL-2.0
/* Pages of the function's own. */

static void build(struct dev *d, struct scatterlist *sg, int n)
{
	struct page *prev = NULL;

	while (n--) {
		struct page *page = alloc_page(GFP_KERNEL);

		if (prev && page_to_pfn(prev) + 1 == page_to_pfn(page)) {
			sg->length += PAGE_SIZE;
		} else {
			sg = sg_next(sg);
			sg_set_page(sg, page, PAGE_SIZE, 0);
		}
		prev = page;
	}
}
