// SPDX-License-Identifier: GPL-2.0
/*
 * Where memory is mapped in single pages, a fault also maps the neighbours of the page
 * that faulted, up to 64 pages in all, as do_fault_around() does for the page cache.
 */
#include <linux/mm.h>

#include "vtl0.h"

/* Pages that one fault maps at most. */
#define AROUND_PAGES 64

/* Errors are ignored: a neighbour that is not mapped now faults when it is touched. */
static void insert_neighbour(struct vm_fault *vmf, unsigned long addr)
{
	/* modulo 2^64, as the neighbour may lie before the page that faulted */
	unsigned long pfn = vmf->pgoff + (addr >> PAGE_SHIFT) - (vmf->address >> PAGE_SHIFT);
	struct vm_fault near = { .vma = vmf->vma, .address = addr };

	if (vtl0_bad_any(pfn, 1))
		return;
	vtl0_mapping_add_folio(pfn_folio(pfn));
	vmf_insert_page_mkwrite(&near, pfn_to_page(pfn), false);
}

/**
 * vtl0_insert_around() - map the neighbours of a page
 * @vmf: the fault that mapped the page
 * @chunk: the chunk of that page, in a live range
 *
 * The neighbours are the pages of one aligned block of AROUND_PAGES that lie in the same
 * VMA and chunk; the block lies in one page table. They get the permissions of the VMA
 * and stay clean until they are written.
 *
 * Context: inside vtl0_srcu, with 2M entries excluded from this page table.
 */
void vtl0_insert_around(struct vm_fault *vmf, const struct vtl0_chunk *chunk)
{
	unsigned long address = ALIGN_DOWN(vmf->address, PAGE_SIZE);
	unsigned long first = ALIGN_DOWN(address, AROUND_PAGES * PAGE_SIZE);
	unsigned long last = first + (AROUND_PAGES - 1) * PAGE_SIZE;
	u64 before = PFN_PHYS((u64)vmf->pgoff) - chunk->piece.start;
	u64 after = chunk->piece.length - before - PAGE_SIZE;
	unsigned long addr;

	first = max(first, vmf->vma->vm_start);
	first = max(first, address - min_t(u64, before, address - first));
	last = min(last, vmf->vma->vm_end - PAGE_SIZE);
	last = min(last, address + min_t(u64, after, last - address));
	for (addr = first; addr <= last; addr += PAGE_SIZE)
		if (addr != address)
			insert_neighbour(vmf, addr);
}
