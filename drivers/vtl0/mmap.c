// SPDX-License-Identifier: GPL-2.0
/*
 * The mapping node: physical memory by file offset, as folios, so that every
 * kind of get_user_pages() works on it, with the largest page-table entry that
 * memory, mapping and address allow.
 *
 * Only what is registered can be touched, all else is SIGBUS; so there are no
 * entries without a struct page, which GUP refuses (EEXIST) or worse. After
 * drivers/dax/device.c: shared mappings only, no VM_MIXEDMAP, one S_DAX inode
 * owned by the driver behind every node, because only a DAX mapping is offered
 * PUD faults and splits huge entries with correct accounting.
 */
#include <linux/capability.h>
#include <linux/dax.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/hash.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/pagemap.h>
#include <linux/pgmap_bio.h>
#include <linux/pseudo_fs.h>
#include <linux/security.h>

#include "trace.h"
#include "vtl0.h"

#define VTL0_FS_MAGIC 0x76746c30 /* "vtl0" */

static struct vfsmount *vtl0_mount;
static struct inode *vtl0_inode;

#define INSERT_LOCK_BITS 6

/* see insert_below_pud() */
static struct mutex insert_locks[1 << INSERT_LOCK_BITS];

static const struct address_space_operations vtl0_aops = {
	.dirty_folio = noop_dirty_folio,
};

/*
 * For rmap (memory_failure() finds whom to kill). The offset of a page is its
 * physical address in every mapping, so whoever is first writes what all would.
 */
static void set_mapping(struct folio *folio)
{
	if (READ_ONCE(folio->mapping))
		return;
	folio->index = folio_pfn(folio);
	/* who sees the mapping sees the index */
	smp_store_release(&folio->mapping, vtl0_inode->i_mapping);
}

/**
 * vtl0_poison() - never map a folio again, and let rmap find who does now
 * @folio: of a live range, in which hardware reported an error
 *
 * Context: sleeps; outside of vtl0_srcu.
 */
void vtl0_poison(struct folio *folio)
{
	set_mapping(folio);
	folio_set_hwpoison(folio);
	/* a fault that did not see it has made its entry after this */
	synchronize_srcu(&vtl0_srcu);
}

/*
 * An entry of @order needs a folio of just that order (the inserters warn about
 * any other), a virtual address aligned as the physical one is, and room in the
 * VMA. If one is missing the kernel tries the next smaller entry.
 */
static bool fits(struct vm_fault *vmf, const struct vtl0_chunk *chunk, unsigned int order)
{
	unsigned long size = PAGE_SIZE << order;
	unsigned long addr = ALIGN_DOWN(vmf->address, size);
	unsigned long offset = (vmf->address >> PAGE_SHIFT) - vmf->pgoff;

	if (!order)
		return true;
	return chunk->piece.order == order && IS_ALIGNED(offset, 1UL << order) &&
	       addr >= vmf->vma->vm_start && addr + size <= vmf->vma->vm_end;
}

/*
 * A large entry is inserted with what the VMA allows, so a write to it needs no
 * more, unless soft-dirty tracking is on; then the write faults once more and
 * finds the entry. Asking for it at once would let the inserters warn if a page
 * table has appeared meanwhile: by a thread that last looked when the chunk had
 * another order.
 */
static bool upgrade(struct vm_fault *vmf, unsigned int order)
{
	if (!(vmf->flags & FAULT_FLAG_WRITE))
		return false;
	if (order == PUD_ORDER)
		return pud_leaf(pudp_get(vmf->pud));
	if (order == PMD_ORDER)
		return pmd_leaf(pmdp_get(vmf->pmd));
	return true;
}

static vm_fault_t insert_pmd_or_pte(struct vm_fault *vmf, struct page __pgmap *page,
				    unsigned int order)
{
	if (order == PMD_ORDER)
		return vmf_insert_folio_pmd(vmf, pgmap_page_folio(page), upgrade(vmf, order));
	/* it has become one since the core looked; the access finds it */
	if (pmd_leaf(pmdp_get(vmf->pmd)))
		return VM_FAULT_NOPAGE;
	return vmf_insert_page_mkwrite(vmf, pgmap_plain_page(page), upgrade(vmf, order));
}

/*
 * The core calls with no lock that would keep a page table from being freed when
 * it is empty (MADV_DONTNEED), and another thread from inserting a 2M entry in
 * its place; and the inserter of pages takes that for a table, or for a lack of
 * memory. So who inserts below a PMD excludes who inserts the PMD, as the entry
 * locks of fs/dax.c do.
 */
static vm_fault_t insert_below_pud(struct vm_fault *vmf, struct page __pgmap *page,
				   unsigned int order)
{
	unsigned long key = (unsigned long)vmf->vma->vm_mm ^ (vmf->address >> PMD_SHIFT);
	struct mutex *lock = &insert_locks[hash_long(key, INSERT_LOCK_BITS)];
	vm_fault_t ret;

	mutex_lock(lock);
	ret = insert_pmd_or_pte(vmf, page, order);
	mutex_unlock(lock);
	return ret;
}

