// SPDX-License-Identifier: GPL-2.0
/*
 * The mapping node: physical memory by file offset, as folios, so that every
 * kind of get_user_pages() works on it, with the largest page-table entry that
 * memory, mapping and address allow.
 *
 * A fault maps registered memory only; for other memory it asks touch.c to register it, or is
 * SIGBUS. GUP refuses a PTE of memory without a struct page (EEXIST), and follow_huge_pmd()
 * would take a reference on the missing one. As in drivers/dax/device.c there are shared
 * mappings only, and no VM_MIXEDMAP.
 */
#include <linux/capability.h>
#include <linux/dax.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/hash.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/userfaultfd_k.h>

#include "request.h"
#include "trace.h"
#include "vtl0.h"
#include "window.h"

#define INSERT_LOCK_BITS 6

/* see insert_below_pud() */
static struct mutex insert_locks[1 << INSERT_LOCK_BITS];

/*
 * An entry of @order needs a folio of just that order (the inserters warn about
 * any other), a virtual address aligned as the physical one is, and room in the
 * VMA. If one of these is missing, the kernel tries the next smaller entry. For a DAX VMA
 * the kernel itself checks none of that: __thp_vma_allowable_orders() returns before,
 * so a fault for a 1G entry comes whenever that GiB has no page table yet.
 *
 * A 1G entry also needs a guard (vtl0_guard_insert()) and a VMA that may be
 * accessed: pud_present() of x86 looks at the present bit alone, which entries of
 * PROT_NONE do not have, and GUP would fault for ever on one.
 */
static bool fits(struct vm_fault *vmf, const struct vtl0_chunk *chunk, unsigned int order)
{
	unsigned long size = PAGE_SIZE << order;
	unsigned long addr = ALIGN_DOWN(vmf->address, size);
	unsigned long offset = (vmf->address >> PAGE_SHIFT) - vmf->pgoff;

	if (!order)
		return true;
	if (order == PUD_ORDER &&
	    (!vmf->vma->vm_private_data || !(vmf->vma->vm_flags & VM_ACCESS_FLAGS)))
		return false;
	return chunk->piece.order == order && IS_ALIGNED(offset, 1UL << order) &&
	       addr >= vmf->vma->vm_start && addr + size <= vmf->vma->vm_end;
}

/*
 * A large entry is inserted with the permissions of the VMA, so a write to it does not fault
 * again, unless soft-dirty tracking is on; then the write faults once more, and this function
 * finds the entry. If the first fault asked for a dirty entry, the inserters would warn where
 * a page table has appeared meanwhile: from a thread that looked up the chunk when it had
 * another order.
 */
static bool make_writable(struct vm_fault *vmf, unsigned int order)
{
	if (!(vmf->flags & FAULT_FLAG_WRITE))
		return false;
	if (order == PUD_ORDER)
		return pud_leaf(pudp_get(vmf->pud));
	if (order == PMD_ORDER)
		return pmd_leaf(pmdp_get(vmf->pmd));
	return true;
}

static vm_fault_t insert_pmd_or_pte(struct vm_fault *vmf, struct vtl0_chunk *chunk,
				    struct page *page, unsigned int order)
{
	vm_fault_t ret;

	if (order == PMD_ORDER)
		return vmf_insert_folio_pmd(vmf, page_folio(page), make_writable(vmf, order));
	/* the PMD became a leaf since the core looked: let the access retry */
	if (pmd_leaf(pmdp_get(vmf->pmd)))
		return VM_FAULT_NOPAGE;
	ret = vmf_insert_page_mkwrite(vmf, page, make_writable(vmf, order));
	if (ret == VM_FAULT_NOPAGE)
		vtl0_insert_around(vmf, chunk);
	return ret;
}

/*
 * Insert a 2M or a 4K entry under one of insert_locks. The fault handler is called
 * without a lock that keeps an empty page table: MADV_DONTNEED may free it, and
 * another thread may insert a 2M entry in its place, which vmf_insert_page_mkwrite()
 * takes for a page table or reports as a lack of memory. The mutex orders the two
 * kinds of entries for one PMD, as the entry locks of fs/dax.c do.
 */
