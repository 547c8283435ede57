/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The differences between kernel versions and configurations. Drivers are written for
 * the newest supported kernel; this file defines what older ones lack: macros if they
 * are not defined, functions by the version that brought or changed them. The Kbuild of
 * a module decides for which kernels it is built.
 */
#ifndef _COMPAT_H
#define _COMPAT_H

#include <linux/bio.h>
#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/crc32c.h>
#include <linux/huge_mm.h>
#include <linux/ioport.h>
#include <linux/kconfig.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <linux/version.h>

/* ------------------------------------------------------------------ */
/* Memory */

/*
 * before 6.13: entries of device memory are "devmap" entries, which neither count
 * in the folio nor hold a reference on it, so folio_mapcount() is always 0.
 */
#define COMPAT_COUNTS_MAPPINGS (LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0))

/*
 * Not every architecture has huge PUD entries, and without MMU notifiers they
 * cannot be made safely; there PUD orders are not used.
 * before 7.0: MADV_DONTNEED within one warns (per-VMA lock), but for 6.12.
 */
#if defined(CONFIG_HAVE_ARCH_TRANSPARENT_HUGEPAGE_PUD) && defined(CONFIG_MMU_NOTIFIER) && \
	(LINUX_VERSION_CODE >= KERNEL_VERSION(7, 0, 0) || !COMPAT_COUNTS_MAPPINGS)
#define COMPAT_HAVE_PUD_FOLIOS 1
#else
#define COMPAT_HAVE_PUD_FOLIOS 0
#endif

/*
 * before 7.0: "Soft Reserved" memory is in /proc/iomem. Newer kernels keep it in a tree of its
 * own on x86.
 */
static inline int compat_walk_soft_reserved(u64 start, u64 end, void *arg,
					    int (*func)(struct resource *, void *))
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 0, 0)
	int ret = walk_soft_reserve_res(start, end, arg, func);

	/* -EINVAL: there is none */
	if (ret != -EINVAL)
		return ret;
#endif
	return walk_iomem_res_desc(IORES_DESC_SOFT_RESERVED, IORESOURCE_MEM, start, end, arg,
				   func);
}

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)

#include <linux/pfn_t.h>

static inline pfn_t compat_devmap(unsigned long pfn)
{
	return __pfn_to_pfn_t(pfn, PFN_DEV | PFN_MAP);
}

/* If the entry is write-protected later, the core undoes that without a fault here. */
static inline vm_fault_t vmf_insert_page_mkwrite(struct vm_fault *vmf,
						 struct page *page, bool write)
{
	return vmf_insert_mixed(vmf->vma, vmf->address, compat_devmap(page_to_pfn(page)));
}

static inline vm_fault_t vmf_insert_folio_pmd(struct vm_fault *vmf,
					      struct folio *folio, bool write)
{
	return vmf_insert_pfn_pmd(vmf, compat_devmap(folio_pfn(folio)), write);
}

#if COMPAT_HAVE_PUD_FOLIOS
static inline vm_fault_t vmf_insert_folio_pud(struct vm_fault *vmf,
					      struct folio *folio, bool write)
{
	return vmf_insert_pfn_pud(vmf, compat_devmap(folio_pfn(folio)), write);
}
#endif

#endif /* before 6.13 */

/*
 * Sets the pgmap of a folio that no other task can use yet.
 * before 6.15: each struct page has the pointer, but in a tail page its word is the one
 * that leads to the head. What compares pgmaps there ends a segment in front of a tail.
 */
static inline void compat_set_pgmap(struct folio *folio, struct dev_pagemap *pgmap)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 15, 0)
	folio->page.pgmap = pgmap;
#else
	folio->pgmap = pgmap;
#endif
}

/*
 * before 7.2: compound_nr_pages() of some releases does not check early_section() (6.18.35,
 * 7.0.0 and 7.1.3, but 6.18.44 and 7.1.5 do). Then memremap_pages() initializes only the
 * struct pages in the first VMEMMAP_RESERVE_NR pages of a folio's memmap, although the
 * memmap that a section has from boot has one for each page of memory. The struct page of a
 * tail does not depend on its pfn, so the others get copies of the last one initialized.
 */