static vm_fault_t insert(struct vm_fault *vmf, struct vtl0_chunk *chunk, unsigned int order)
{
	struct page __pgmap *page = pgmap_pfn_to_page(ALIGN_DOWN(vmf->pgoff, 1UL << order));
	struct folio *folio = pgmap_page_folio(page);

	if (folio_test_hwpoison(folio))
		return VM_FAULT_HWPOISON;
	set_mapping(folio);
	if (!READ_ONCE(chunk->range->touched))
		WRITE_ONCE(chunk->range->touched, true);
	if (order == PUD_ORDER)
		return vmf_insert_folio_pud(vmf, folio, upgrade(vmf, order));
	return insert_below_pud(vmf, page, order);
}

static void count_fault(struct vtl0_chunk *chunk, unsigned int order)
{
	enum vtl0_level level = order == PUD_ORDER ? VTL0_LEVEL_PUD :
				order == PMD_ORDER ? VTL0_LEVEL_PMD : VTL0_LEVEL_PTE;

	atomic64_inc(&chunk->range->faults[level]);
	if (level == VTL0_LEVEL_PTE && chunk->piece.order >= PMD_ORDER)
		atomic64_inc(&chunk->range->fallbacks);
}

static vm_fault_t fault_in_range(struct vm_fault *vmf, unsigned int order)
{
	struct vtl0_chunk *chunk = vtl0_chunk_find(PFN_PHYS(vmf->pgoff));
	unsigned int state;
	vm_fault_t ret;

	if (!chunk)
		return VM_FAULT_SIGBUS;
	/* pairs with set_state(): LIVE after the struct pages */
	state = smp_load_acquire(&chunk->range->state);
	if (state == VTL0_STATE_REMOVING)
		return VM_FAULT_RETRY;
	if (state != VTL0_STATE_LIVE)
		return VM_FAULT_SIGBUS;
	if (!fits(vmf, chunk, order))
		return VM_FAULT_FALLBACK;
	ret = insert(vmf, chunk, order);
	if (ret == VM_FAULT_NOPAGE)
		count_fault(chunk, order);
	return ret;
}

/*
 * SRCU, because inserting allocates page tables; removal waits for it before it
 * zaps, so no entry is inserted behind its back.
 */
static vm_fault_t vtl0_huge_fault(struct vm_fault *vmf, unsigned int order)
{
	vm_fault_t ret;
	int idx;

	if (order && order != PMD_ORDER && order != PUD_ORDER)
		return VM_FAULT_FALLBACK;
	idx = srcu_read_lock(&vtl0_srcu);
	ret = fault_in_range(vmf, order);
	srcu_read_unlock(&vtl0_srcu, idx);
	if (ret == VM_FAULT_RETRY) {
		/* removal may still be refused; look again when it is decided */
		schedule_timeout_killable(1);
		ret = VM_FAULT_NOPAGE;
	}
	trace_vtl0_fault(vmf->address, PFN_PHYS(vmf->pgoff), order,
			 vmf->flags & FAULT_FLAG_WRITE, (__force unsigned int)ret);
	return ret;
}

static vm_fault_t vtl0_fault(struct vm_fault *vmf)
{
	return vtl0_huge_fault(vmf, 0);
}

/*
 * Drop the 1G entries of a physical range in every mapping; they fault in again.
 * Core mm mishandles them in two places (7.2, 7.3). Splitting a VMA within one
 * splits a PMD entry there, and mm_find_pmd() takes the 1G entry for a page
 * table: it would read guest memory as PMDs. mremap() takes it for a bad page
 * table and clears it without giving back its reference (get_old_pud()).
 */
static void drop_puds(u64 start, u64 end)
{
	struct vtl0_chunk *chunk;
	int idx;

	/* whole entries: zapping a part of one splits it, in other processes, too */
	start = ALIGN_DOWN(start, PUD_SIZE);
	end = ALIGN(end, PUD_SIZE);
	idx = srcu_read_lock(&vtl0_srcu);
	while (start < end && (chunk = vtl0_chunk_next(start))) {
		struct vtl0_piece *p = &chunk->piece;
		u64 from = max(start, p->start);

		start = p->start + p->length;
		if (from < end && p->order == PUD_ORDER)
			vtl0_zap(from, min(start, end) - from);
	}
	srcu_read_unlock(&vtl0_srcu, idx);
}

/* Before a split; the write lock keeps faults out until it is done. */
static int vtl0_may_split(struct vm_area_struct *vma, unsigned long addr)
{
	u64 phys = PFN_PHYS((u64)vma->vm_pgoff) + (addr - vma->vm_start);

	if (!IS_ALIGNED(phys, PUD_SIZE)) {
		vma_start_write(vma);
		drop_puds(phys, phys + 1);
	}
	return 0;
}

