// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/huge_entries maps a range of reserved memory, parameters "start" and "length", by
 * special entries as large as the mapping allows: 1 GiB, 2 MiB or 4 KiB. Its VMAs are
 * VM_MIXEDMAP and may be split anywhere. The memory has struct pages, so that it is in
 * the kernel's direct mapping, and what a fault of the kernel does to it can be seen.
 */
#include <linux/align.h>
#include <linux/fs.h>
#include <linux/ioport.h>
#include <linux/memremap.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>

static unsigned long long start;
module_param(start, ullong, 0444);
MODULE_PARM_DESC(start, "First byte");

static unsigned long long length;
module_param(length, ullong, 0444);
MODULE_PARM_DESC(length, "Bytes");

static struct dev_pagemap pgmap = {
	.type = MEMORY_DEVICE_GENERIC,
	.nr_range = 1,
};

static vm_fault_t huge_entries_huge_fault(struct vm_fault *vmf, unsigned int order)
{
	struct vm_area_struct *vma = vmf->vma;
	unsigned long size = PAGE_SIZE << order;
	unsigned long addr = ALIGN_DOWN(vmf->address, size);
	unsigned long pfn = PHYS_PFN(start) + ALIGN_DOWN(vmf->pgoff, 1UL << order);
	bool write = vmf->flags & FAULT_FLAG_WRITE;

	if (pfn + (1UL << order) > PHYS_PFN(start + length))
		return order ? VM_FAULT_FALLBACK : VM_FAULT_SIGBUS;
	if (!order)
		return vmf_insert_mixed(vma, vmf->address, pfn);
	if (!IS_ALIGNED((vmf->address >> PAGE_SHIFT) - vmf->pgoff, 1UL << order) ||
	    addr < vma->vm_start || addr + size > vma->vm_end)
		return VM_FAULT_FALLBACK;
	if (order == PMD_ORDER)
		return vmf_insert_pfn_pmd(vmf, pfn, write);
	if (order == PUD_ORDER)
		return vmf_insert_pfn_pud(vmf, pfn, write);
	return VM_FAULT_FALLBACK;
}

static vm_fault_t huge_entries_fault(struct vm_fault *vmf)
{
	return huge_entries_huge_fault(vmf, 0);
}

static const struct vm_operations_struct huge_entries_vm_ops = {
	.fault = huge_entries_fault,
	.huge_fault = huge_entries_huge_fault,
};

static int huge_entries_mmap(struct file *file, struct vm_area_struct *vma)
{
	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	vma->vm_ops = &huge_entries_vm_ops;
	vm_flags_set(vma, VM_HUGEPAGE | VM_MIXEDMAP);
	return 0;
}

static const struct file_operations huge_entries_fops = {
	.owner = THIS_MODULE,
	.mmap = huge_entries_mmap,
};

static struct miscdevice huge_entries_dev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "huge_entries",
	.fops = &huge_entries_fops,
	.mode = 0600,
};

static int __init huge_entries_init(void)
{
	void *ret;
	int err;

	if (!length || !IS_ALIGNED(start | length, PUD_SIZE) || start + length < start)
		return -EINVAL;
	if (!request_mem_region(start, length, "huge_entries"))
		return -EBUSY;
	pgmap.range.start = start;
	pgmap.range.end = start + length - 1;
	ret = memremap_pages(&pgmap, numa_mem_id());
	if (IS_ERR(ret)) {
		err = PTR_ERR(ret);
		goto release;
	}
	err = misc_register(&huge_entries_dev);
	if (err)
		goto unmap;
	return 0;

unmap:
	memunmap_pages(&pgmap);
release:
	release_mem_region(start, length);
	return err;
}

static void __exit huge_entries_exit(void)
{
	misc_deregister(&huge_entries_dev);
	memunmap_pages(&pgmap);
	release_mem_region(start, length);
}

module_init(huge_entries_init);
module_exit(huge_entries_exit);
MODULE_AUTHOR("vtl0 contributors");
MODULE_DESCRIPTION("Maps memory by special entries of 1 GiB, 2 MiB and 4 KiB");
MODULE_LICENSE("GPL");
