// SPDX-License-Identifier: GPL-2.0
/*
 * The address_space through which all registered memory is mapped, indexed by
 * physical address. All VMAs are in it, whichever device node was opened, so zapping and
 * rmap find them.
 *
 * After drivers/dax: its inode is S_DAX and lies on a pseudo file system of this
 * module. Only a DAX mapping is offered PUD faults and splits huge entries with
 * correct accounting.
 */
#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/pagemap.h>
#include <linux/pseudo_fs.h>
#include <linux/wait.h>

#include "events.h"
#include "vtl0.h"

#define VTL0_FS_MAGIC 0x76746c30 /* "vtl0" */

static struct vfsmount *vtl0_mount;
static struct inode *vtl0_inode;

/* faults that wait for the end of a removal, see vtl0_mapping_wait() */
static DECLARE_WAIT_QUEUE_HEAD(removal_wq);
/* calls of vtl0_mapping_wake() */
static atomic_t wakeups;

static const struct address_space_operations vtl0_aops = {
	.dirty_folio = noop_dirty_folio,
};

/**
 * vtl0_mapping_use() - make a file map through the driver's address_space
 * @file: newly opened
 *
 * A device node may stand on any file system and may be deleted while it is
 * open. With the driver's mapping in its place removal finds every VMA, and
 * long-term pins are not refused, as they would be on a mapping with writeback.
 */
void vtl0_mapping_use(struct file *file)
{
	file->f_mapping = vtl0_inode->i_mapping;
	file->f_wb_err = filemap_sample_wb_err(file->f_mapping);
	file->f_sb_err = file_sample_sb_err(file);
}

/**
 * vtl0_mapping_add_folio() - set the mapping of a folio, so that rmap works on it
 * @folio: of a live range
 *
 * memory_failure() finds through the mapping the processes that map the folio. The offset of
 * a page is its physical address in every VMA, so callers that race write the same values.
 */
void vtl0_mapping_add_folio(struct folio *folio)
{
	if (READ_ONCE(folio->mapping))
		return;
	folio->index = folio_pfn(folio);
	/* a reader that sees the mapping sees the index */
	smp_store_release(&folio->mapping, vtl0_inode->i_mapping);
}

/**
 * vtl0_poison() - record a bad page, and prepare its folio for rmap
 * @pfn: of a live range; hardware reported an error in it
 *
 * The first report of a page is an event. Hardware may report the page again, for instance
 * after its range was removed and added.
 *
 * Context: sleeps; outside of vtl0_srcu.
 */
void vtl0_poison(unsigned long pfn)
{
	bool new;

	vtl0_mapping_add_folio(pfn_folio(pfn));
	new = vtl0_bad_add(pfn);
	/* a fault that did not see the record has inserted its entry after this */
	synchronize_srcu(&vtl0_srcu);
	if (new)
		vtl0_event(VTL0_EVENT_BAD_PAGE);
}

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

/**
 * vtl0_mapping_wakeups() - count the calls of vtl0_mapping_wake()
 *
 * A fault calls it before it reads the state of a range, so that vtl0_mapping_wait() notices
 * a removal that ends in between.
 *
 * Return: a number for vtl0_mapping_wait().
 */
unsigned int vtl0_mapping_wakeups(void)
{
	/* pairs with vtl0_mapping_wake() */
	return atomic_read_acquire(&wakeups);
}

/** vtl0_mapping_wake() - a removal has succeeded or was refused: wake the faults that wait */
void vtl0_mapping_wake(void)
{
	/* fully ordered: a fault that sees the new number sees the new state, too */
	atomic_inc_return(&wakeups);
	wake_up_all(&removal_wq);
}

/**
 * vtl0_mapping_wait() - wait until a removal has succeeded or was refused
 * @seen: from vtl0_mapping_wakeups()
 * @interruptible: return at any signal, else only at a fatal one
 *
 * Context: sleeps for as long as a removal takes; outside of vtl0_srcu.
 */
void vtl0_mapping_wait(unsigned int seen, bool interruptible)
{
	if (interruptible)
		wait_event_interruptible(removal_wq, vtl0_mapping_wakeups() != seen);
	else
		wait_event_killable(removal_wq, vtl0_mapping_wakeups() != seen);
}

static int vtl0_init_fs_context(struct fs_context *fc)
{
	return init_pseudo(fc, VTL0_FS_MAGIC) ? 0 : -ENOMEM;
}

/* Without an owner: the mount below would pin the module for ever. */
static struct file_system_type vtl0_fs_type = {
	.name = "vtl0",
	.init_fs_context = vtl0_init_fs_context,
	.kill_sb = kill_anon_super,
};

int vtl0_mapping_init(void)
{
	vtl0_mount = kern_mount(&vtl0_fs_type);
	if (IS_ERR(vtl0_mount))
		return PTR_ERR(vtl0_mount);
	vtl0_inode = alloc_anon_inode(vtl0_mount->mnt_sb);
	if (IS_ERR(vtl0_inode)) {
		kern_unmount(vtl0_mount);
		return PTR_ERR(vtl0_inode);
	}
	vtl0_inode->i_flags |= S_DAX;
	/* rmap distinguishes by this device memory from memory of a DAX file system */
	vtl0_inode->i_mode = S_IFCHR | 0600;
	vtl0_inode->i_mapping->a_ops = &vtl0_aops;
	return 0;
}

void vtl0_mapping_exit(void)
{
	iput(vtl0_inode);
	kern_unmount(vtl0_mount);
}
