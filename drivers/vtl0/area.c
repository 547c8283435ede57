// SPDX-License-Identifier: GPL-2.0
/* Looks for an address at which a mapping can have large entries. */
#include <linux/align.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/sched/mm.h>

#include "vtl0.h"

/* An address that is congruent to the offset modulo @size, or an error. */
static unsigned long get_aligned_area(struct file *file, unsigned long len,
				      unsigned long pgoff, unsigned long flags,
				      unsigned long size)
{
	u64 offset = PFN_PHYS((u64)pgoff);
	unsigned long addr;

	/* only worth it if the mapping contains an aligned block */
	if (len < size || round_up(offset, size) - offset > len - size)
		return -EINVAL;
	if (len + size < len)
		return -ENOMEM;
	addr = mm_get_unmapped_area(file, 0, len + size, pgoff, flags);
	if (IS_ERR_VALUE(addr))
		return addr;
	return addr + ((offset - addr) & (size - 1));
}

/**
 * vtl0_get_area() - an address at which memory can be mapped by large entries
 * @file: whose mapping it is
 * @addr: address that the caller asks for, or 0
 * @len: bytes
 * @pfn: of the first page
 * @flags: of mmap()
 *
 * Return: an address, or an errno.
 */
unsigned long vtl0_get_area(struct file *file, unsigned long addr, unsigned long len,
			    unsigned long pfn, unsigned long flags)
{
	static const unsigned long sizes[] = { PUD_SIZE, PMD_SIZE };
	unsigned long aligned;
	int i;

	if (!addr && !(flags & MAP_FIXED)) {
		for (i = 0; i < ARRAY_SIZE(sizes); i++) {
			aligned = get_aligned_area(file, len, pfn, flags, sizes[i]);
			if (!IS_ERR_VALUE(aligned))
				return aligned;
		}
	}
	return mm_get_unmapped_area(file, addr, len, pfn, flags);
}