/*
 * Of a VMA that mremap() is about to move page tables to; it has locked the old
 * one. A child's VMA, in dup_mmap(), gets no page tables, and one that is split
 * off, which still lies in the other, was seen to in may_split. mremap() cannot
 * extend a neighbour instead: VM_DONTEXPAND keeps VMAs from being merged.
 */
static void vtl0_vma_open(struct vm_area_struct *vma)
{
	u64 start = PFN_PHYS((u64)vma->vm_pgoff);

	if (vma->vm_mm == current->mm && !vma_lookup(vma->vm_mm, vma->vm_start))
		drop_puds(start, start + (vma->vm_end - vma->vm_start));
}

static const struct vm_operations_struct vtl0_vm_ops = {
	.open = vtl0_vma_open,
	.may_split = vtl0_may_split,
	.fault = vtl0_fault,
	.huge_fault = vtl0_huge_fault,
};

/* Private mappings would copy on write, and what guest RAM is cannot be copied. */
static int vtl0_low_mmap(struct file *file, struct vm_area_struct *vma)
{
	u64 start = PFN_PHYS((u64)vma->vm_pgoff);
	int ret;

	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	if (vma->vm_pgoff > PHYS_PFN(U64_MAX))
		return -EOVERFLOW;
	ret = vtl0_check_range(start, vma->vm_end - vma->vm_start);
	if (ret)
		return ret;
	vma->vm_ops = &vtl0_vm_ops;
	/* guest memory does not belong into a core dump of the VMM */
	vm_flags_set(vma, VM_HUGEPAGE | VM_DONTEXPAND | VM_DONTDUMP);
	return 0;
}

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

static unsigned long vtl0_get_unmapped_area(struct file *file, unsigned long addr,
					    unsigned long len, unsigned long pgoff,
					    unsigned long flags)
{
	static const unsigned long sizes[] = { PUD_SIZE, PMD_SIZE };
	unsigned long aligned;
	int i;

	if (!addr && !(flags & MAP_FIXED)) {
		for (i = 0; i < ARRAY_SIZE(sizes); i++) {
			aligned = get_aligned_area(file, len, pgoff, flags, sizes[i]);
			if (!IS_ERR_VALUE(aligned))
				return aligned;
		}
	}
	return mm_get_unmapped_area(file, addr, len, pgoff, flags);
}

/*
 * Whatever node was opened (a device node may stand on any file system, and go
 * while it is open), its mapping is the driver's: removal finds every VMA there,
 * and long-term pins are not refused, as they would be on a mapping with
 * writeback.
 */
static int vtl0_low_open(struct inode *inode, struct file *file)
{
	int ret;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	ret = security_locked_down(LOCKDOWN_DEV_MEM);
	if (ret)
		return ret;
	file->f_mapping = vtl0_inode->i_mapping;
	file->f_wb_err = filemap_sample_wb_err(file->f_mapping);
	file->f_sb_err = file_sample_sb_err(file);
	vtl0_low_get();
	return 0;
}

static int vtl0_low_release(struct inode *inode, struct file *file)
{
	vtl0_low_put();
	return 0;
}

const struct file_operations vtl0_low_fops = {
	.owner = THIS_MODULE,
	.open = vtl0_low_open,
	.release = vtl0_low_release,
	.mmap = vtl0_low_mmap,
	.get_unmapped_area = vtl0_get_unmapped_area,
	.llseek = noop_llseek,
};

/**
 * vtl0_zap() - remove every page-table entry of a physical range
 * @start: first byte
 * @length: bytes
 *
 * Context: sleeps; takes i_mmap_rwsem.
 */
void vtl0_zap(u64 start, u64 length)
{
	unmap_mapping_pages(vtl0_inode->i_mapping, PHYS_PFN(start), PHYS_PFN(length), false);
}

static int vtl0_init_fs_context(struct fs_context *fc)
{
	return init_pseudo(fc, VTL0_FS_MAGIC) ? 0 : -ENOMEM;
}

/* No owner: the mount below would pin the module for ever. */
static struct file_system_type vtl0_fs_type = {
	.name = "vtl0",
	.init_fs_context = vtl0_init_fs_context,
	.kill_sb = kill_anon_super,
};

int vtl0_mmap_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(insert_locks); i++)
		mutex_init(&insert_locks[i]);
	vtl0_mount = kern_mount(&vtl0_fs_type);
	if (IS_ERR(vtl0_mount))
		return PTR_ERR(vtl0_mount);
	vtl0_inode = alloc_anon_inode(vtl0_mount->mnt_sb);
	if (IS_ERR(vtl0_inode)) {
		kern_unmount(vtl0_mount);
		return PTR_ERR(vtl0_inode);
	}
	vtl0_inode->i_flags |= S_DAX;
	/* by this rmap knows device memory from that of a DAX file system */
	vtl0_inode->i_mode = S_IFCHR | 0600;
	vtl0_inode->i_mapping->a_ops = &vtl0_aops;
	return 0;
}

void vtl0_mmap_exit(void)
{
	iput(vtl0_inode);
	kern_unmount(vtl0_mount);
}
