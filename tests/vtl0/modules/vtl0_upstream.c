// SPDX-License-Identifier: GPL-2.0
/*
 * Registers guest RAM as drivers/hv/mshv_vtl_main.c does, for a machine without
 * Hyper-V, to compare with: one pgmap whose order is the alignment of the range,
 * and a mapping of special entries, which get_user_pages() cannot use. A test
 * module: it refuses only requests that would crash the kernel right away.
 */
#include <linux/align.h>
#include <linux/bitops.h>
#include <linux/fs.h>
#include <linux/ioport.h>
#include <linux/ktime.h>
#include <linux/memremap.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "upstream.h"

static bool claim = true;
module_param(claim, bool, 0444);
MODULE_PARM_DESC(claim, "Claim the memory, as mshv_vtl does not");

/* protects what follows */
static DEFINE_MUTEX(upstream_lock);
static struct dev_pagemap pgmap;
static bool registered;

static int add(struct upstream_add *arg)
{
	/* as vtl0's min_align; memremap_compat_align() leaves out that a memmap has whole pages */
	u64 align = max_t(u64, memremap_compat_align(),
			  PAGE_SIZE / (1UL << __ffs(sizeof(struct page))) << PAGE_SHIFT);
	u64 end = arg->start + arg->length;
	ktime_t begin;
	void *ret;

	if (registered)
		return -EBUSY;
	if (!arg->length || end < arg->start ||
	    !IS_ALIGNED(arg->start | end, align))
		return -EINVAL;
	if (arg->order == UPSTREAM_ORDER_CTZ)
		arg->order = min_t(int, __ffs64(arg->start | end) - PAGE_SHIFT,
				   MAX_FOLIO_ORDER);
	if (claim && !request_mem_region(arg->start, arg->length, "vtl0_upstream"))
		return -EBUSY;
	memset(&pgmap, 0, sizeof(pgmap));
	pgmap.type = MEMORY_DEVICE_GENERIC;
	pgmap.nr_range = 1;
	pgmap.range.start = arg->start;
	pgmap.range.end = end - 1;
	pgmap.vmemmap_shift = arg->order;
	begin = ktime_get();
	ret = memremap_pages(&pgmap, numa_mem_id());
	arg->ns = ktime_to_ns(ktime_sub(ktime_get(), begin));
	if (IS_ERR(ret)) {
		if (claim)
			release_mem_region(arg->start, arg->length);
		return PTR_ERR(ret);
	}
	registered = true;
	return 0;
}

static void remove(void)
{
	if (!registered)
		return;
	memunmap_pages(&pgmap);
	if (claim)
		release_mem_region(pgmap.range.start, range_len(&pgmap.range));
	registered = false;
}

static long upstream_ioctl(struct file *file, unsigned int cmd, unsigned long uarg)
{
	struct upstream_add arg;
	int ret = 0;

	if (cmd == UPSTREAM_ADD && copy_from_user(&arg, (void __user *)uarg, sizeof(arg)))
		return -EFAULT;
	mutex_lock(&upstream_lock);
	if (cmd == UPSTREAM_ADD)
		ret = add(&arg);
	else if (cmd == UPSTREAM_REMOVE)
		remove();
	else
		ret = -ENOTTY;
	mutex_unlock(&upstream_lock);
	if (!ret && cmd == UPSTREAM_ADD && copy_to_user((void __user *)uarg, &arg, sizeof(arg)))
		return -EFAULT;
	return ret;
}

static vm_fault_t upstream_huge_fault(struct vm_fault *vmf, unsigned int order)
{
	unsigned long size = PAGE_SIZE << order;
	unsigned long addr = ALIGN_DOWN(vmf->address, size);
	unsigned long pfn = ALIGN_DOWN(vmf->pgoff, 1UL << order);

	if (!order)
		return vmf_insert_mixed(vmf->vma, vmf->address, pfn);
	if (!IS_ALIGNED((vmf->address >> PAGE_SHIFT) - vmf->pgoff, 1UL << order) ||
	    addr < vmf->vma->vm_start || addr + size > vmf->vma->vm_end)
		return VM_FAULT_FALLBACK;
	if (order == PMD_ORDER)
		return vmf_insert_pfn_pmd(vmf, pfn, vmf->flags & FAULT_FLAG_WRITE);
	/* 1G entries of this kind make GUP walk struct pages that do not match */
	return VM_FAULT_FALLBACK;
}

static vm_fault_t upstream_fault(struct vm_fault *vmf)
{
	return upstream_huge_fault(vmf, 0);
}

static const struct vm_operations_struct upstream_vm_ops = {
	.fault = upstream_fault,
	.huge_fault = upstream_huge_fault,
};

static int upstream_mmap(struct file *file, struct vm_area_struct *vma)
{
	vma->vm_ops = &upstream_vm_ops;
	vm_flags_set(vma, VM_HUGEPAGE | VM_MIXEDMAP);
	return 0;
}

/* no get_unmapped_area: mmap() without a hint gets an address for 4K entries */
static const struct file_operations upstream_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = upstream_ioctl,
	.mmap = upstream_mmap,
};

static struct miscdevice upstream_dev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "vtl0_upstream",
	.fops = &upstream_fops,
	.mode = 0600,
};

static int __init upstream_init(void)
{
	return misc_register(&upstream_dev);
}

static void __exit upstream_exit(void)
{
	misc_deregister(&upstream_dev);
	remove();
}

module_init(upstream_init);
module_exit(upstream_exit);

MODULE_DESCRIPTION("The upstream way to register and map guest RAM, to compare with");
MODULE_AUTHOR("vtl0 contributors");
MODULE_LICENSE("GPL");