static vm_fault_t insert_below_pud(struct vm_fault *vmf, struct vtl0_chunk *chunk,
				   struct page *page, unsigned int order)
{
	unsigned long key = (unsigned long)vmf->vma->vm_mm ^ (vmf->address >> PMD_SHIFT);
	struct mutex *lock = &insert_locks[hash_long(key, INSERT_LOCK_BITS)];
	vm_fault_t ret;

	mutex_lock(lock);
	ret = insert_pmd_or_pte(vmf, chunk, page, order);
	mutex_unlock(lock);
	return ret;
}

static vm_fault_t insert(struct vm_fault *vmf, struct vtl0_chunk *chunk, unsigned int order)
{
	unsigned long pfn = ALIGN_DOWN(vmf->pgoff, 1UL << order);
	struct page *page = pfn_to_page(pfn);
	struct folio *folio = page_folio(page);

	/* the good pages of a large folio are mapped one by one */
	if (vtl0_bad_any(pfn, 1UL << order))
		return order ? VM_FAULT_FALLBACK : VM_FAULT_HWPOISON;
	vtl0_mapping_add_folio(folio);
	if (!READ_ONCE(chunk->range->touched))
		WRITE_ONCE(chunk->range->touched, true);
	if (order == PUD_ORDER)
		return vtl0_guard_insert(vmf, folio, make_writable(vmf, order));
	return insert_below_pud(vmf, chunk, page, order);
}

static void count_fault(struct vtl0_chunk *chunk, unsigned int order)
{
	enum vtl0_level level = order == PUD_ORDER ? VTL0_LEVEL_PUD :
				order == PMD_ORDER ? VTL0_LEVEL_PMD : VTL0_LEVEL_PTE;

	atomic64_inc(&chunk->range->faults[level]);
	if (level == VTL0_LEVEL_PTE && chunk->piece.order >= PMD_ORDER)
		atomic64_inc(&chunk->range->fallbacks);
}

/* The touches of a file that shows all memory; NULL for a file of one range. */
static struct vtl0_touches *touches_of(const struct file *file)
{
	bool all = file->f_op == &vtl0_low_fops || file->f_op == &vtl0_window_fops;

	return all ? file->private_data : NULL;
}

/* Does @file show @range? A file of one range shows no later range at its addresses. */
static bool shows(const struct file *file, const struct vtl0_range *range)
{
	const struct vtl0_view *view = touches_of(file) ? NULL : file->private_data;

	return !view || view->range == range->origin;
}

/*
 * @absent: out: the memory is not registered, or not yet, or no longer
 *
 * A VMA that userfaultfd write-protects gets no entries. Kernels without "userfaultfd:
 * prevent registration of special VMAs" (6.18.35 and 7.1.5 lack it, 6.18.44 and 7.1.13 have
 * it) allow the registration of these VMAs in asynchronous mode, which leaves markers in page
 * tables. vmf_insert_page_mkwrite() takes a marker for an entry: a write warns, a read faults
 * for ever. Nor would the driver notice a write to a 2M entry that PAGEMAP_SCAN protected.
 */
static vm_fault_t fault_in_range(struct vm_fault *vmf, unsigned int order, bool *absent)
{
	struct vtl0_chunk *chunk = vtl0_chunk_find(PFN_PHYS(vmf->pgoff));
	struct vtl0_range *range;
	unsigned int state, part;
	vm_fault_t ret;

	*absent = true;
	if (!chunk)
		return VM_FAULT_SIGBUS;
	range = READ_ONCE(chunk->range);
	if (!shows(vmf->vma->vm_file, range))
		return VM_FAULT_SIGBUS;
	/* pairs with vtl0_range_set_state(): LIVE after the struct pages */
	state = smp_load_acquire(&range->state);
	part = READ_ONCE(chunk->state);
	if (state == VTL0_STATE_REMOVING ||
	    (state == VTL0_STATE_LIVE && part == VTL0_CHUNK_GOING))
		return VM_FAULT_RETRY;
	if (state != VTL0_STATE_LIVE || part == VTL0_CHUNK_GONE)
		return VM_FAULT_SIGBUS;
	*absent = false;
	if (userfaultfd_wp(vmf->vma))
		return VM_FAULT_SIGBUS;
	if (!fits(vmf, chunk, order))
		return VM_FAULT_FALLBACK;
	ret = insert(vmf, chunk, order);
	if (ret == VM_FAULT_NOPAGE)
		count_fault(chunk, order);
	return ret;
}

