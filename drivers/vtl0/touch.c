// SPDX-License-Identifier: GPL-2.0
/*
 * Registers memory at the first touch: memory of a window, through /dev/vtl0_low, and all
 * memory in a mapping of /dev/mshv_vtl_low. A VMM written for mshv_vtl maps all RAM at start
 * and writes to it, and registers parts of it much later, for direct I/O only.
 *
 * A touch registers the aligned GiB in which the page lies, but for memory that is in a range,
 * and no further than the window or the mapping reaches. If that fails, for instance because
 * a driver uses a part of that GiB, the touch tries the block of min_align bytes with the page,
 * then the page. This may take seconds, so the fault drops its lock, or waits for a work item
 * that does not need the lock.
 */
#include <linux/completion.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/refcount.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "request.h"
#include "vtl0.h"
#include "window.h"

/* For how long a failure is remembered: a fault is retried at once, or never. */
#define FAILURE_JIFFIES HZ

/* The memory at @address could not be registered for @task. */
struct failure {
	struct list_head link;
	const struct task_struct *task;
	u64 address;
	unsigned long when;
};

/**
 * struct vtl0_touches - the state of a file that shows all memory, for touches through it
 * @owner: holds ranges that drained when they were touched, if mappings of the file declare
 *	memory; NULL if only windows do
 * @lock: for @failures
 * @failures: addresses that could not be registered, at most one of each task: the next
 *	fault of the task takes it off the list, and is SIGBUS if it is at the same address
 */
struct vtl0_touches {
	struct vtl0_owner *owner;
	spinlock_t lock; /* see above */
	struct list_head failures;
};

/* A touch by a fault that must keep mmap_lock. The work item runs without mmap_lock. */
struct touch_job {
	struct work_struct work;
	struct completion done;
	refcount_t refs;
	/* keeps its touches and the module when the VMA goes */
	struct file *file;
	u64 address;
	u64 start;
	u64 end;
	int ret;
};

static struct workqueue_struct *touch_wq;

/**
 * vtl0_touches_alloc() - allocate the state of a file that shows all memory
 * @mappings_declare: a touch registers all memory that a mapping of the file covers, not only
 *	memory of windows
 *
 * Return: to be given back with vtl0_touches_free(), or NULL.
 */
struct vtl0_touches *vtl0_touches_alloc(bool mappings_declare)
{
	struct vtl0_touches *touches = kzalloc_obj(*touches);

	if (!touches)
		return NULL;
	spin_lock_init(&touches->lock);
	INIT_LIST_HEAD(&touches->failures);
	if (!mappings_declare)
		return touches;
	touches->owner = vtl0_owner_alloc();
	if (touches->owner)
		return touches;
	kfree(touches);
	return NULL;
}

/**
 * vtl0_touches_free() - free the state of a file, at its last close
 * @touches: of the file
 */
void vtl0_touches_free(struct vtl0_touches *touches)
{
	struct failure *failure, *next;

	if (touches->owner)
		vtl0_owner_release(touches->owner);
	list_for_each_entry_safe(failure, next, &touches->failures, link)
		kfree(failure);
	kfree(touches);
}

static bool is_recent(const struct failure *failure)
{
	return time_before(jiffies, failure->when + FAILURE_JIFFIES);
}

static void set_failed(struct vtl0_touches *touches, struct failure *new)
{
	new->when = jiffies;
	guard(spinlock)(&touches->lock);
	list_add(&new->link, &touches->failures);
}

/*
 * Is this the retry of a fault that could not register its memory? The failure is removed, so
 * that the next fault tries anew, as are failures of tasks that did not retry in time.
 */
static bool has_failed(struct vtl0_touches *touches, u64 address)
{
	struct failure *failure, *next;
	bool ret = false;

	guard(spinlock)(&touches->lock);
	list_for_each_entry_safe(failure, next, &touches->failures, link) {
		bool recent = is_recent(failure);

		if (recent && failure->task != current)
			continue;
		ret |= recent && failure->address == address;
		list_del(&failure->link);
		kfree(failure);
	}
	return ret;
}

/* Register the largest part of @area around @address that is free. */
static int touch_area(const struct vtl0_area *area, u64 address)
{
	/* not PUD_SIZE, which is 64 GiB with pages of 16K */
	const u64 sizes[] = { SZ_1G, vtl0_geometry.min_align, PAGE_SIZE };
	unsigned int i;
	int ret = 0;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		u64 start = round_down(address, sizes[i]);
		struct vtl0_area part = *area;

		part.start = max(area->start, start);
		part.end = min(area->end, start + sizes[i]);
		/* the kernel may have been locked down after mmap() */
		ret = vtl0_locked_down_add(part.start, part.end - part.start) ?:
		      vtl0_touch(&part, address);
		if (!ret || fatal_signal_pending(current))
			break;
	}
	return ret;
}