static inline void compat_init_tails(struct folio *folio)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 2, 0)
	const long initialized = VMEMMAP_RESERVE_NR * (PAGE_SIZE / sizeof(struct page));
	struct page *page = folio_page(folio, 0);
	long i;

	if (!early_section(__pfn_to_section(folio_pfn(folio))))
		return;
	for (i = initialized; i < folio_nr_pages(folio); i++)
		page[i] = page[initialized - 1];
#endif
}

/* before 6.18 */
#ifndef MAX_FOLIO_ORDER
#define MAX_FOLIO_ORDER PUD_ORDER
#endif

/* before 7.0 (it comes and goes in stable releases) */
#ifndef kzalloc_obj
#define kzalloc_obj(obj) kzalloc(sizeof(obj), GFP_KERNEL)
#endif
#ifndef kmalloc_obj
#define kmalloc_obj(obj) kmalloc(sizeof(obj), GFP_KERNEL)
#endif

/* before 7.0: the address space is an argument, and always that of the caller */
#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 0, 0)
typedef unsigned long compat_area_mm(struct mm_struct *, struct file *, unsigned long,
				     unsigned long, unsigned long, unsigned long);
typedef unsigned long compat_area(struct file *, unsigned long, unsigned long,
				  unsigned long, unsigned long);

static inline unsigned long compat_get_unmapped_area(struct file *file, unsigned long addr,
						     unsigned long len, unsigned long pgoff,
						     unsigned long flags)
{
	void *func = mm_get_unmapped_area;

	/* By type, as the change is in some 6.19 and not in others. */
	if (__builtin_types_compatible_p(typeof(mm_get_unmapped_area), compat_area_mm))
		return ((compat_area_mm *)func)(current->mm, file, addr, len, pgoff, flags);
	return ((compat_area *)func)(file, addr, len, pgoff, flags);
}

#define mm_get_unmapped_area compat_get_unmapped_area
#endif

/* ------------------------------------------------------------------ */
/* Bios */

/*
 * before 7.1: a request may join adjacent pages of different memory in one segment. Newer
 * kernels do not, and a future one may read more than the pages of that test have.
 * CONFIG_DEBUG_VIRTUAL: page_to_phys() warns of pages outside of the memmap, so there the
 * version has to tell.
 */
#define COMPAT_MAY_JOIN \
	(LINUX_VERSION_CODE < KERNEL_VERSION(7, 1, 0) && !IS_ENABLED(CONFIG_DEBUG_VIRTUAL))
#define COMPAT_JOINS_BY_VERSION \
	(IS_ENABLED(CONFIG_DEBUG_VIRTUAL) && \
	 (LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 88) || \
	  (LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0) && \
	   LINUX_VERSION_CODE < KERNEL_VERSION(6, 18, 30)) || \
	  (LINUX_VERSION_CODE >= KERNEL_VERSION(6, 19, 0) && \
	   LINUX_VERSION_CODE < KERNEL_VERSION(7, 0, 7))))

/* 6.12, and not 6.17: the queue is an argument, and always the request's */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)
#define blk_rq_map_sg(rq, sgl) blk_rq_map_sg((rq)->q, rq, sgl)
#endif

/* before 6.18, or some release about then: the vecs behind a bio have no function */
#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 0, 0)
static inline void compat_bio_init_inline(struct bio *bio, struct block_device *bdev,
					  unsigned short nr, blk_opf_t opf)
{
	bio_init(bio, bdev, (struct bio_vec *)(bio + 1), nr, opf);
}

#define bio_init_inline compat_bio_init_inline
#endif

/* before 7.0 */
#ifndef BIO_MAX_SIZE
#define BIO_MAX_SIZE UINT_MAX
#endif

/* before 6.13: atomic writes do not pass a stacking driver */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
#define BLK_FEAT_ATOMIC_WRITES 0U
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 2, 0)

/* before 7.2, or some release before it: none of these */

#define bvec_folio(bv) page_folio((bv)->bv_page)

static inline bool compat_folio_mark_dirty_lock(struct folio *folio)
{
	bool ret;

	folio_lock(folio);
	ret = folio_mark_dirty(folio);
	folio_unlock(folio);
	return ret;
}

#define folio_mark_dirty_lock compat_folio_mark_dirty_lock

