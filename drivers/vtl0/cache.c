// SPDX-License-Identifier: GPL-2.0
/*
 * Which cache type the direct map has. memremap_pages() takes an uncached one
 * without a word where an MTRR says so, or where a mapping of /dev/mem with O_SYNC
 * got there first. User space maps the pages write-back, and two types for one page
 * are undefined on x86; besides, the kernel's copies would take a hundred times longer.
 */
#include <linux/mm.h>
#ifdef CONFIG_X86
#include <asm/pgtable.h>
#include <asm/pgtable_types.h>
#endif

#include "vtl0.h"

#ifdef CONFIG_X86
/**
 * vtl0_write_back() - is the direct map of a chunk cached?
 * @address: any of it; memremap_pages() maps all of a pgmap with one type
 *
 * Context: any, while the struct pages of the chunk exist.
 * Return: whether it is mapped write-back.
 */
bool vtl0_write_back(u64 address)
{
	unsigned int level;
	pte_t *pte = lookup_address((unsigned long)__va(address), &level);

	/* at every level these two bits are zero for write-back alone */
	return pte && !(pte_flags(*pte) & (_PAGE_PWT | _PAGE_PCD));
}
#else
bool vtl0_write_back(u64 address)
{
	return true;
}
#endif
