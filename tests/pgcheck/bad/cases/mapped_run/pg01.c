// SPDX-License-Identifier: GPL-2.0
/* A run of folios is mapped as one. */

static void map_range(struct iommu_domain *d, struct folio **folios, int n, u64 iova)
{
	unsigned long first = folio_pfn(folios[0]);
	size_t size = folio_size(folios[0]);
	int i;

	for (i = 1; i < n; i++) {
		unsigned long pfn = folio_pfn(folios[i]);

		if (pfn == first + (size >> PAGE_SHIFT)) {
			size += folio_size(folios[i]);	/* expect: PG01 */
			continue;
		}
		iommu_map(d, iova, PFN_PHYS(first), size, IOMMU_READ, GFP_KERNEL);
		iova += size;
		first = pfn;
		size = folio_size(folios[i]);
	}
	iommu_map(d, iova, PFN_PHYS(first), size, IOMMU_READ, GFP_KERNEL);
}
