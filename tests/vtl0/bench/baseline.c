// SPDX-License-Identifier: GPL-2.0
/*
 * The memmap of one pgmap, as mm/sparse-vmemmap.c populates it on x86-64 with
 * 64-byte struct pages. Written apart from drivers/vtl0/plan.c on purpose: the
 * one checks the other.
 *
 * Order 0-7: vmemmap_can_optimize() says no (a folio has at most two vmemmap
 * pages), so every struct page is there, in 2M blocks without page tables.
 *
 * Order 8 and up: vmemmap_populate_compound_pages(). A folio has two vmemmap
 * pages of its own, for its head and for the first tails; all others are mapped
 * onto the second one. That also holds for folios larger than a section: those
 * sections that do not begin a folio reuse its tail page
 * (reuse_compound_section()). As the mapping is by 4K entries, a page table is
 * needed for each 2M of vmemmap, which is 128 MiB of memory, shared or not. A
 * table that straddles an edge of the range is counted as one: the model starts
 * tables at the start of the range.
 */
#include "baseline.h"

#define PAGE		4096ULL
#define STRUCT_PAGE	64ULL
#define TABLE_REACH	(512 * PAGE)
/* with HUGETLB; the largest there is, as that favours the upstream way */
#define MAX_FOLIO_ORDER	22

uint64_t baseline_memmap(uint64_t length, unsigned int order)
{
	uint64_t vmemmap = length / PAGE * STRUCT_PAGE;
	uint64_t folios = length / (PAGE << order);
	uint64_t tables = (vmemmap + TABLE_REACH - 1) / TABLE_REACH;

	if ((STRUCT_PAGE << order) / PAGE <= 2)
		return vmemmap;
	return folios * 2 * PAGE + tables * PAGE;
}

/*
 * @orders: bit n is set if one page-table entry maps a folio of order n. The
 * upstream module takes the order that start and end are aligned to, because its
 * mapping has no folios.
 */
void baseline_init(struct baseline *b, uint64_t start, uint64_t length, uint64_t orders)
{
	unsigned int order = __builtin_ctzll(start | (start + length)) - 12;

	if (order > MAX_FOLIO_ORDER)
		order = MAX_FOLIO_ORDER;

	b->start = start;
	b->length = length;
	b->ctz_order = order;
	b->memmap_ctz = baseline_memmap(length, order);
	while (!(orders >> order & 1))
		order--;
	b->map_order = order;
	b->memmap_map = baseline_memmap(length, order);
}