/* A page at a time: pages of one folio are not joined. */
static inline ssize_t compat_extract_bvecs(struct iov_iter *iter, struct bio_vec *bv,
					   size_t max_size, unsigned short *nr_vecs,
					   unsigned short max_vecs,
					   iov_iter_extraction_t flags)
{
	struct page *page, **pages = &page;
	ssize_t size, done = 0;
	size_t offset;

	while (max_size && *nr_vecs < max_vecs) {
		size = iov_iter_extract_pages(iter, &pages, max_size, 1, flags, &offset);
		if (size <= 0)
			return done ?: size ?: -EFAULT;
		bvec_set_page(&bv[(*nr_vecs)++], page, size, offset);
		max_size -= size;
		done += size;
	}
	return done;
}

/* No caller here asks for an alignment. */
#define iov_iter_extract_bvecs(iter, bv, max_size, nr_vecs, max_vecs, align_mask, flags) \
	compat_extract_bvecs(iter, bv, max_size, nr_vecs, max_vecs, flags)

#endif /* before 7.2 */

/*
 * before 6.17: zeroing has one limit. What drivers do to the other one they do to a
 * limit that has the same value then.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)
#define max_hw_wzeroes_unmap_sectors max_write_zeroes_sectors
#define max_user_wzeroes_unmap_sectors max_user_discard_sectors
#endif

/* blk_validate_limits() refuses a stale max_hw_wzeroes_unmap_sectors. */
static inline void compat_drop_stale_wzeroes(struct queue_limits *lim)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 17, 0)
	if (lim->max_hw_wzeroes_unmap_sectors != lim->max_write_zeroes_sectors)
		lim->max_hw_wzeroes_unmap_sectors = 0;
#endif
}

/* before 6.17: the name */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)
#define metadata_size tuple_size
#endif

/* before 6.14: freezing a queue does not keep reclaim from needing it */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 14, 0)
static inline unsigned int compat_freeze_queue(struct request_queue *queue)
{
	blk_mq_freeze_queue(queue);
	return memalloc_noio_save();
}

static inline void compat_unfreeze_queue(struct request_queue *queue, unsigned int memflags)
{
	memalloc_noio_restore(memflags);
	blk_mq_unfreeze_queue(queue);
}

#define blk_mq_freeze_queue compat_freeze_queue
#define blk_mq_unfreeze_queue compat_unfreeze_queue
#endif

/* before 6.18: the geometry is that of a block device, not of a disk */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 18, 0)
#define COMPAT_GETGEO(func)								\
static int compat_##func(struct block_device *bdev, struct hd_geometry *geo)		\
{											\
	return func(bdev->bd_disk, geo);						\
}

#define COMPAT_GETGEO_OP(func) compat_##func
#define compat_getgeo(bdev, geo) ((bdev)->bd_disk->fops->getgeo(bdev, geo))
#else
#define COMPAT_GETGEO(func)
#define COMPAT_GETGEO_OP(func) func
#define compat_getgeo(bdev, geo) ((bdev)->bd_disk->fops->getgeo((bdev)->bd_disk, geo))
#endif

/* before 6.16: no write streams */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 16, 0)
static inline void compat_stack_write_streams(struct queue_limits *lim,
					      struct block_device *lower)
{
	lim->max_write_streams = bdev_max_write_streams(lower);
	if (lim->max_write_streams)
		lim->write_stream_granularity =
			bdev_limits(lower)->write_stream_granularity;
}
#else
#define bi_write_stream bi_write_hint

static inline void compat_stack_write_streams(struct queue_limits *lim,
					      struct block_device *lower)
{
}
#endif

/* ------------------------------------------------------------------ */
/* Device mapper */

/* before 6.16: a target is not told which ioctl it prepares */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 16, 0)
#define COMPAT_PREPARE_IOCTL_ARGS
#else
#define COMPAT_PREPARE_IOCTL_ARGS , unsigned int cmd, unsigned long arg, bool *forward
#endif

/* before 6.14: no atomic writes through device mapper; for <linux/device-mapper.h> */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 14, 0)
#define COMPAT_DM_TARGET_ATOMIC_WRITES 0
#else
#define COMPAT_DM_TARGET_ATOMIC_WRITES DM_TARGET_ATOMIC_WRITES
#endif

#endif /* _COMPAT_H */
