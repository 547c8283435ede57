// SPDX-License-Identifier: GPL-2.0
/*
 * Keeps faults from inserting a 1G entry while core mm zaps entries.
 *
 * zap_pud_range() clears a 1G entry and reads it again. If a fault has inserted a new
 * one meanwhile, pud_none_or_clear_bad() takes the new entry for a damaged page table and
 * clears it without dropping the reference on the folio, and the range can never be
 * removed (7.2, 7.3). The page-table lock does not help, as zap_pud_range() drops it
 * in between. But MMU notifiers are called at the beginning and at the end of each
 * invalidation. So each VMA has a notifier, and vtl0_guard_insert() inserts outside of
 * invalidations only.
 */
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "vtl0.h"

#if COMPAT_HAVE_PUD_FOLIOS
/**
 * struct pud_guard - in vm_private_data of a VMA that may have 1G entries
 * @notifier: for the addresses that the VMA had when it was new; it can only have shrunk
 * @lock: orders the insertion of an entry and the beginning of an invalidation;
 *	the page-table lock is taken inside
 */
struct pud_guard {
	struct mmu_interval_notifier notifier;
	spinlock_t lock; /* see above */
};

static bool invalidate(struct mmu_interval_notifier *notifier,
		       const struct mmu_notifier_range *range, unsigned long seq)
{
	struct pud_guard *guard = container_of(notifier, struct pud_guard, notifier);

	spin_lock(&guard->lock);
	mmu_interval_set_seq(notifier, seq);
	spin_unlock(&guard->lock);
	return true;
}

static const struct mmu_interval_notifier_ops ops = {
	.invalidate = invalidate,
};

/**
 * vtl0_guard_add() - allow 1G entries in a VMA
 * @vma: new, or a copy of another one whose guard it points to
 *
 * Context: under mmap_lock for writing; sleeps.
 * Return: 0, -ENOMEM, or -EINTR if a signal is pending. Then the VMA has no guard.
 */
int vtl0_guard_add(struct vm_area_struct *vma)
{
	struct pud_guard *guard;
	int ret;

	vma->vm_private_data = NULL;
	guard = kzalloc_obj(*guard);
	if (!guard)
		return -ENOMEM;
	spin_lock_init(&guard->lock);
	ret = mmu_interval_notifier_insert_locked(&guard->notifier, vma->vm_mm,
						  vma->vm_start,
						  vma->vm_end - vma->vm_start, &ops);
	if (ret)
		kfree(guard);
	else
		vma->vm_private_data = guard;
	return ret;
}

/**
 * vtl0_guard_del() - free the guard of a VMA that is being closed
 * @vma: without page-table entries
 */
void vtl0_guard_del(struct vm_area_struct *vma)
{
	struct pud_guard *guard = vma->vm_private_data;

	if (!guard)
		return;
	mmu_interval_notifier_remove(&guard->notifier);
	vma->vm_private_data = NULL;
	kfree(guard);
}

/**
 * vtl0_guard_insert() - insert a 1G entry, unless an invalidation is going on
 * @vmf: the fault, in a VMA with a guard
 * @folio: to map
 * @write: make the entry dirty
 *
 * Context: sleeps until invalidations have ended; the caller tries again if
 * another one began.
 * Return: VM_FAULT_*; VM_FAULT_NOPAGE also stands for "touch it again".
 */
vm_fault_t vtl0_guard_insert(struct vm_fault *vmf, struct folio *folio, bool write)
{
	struct pud_guard *guard = vmf->vma->vm_private_data;
	unsigned long seq = mmu_interval_read_begin(&guard->notifier);
	vm_fault_t ret = VM_FAULT_NOPAGE;

	spin_lock(&guard->lock);
	if (!mmu_interval_read_retry(&guard->notifier, seq))
		ret = vmf_insert_folio_pud(vmf, folio, write);
	spin_unlock(&guard->lock);
	return ret;
}
#else
int vtl0_guard_add(struct vm_area_struct *vma)
{
	vma->vm_private_data = NULL;
	return 0;
}

void vtl0_guard_del(struct vm_area_struct *vma)
{
}

vm_fault_t vtl0_guard_insert(struct vm_fault *vmf, struct folio *folio, bool write)
{
	return VM_FAULT_FALLBACK;
}
#endif
