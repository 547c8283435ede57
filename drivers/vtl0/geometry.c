// SPDX-License-Identifier: GPL-2.0
/* Describes this kernel to the planner. */
#include <linux/bitops.h>
#include <linux/log2.h>
#include <linux/memremap.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <kunit/visibility.h>

#include "plan.h"
#include "vtl0.h"

struct vtl0_geometry vtl0_geometry;
EXPORT_SYMBOL_IF_KUNIT(vtl0_geometry);

/*
 * The memory that one page of the memmap describes: 4 MiB with pages of 16K, 64 MiB with pages
 * of 64K. memremap_pages() accepts ranges that are no multiple of it, but then leaves the end
 * of their memmap unmapped, and initializing that is an oops.
 */
static u64 memmap_page_bytes(void)
{
	/* PAGE_SIZE / unit structs fill whole pages also if their size is no power of two */
	unsigned int unit = 1U << __ffs(sizeof(struct page));

	return (u64)(PAGE_SIZE / unit) << PAGE_SHIFT;
}

/**
 * vtl0_geometry_init() - describe this kernel to the planner
 *
 * Sets the granularity of registration, the orders that one page-table entry can map,
 * and whether the vmemmap of large folios is shared.
 */
void vtl0_geometry_init(void)
{
	static const unsigned int useful[] = {
		0, PMD_ORDER, COMPAT_HAVE_PUD_FOLIOS ? PUD_ORDER : 0,
	};
	struct vtl0_geometry *g = &vtl0_geometry;
	unsigned int i;

	g->min_align = max_t(u64, memremap_compat_align(), memmap_page_bytes());
	g->page_shift = PAGE_SHIFT;
	g->struct_page = sizeof(struct page);
	g->dedup = IS_ENABLED(CONFIG_ARCH_WANT_OPTIMIZE_DAX_VMEMMAP) &&
		   is_power_of_2(sizeof(struct page));
	g->nr_orders = 0;
	for (i = 0; i < ARRAY_SIZE(useful); i++)
		if (!i || (useful[i] > useful[i - 1] && useful[i] <= MAX_FOLIO_ORDER))
			g->orders[g->nr_orders++] = useful[i];
}
