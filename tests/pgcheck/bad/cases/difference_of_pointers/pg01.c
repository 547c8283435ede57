// SPDX-License-Identifier: GPL-2.0
/* A run is as long as a pointer has moved. */

static unsigned long stretch(struct page *const *a, struct page *const *z)
{
	struct page *const *q = a;

	while (++q < z)	/* expect: PG01 */
		if (page_to_pfn(q[0]) != page_to_pfn(q[-1]) + 1)
			break;
	return (q - a) * PAGE_SIZE;
}

static void feed(struct iommu_dom *dom, u64 iova, struct page *const *a, struct page *const *z)
{
	while (a < z) {
		unsigned long bytes = stretch(a, z);

		dom_map(dom, iova, page_to_phys(*a), bytes);
		iova += bytes;
		a += bytes >> PAGE_SHIFT;
	}
}