/*
 * Wait until a removal has succeeded or was refused, and let the access retry. The lock of the
 * fault is released meanwhile, as mmap() in another thread needs that lock; if the caller does
 * not allow the release, only sleep for a moment. The reference on the file keeps this module
 * loaded if the VMA is unmapped meanwhile.
 */
static vm_fault_t wait_for_removal(struct vm_fault *vmf, unsigned int seen)
{
	bool interruptible = vmf->flags & FAULT_FLAG_INTERRUPTIBLE;
	struct file *file;

	if (!(vmf->flags & FAULT_FLAG_ALLOW_RETRY)) {
		schedule_timeout_killable(1);
		return VM_FAULT_NOPAGE;
	}
	if (vmf->flags & FAULT_FLAG_RETRY_NOWAIT)
		return VM_FAULT_RETRY;
	file = get_file(vmf->vma->vm_file);
	release_fault_lock(vmf);
	vtl0_mapping_wait(seen, interruptible);
	fput(file);
	return VM_FAULT_RETRY;
}

/*
 * The insertion of an entry sleeps, as it allocates page tables, so faults use SRCU. A removal
 * waits for these readers before it zaps: no entry is inserted after the zap.
 */
static vm_fault_t vtl0_huge_fault(struct vm_fault *vmf, unsigned int order)
{
	struct vtl0_touches *touches = touches_of(vmf->vma->vm_file);
	unsigned int seen = vtl0_mapping_wakeups();
	bool absent;
	vm_fault_t ret;
	int idx;

	if (order && order != PMD_ORDER && order != PUD_ORDER)
		return VM_FAULT_FALLBACK;
	idx = srcu_read_lock(&vtl0_srcu);
	ret = fault_in_range(vmf, order, &absent);
	srcu_read_unlock(&vtl0_srcu, idx);
	if (touches && ret == VM_FAULT_SIGBUS && absent) {
		ret = vtl0_touch_fault(vmf, touches);
		if (ret != VM_FAULT_SIGBUS)
			return ret;
	}
	trace_vtl0_fault(vmf->address, PFN_PHYS(vmf->pgoff), order,
			 vmf->flags & FAULT_FLAG_WRITE, (__force unsigned int)ret);
	return ret == VM_FAULT_RETRY ? wait_for_removal(vmf, seen) : ret;
}

static vm_fault_t vtl0_fault(struct vm_fault *vmf)
{
	return vtl0_huge_fault(vmf, 0);
}

/*
 * Drop the 1G entries of a physical range in every mapping; they fault in again.
 * Core mm mishandles them in three places (7.2, 7.3). Splitting a VMA within one
 * splits a PMD entry there, and mm_find_pmd() takes the 1G entry for a page
 * table: it would read guest memory as PMDs. mremap() takes it for a bad page
 * table and clears it without giving back its reference (get_old_pud()). And
 * pud_present() does not see an entry of PROT_NONE.
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

/* Called before a VMA is split; the write lock of the VMA keeps faults out until then. */
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
 * Called for each copy of a VMA. If mremap() makes the copy, it is about to move the page
 * tables of the old VMA, which it has locked, so the 1G entries are dropped. The copies that
 * dup_mmap() and a split make need no drop: a child's VMA gets no page tables, and
 * vtl0_may_split() has dropped the entries already; the address of a split VMA is still
 * mapped, by the old VMA. mremap() never extends a neighbour instead of making a copy, as
 * VM_DONTEXPAND prevents merges.
 */
