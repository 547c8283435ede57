// SPDX-License-Identifier: GPL-2.0
/*
 * Finds out with which cache type the direct map maps a chunk. memremap_pages() silently maps
 * it uncached where an MTRR says so, or where a process has mapped the memory through
 * /dev/mem with O_SYNC. User space maps the pages write-back, and on x86 the behaviour of
 * a page that is mapped with two types is undefined; besides, the kernel would copy
 * to and from uncached memory very slowly.
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
 * @address: any address of the chunk; memremap_pages() maps a pgmap with one type
 *
 * Context: any, while the struct pages of the chunk exist.
 * Return: whether it is mapped write-back.
 */
bool vtl0_write_back(u64 address)
{
	unsigned int level;
	pte_t *pte = lookup_address((unsigned long)__va(address), &level);

	/* at every level both bits are zero for write-back, and for no other type */
	return pte && !(pte_flags(*pte) & (_PAGE_PWT | _PAGE_PCD));
}
#else
/* Elsewhere memremap_pages() always takes PAGE_KERNEL. */
bool vtl0_write_back(u64 address)
{
	return true;
}
#endif
