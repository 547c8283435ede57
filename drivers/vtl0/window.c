// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that is registered when it is touched first, for a VMM written for mshv_vtl:
 * it maps all RAM at start and writes to it, and registers pieces much later, for
 * direct I/O only. So what a mapping of /dev/mshv_vtl_low covers is its window.
 *
 * A touch registers the GiB around it, as far as the mapping reaches, or less where
 * something else lies there. That is done without mmap_lock: it may take seconds.
 */
#include <linux/completion.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/hash.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "vtl0.h"

#define FAILURE_BITS 4
/* An access is tried again at once, or never. */
#define FAILURE_JIFFIES HZ

/* The memory at @address could not be registered for @task. */
struct failure {
	const struct task_struct *task;
	u64 address;
	unsigned long when;
};

/**
 * struct vtl0_window - a file whose mappings are windows
 * @owner: keeps what drained when it was touched
 * @lock: for @failures
 * @failures: by task, for the one retry of its fault; a lost one costs another attempt
 */
struct vtl0_window {
	struct vtl0_owner *owner;
	spinlock_t lock; /* see above */
	struct failure failures[1 << FAILURE_BITS];
};

/* A touch by a fault that must keep mmap_lock, which the work does without. */
struct touch_job {
	struct work_struct work;
	struct completion done;
	refcount_t refs;
	/* keeps the window when the VMA goes, and the module */
	struct file *file;
	u64 address;
	u64 start;
	u64 end;
	int ret;
};

static struct workqueue_struct *touch_wq;

/**
 * vtl0_window_alloc() - for a file that was opened
 *
 * Return: to be given back with vtl0_window_free(), or NULL.
 */
struct vtl0_window *vtl0_window_alloc(void)
{
	struct vtl0_window *window = kzalloc_obj(*window);

	if (!window)
		return NULL;
	spin_lock_init(&window->lock);
	window->owner = vtl0_owner_alloc();
	if (window->owner)
		return window;
	kfree(window);
	return NULL;
}

/**
 * vtl0_window_free() - at the last close of the file
 * @window: its window, or NULL
 */
void vtl0_window_free(struct vtl0_window *window)
{
	if (!window)
		return;
	vtl0_owner_release(window->owner);
	kfree(window);
}

static struct failure *failure_of_current(struct vtl0_window *window)
{
	return &window->failures[hash_ptr(current, FAILURE_BITS)];
}

static void set_failed(struct vtl0_window *window, u64 address)
{
	guard(spinlock)(&window->lock);
	*failure_of_current(window) = (struct failure) { current, address, jiffies };
}

/* Is this the retry of a fault whose attempt has failed? The next one tries anew. */
static bool has_failed(struct vtl0_window *window, u64 address)
{
	struct failure *failure = failure_of_current(window);

	guard(spinlock)(&window->lock);
	if (failure->task != current || failure->address != address)
		return false;
	failure->task = NULL;
	return time_before(jiffies, failure->when + FAILURE_JIFFIES);
}

/* Register the largest piece around @address that can be had, of @start up to @end. */
static int touch(struct vtl0_window *window, u64 address, u64 start, u64 end)
{
	const u64 sizes[] = { PUD_SIZE, vtl0_geometry.min_align, PAGE_SIZE };
	unsigned int i;
	int ret = 0;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		u64 piece = round_down(address, sizes[i]);

		ret = vtl0_touch(window->owner, address, max(start, piece),
				 min(end, piece + sizes[i]));
		if (!ret || fatal_signal_pending(current))
			break;
	}
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
 * The caller, for instance ptrace, cannot drop mmap_lock. What registers memory takes
 * locks of devices and of memory hotplug, so a work does that, and the wait is one
 * that a fatal signal ends.
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
 * vtl0_window_fault() - register what a fault found not to be
 * @vmf: of a VMA whose file has a window
 * @window: the window
 *
 * Context: outside of vtl0_srcu; drops the lock of the fault when it returns
 *	VM_FAULT_RETRY, unless the caller wants no wait.
 * Return: VM_FAULT_RETRY or VM_FAULT_NOPAGE to try the access again, VM_FAULT_SIGBUS
 * where the memory cannot be registered, VM_FAULT_OOM.
 */
vm_fault_t vtl0_window_fault(struct vm_fault *vmf, struct vtl0_window *window)
{
	struct vm_area_struct *vma = vmf->vma;
	u64 address = PFN_PHYS((u64)vmf->pgoff);
	u64 start = PFN_PHYS((u64)vma->vm_pgoff);
	u64 end = start + (vma->vm_end - vma->vm_start);
	struct file *file;

	if (has_failed(window, address))
		return VM_FAULT_SIGBUS;
	if (!(vmf->flags & FAULT_FLAG_ALLOW_RETRY))
		return touch_with_lock(vma->vm_file, address, start, end);
	if (vmf->flags & FAULT_FLAG_RETRY_NOWAIT)
		return VM_FAULT_RETRY;
	/* it keeps the window when the VMA goes, and the module */
	file = get_file(vma->vm_file);
	release_fault_lock(vmf);
	if (touch(window, address, start, end))
		set_failed(window, address);
	fput(file);
	return VM_FAULT_RETRY;
}

int vtl0_windows_init(void)
{
	touch_wq = alloc_workqueue("vtl0_touch", WQ_UNBOUND, 0);
	return touch_wq ? 0 : -ENOMEM;
}

/** vtl0_windows_exit() - wait for the end of what files have waited for */
void vtl0_windows_exit(void)
{
	destroy_workqueue(touch_wq);
}