/* @start and @end are those of the mapping. */
static int touch(struct vtl0_touches *touches, u64 address, u64 start, u64 end)
{
	struct vtl0_area area = {
		.owner = touches->owner, .start = start, .end = end, .persist = true,
	};
	int ret;

	if (touches->owner)
		return touch_area(&area, address);
	/* the window may have gone since the fault saw it */
	if (!vtl0_window_find(address, &area))
		return -ENOENT;
	ret = touch_area(&area, address);
	vtl0_owner_release(area.owner);
	return ret;
}

static void put_job(struct touch_job *job)
{
	if (refcount_dec_and_test(&job->refs))
		kfree(job);
}

static void touch_work(struct work_struct *work)
{
	struct touch_job *job = container_of(work, struct touch_job, work);

	job->ret = touch(job->file->private_data, job->address, job->start, job->end);
	complete(&job->done);
	fput(job->file);
	put_job(job);
}

/*
 * The caller, for instance ptrace, cannot drop mmap_lock. Registration takes locks of devices
 * and of memory hotplug, which are not to be taken under mmap_lock. So a work item registers
 * the memory, and a fatal signal ends the wait for it.
 */
static vm_fault_t touch_with_lock(struct file *file, u64 address, u64 start, u64 end)
{
	struct touch_job *job = kzalloc_obj(*job);
	vm_fault_t ret = VM_FAULT_NOPAGE;

	if (!job)
		return VM_FAULT_OOM;
	*job = (struct touch_job) {
		.file = get_file(file), .address = address, .start = start, .end = end,
	};
	refcount_set(&job->refs, 2);
	init_completion(&job->done);
	INIT_WORK(&job->work, touch_work);
	queue_work(touch_wq, &job->work);
	if (!wait_for_completion_killable(&job->done) && job->ret)
		ret = VM_FAULT_SIGBUS;
	put_job(job);
	return ret;
}

/**
 * vtl0_touch_fault() - register the memory at which a fault found none
 * @vmf: of a VMA whose file shows all memory
 * @touches: of the file
 *
 * Context: outside of vtl0_srcu; drops the lock of the fault when it returns
 *	VM_FAULT_RETRY, unless the caller wants no wait.
 * Return: VM_FAULT_RETRY or VM_FAULT_NOPAGE to try the access again, VM_FAULT_SIGBUS
 * where the memory is not declared or cannot be registered, VM_FAULT_OOM.
 */
vm_fault_t vtl0_touch_fault(struct vm_fault *vmf, struct vtl0_touches *touches)
{
	struct vm_area_struct *vma = vmf->vma;
	u64 address = PFN_PHYS((u64)vmf->pgoff);
	u64 start = PFN_PHYS((u64)vma->vm_pgoff);
	u64 end = start + (vma->vm_end - vma->vm_start);
	struct failure *failure;
	struct file *file;

	if (!touches->owner && !vtl0_window_find(address, NULL))
		return VM_FAULT_SIGBUS;
	if (has_failed(touches, address))
		return VM_FAULT_SIGBUS;
	if (!(vmf->flags & FAULT_FLAG_ALLOW_RETRY))
		return touch_with_lock(vma->vm_file, address, start, end);
	if (vmf->flags & FAULT_FLAG_RETRY_NOWAIT)
		return VM_FAULT_RETRY;
	/* a failure that could not be remembered would be retried for ever */
	failure = kmalloc_obj(*failure);
	if (!failure)
		return VM_FAULT_OOM;
	*failure = (struct failure) { .task = current, .address = address };
	/* the file keeps @touches and the module when the VMA goes */
	file = get_file(vma->vm_file);
	release_fault_lock(vmf);
	if (touch(touches, address, start, end))
		set_failed(touches, failure);
	else
		kfree(failure);
	fput(file);
	return VM_FAULT_RETRY;
}

int vtl0_touches_init(void)
{
	touch_wq = alloc_workqueue("vtl0_touch", WQ_UNBOUND, 0);
	return touch_wq ? 0 : -ENOMEM;
}

/** vtl0_touches_exit() - wait for works that have dropped their file but not returned yet */
void vtl0_touches_exit(void)
{
	destroy_workqueue(touch_wq);
}