static void vtl0_vma_open(struct vm_area_struct *vma)
{
	u64 start = PFN_PHYS((u64)vma->vm_pgoff);

	if (vma->vm_mm == current->mm && !vma_lookup(vma->vm_mm, vma->vm_start))
		drop_puds(start, start + (vma->vm_end - vma->vm_start));
	/* if that fails, the VMA has no guard and gets smaller entries */
	vtl0_guard_add(vma);
}

static int vtl0_mprotect(struct vm_area_struct *vma, unsigned long start,
			 unsigned long end, unsigned long newflags)
{
	u64 phys = PFN_PHYS((u64)vma->vm_pgoff) + (start - vma->vm_start);

	if (!(newflags & VM_ACCESS_FLAGS)) {
		vma_start_write(vma);
		drop_puds(phys, phys + (end - start));
	}
	return 0;
}

static const struct vm_operations_struct vtl0_vm_ops = {
	.open = vtl0_vma_open,
	.close = vtl0_guard_del,
	.may_split = vtl0_may_split,
	.mprotect = vtl0_mprotect,
	.fault = vtl0_fault,
	.huge_fault = vtl0_huge_fault,
};

/**
 * vtl0_mmap() - map physical memory into a new VMA
 * @vma: of a file that uses vtl0_mapping_use()
 * @start: physical address of its first byte; becomes its offset, as zapping and
 *	rmap find pages by their addresses
 *
 * Private mappings are refused: they would copy pages on write, and the guest would not see
 * writes to a copy.
 *
 * Return: 0, or an errno for mmap().
 */
int vtl0_mmap(struct vm_area_struct *vma, u64 start)
{
	u64 length = vma->vm_end - vma->vm_start;
	int ret;

	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	ret = vtl0_check_range(start, length) ?: vtl0_locked_down(start, length);
	if (ret)
		return ret;
	ret = vtl0_guard_add(vma);
	if (ret)
		return ret == -EINTR ? -ERESTARTNOINTR : ret;
	vma->vm_pgoff = PHYS_PFN(start);
	vma->vm_ops = &vtl0_vm_ops;
	/* guest memory does not belong into a core dump of the VMM */
	vm_flags_set(vma, VM_HUGEPAGE | VM_DONTEXPAND | VM_DONTDUMP);
	return 0;
}

static int vtl0_low_mmap(struct file *file, struct vm_area_struct *vma)
{
	if (vma->vm_pgoff > PHYS_PFN(U64_MAX))
		return -EOVERFLOW;
	return vtl0_mmap(vma, vtl0_unalias(PFN_PHYS((u64)vma->vm_pgoff)));
}

/* @mappings_declare: true for /dev/mshv_vtl_low, whose mappings work as windows */
static int open_low(struct file *file, bool mappings_declare)
{
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	file->private_data = vtl0_touches_alloc(mappings_declare);
	if (!file->private_data)
		return -ENOMEM;
	vtl0_mapping_use(file);
	vtl0_mapper_get();
	return 0;
}

static int vtl0_low_open(struct inode *inode, struct file *file)
{
	return open_low(file, false);
}

static int vtl0_window_open(struct inode *inode, struct file *file)
{
	return open_low(file, true);
}

static int vtl0_low_release(struct inode *inode, struct file *file)
{
	vtl0_mapper_put();
	vtl0_touches_free(file->private_data);
	return 0;
}

const struct file_operations vtl0_low_fops = {
	.owner = THIS_MODULE,
	.open = vtl0_low_open,
	.release = vtl0_low_release,
	.mmap = vtl0_low_mmap,
	.get_unmapped_area = vtl0_get_area,
	.llseek = noop_llseek,
	.fsync = noop_fsync,
};

const struct file_operations vtl0_window_fops = {
	.owner = THIS_MODULE,
	.open = vtl0_window_open,
	.release = vtl0_low_release,
	.mmap = vtl0_low_mmap,
	.get_unmapped_area = vtl0_get_area,
	.llseek = noop_llseek,
	.fsync = noop_fsync,
};

void vtl0_mmap_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(insert_locks); i++)
		mutex_init(&insert_locks[i]);
}
