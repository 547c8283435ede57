// SPDX-License-Identifier: GPL-2.0
/*
 * Removing for VTL0_REMOVE, at the last close of a file, and when the module goes.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/completion.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <kunit/visibility.h>

#include "part.h"
#include "vtl0.h"

/* How often VTL0_REMOVE looks at the folios before it reports one as pinned. */
#define REMOVE_TRIES 20

static struct workqueue_struct *remove_wq;

/* A removal that its caller waits for, unless the caller is killed. */
struct remove_job {
	struct work_struct work;
	struct completion done;
	struct list_head batch;
	/* to remove instead of @batch, if its range is not NULL */
	struct vtl0_part part;
	struct vtl0_span busy;
	refcount_t refs;
	int ret;
};

static void put_job(struct remove_job *job)
{
	if (refcount_dec_and_test(&job->refs))
		kfree(job);
}

static void remove_work(struct work_struct *work)
{
	struct remove_job *job = container_of(work, struct remove_job, work);

	if (job->part.range)
		job->ret = vtl0_part_remove(&job->part, REMOVE_TRIES, &job->busy);
	else if (vtl0_remove_batch(&job->batch, REMOVE_TRIES, &job->busy))
		job->ret = -EBUSY;
	if (job->ret || job->part.range) {
		/* the last owner may have been closed while the range was busy */
		mutex_lock(&vtl0_lock);
		vtl0_drain_queue();
		mutex_unlock(&vtl0_lock);
	}
	complete(&job->done);
	put_job(job);
}

static bool is_in(const struct vtl0_range *range, u64 start, u64 length, bool part)
{
	if (!part)
		return range->start == start && range->length == length;
	return range->start <= start && length <= range->length &&
	       start - range->start <= range->length - length;
}

/*
 * Wait until the range that is exactly @start and @length, or with @part contains them, is
 * not busy, and begin its removal, or that of the part.
 */
static int begin_remove(struct remove_job *job, u64 start, u64 length, bool part)
	__must_not_hold(&vtl0_lock)
{
	struct vtl0_range *range;
	int ret;

	do {
		mutex_lock(&vtl0_lock);
		range = vtl0_range_overlap(start, 1);
		if (!range || !is_in(range, start, length, part)) {
			mutex_unlock(&vtl0_lock);
			return -ENOENT;
		}
		if (!range->busy) {
			ret = 0;
			if (range->length == length)
				vtl0_remove_begin(range, &job->batch);
			else
				ret = vtl0_part_begin(&job->part, start, length, &job->busy);
			mutex_unlock(&vtl0_lock);
			return ret;
		}
		ret = vtl0_range_wait(range, false);
	} while (!ret);
	return ret;
}

/* Remove a range or a part of one. The removal goes on if the caller is killed. */
static int remove(u64 start, u64 length, bool part, struct vtl0_span *busy)
	__must_not_hold(&vtl0_lock)
{
	struct remove_job *job = kzalloc_obj(*job);
	int ret;

	if (!job)
		return -ENOMEM;
	INIT_LIST_HEAD(&job->batch);
	ret = begin_remove(job, start, length, part);
	if (ret) {
		*busy = job->busy;
		kfree(job);
		return ret;
	}
	refcount_set(&job->refs, 2);
	init_completion(&job->done);
	INIT_WORK(&job->work, remove_work);
	queue_work(remove_wq, &job->work);
	if (wait_for_completion_killable(&job->done)) {
		ret = -EINTR;
	} else {
		ret = job->ret;
		if (ret)
			*busy = job->busy;
	}
	put_job(job);
	return ret;
}

/**
 * vtl0_remove() - unregister a range, also if files hold it or it is persistent
 * @start: its first byte
 * @length: its length in bytes
 * @busy: out, with -EBUSY: the folio that is pinned
 *
 * Context: sleeps; takes vtl0_lock.
 * Return: 0; -ENOENT if no range has exactly these addresses; -EBUSY; -ENOMEM; -ERESTARTSYS
 * for a signal before the removal has begun; -EINTR for a fatal signal after that, when the
 * removal goes on.
 */
int vtl0_remove(u64 start, u64 length, struct vtl0_span *busy)
{
	return remove(start, length, false, busy);
}
EXPORT_SYMBOL_IF_KUNIT(vtl0_remove);

/**
 * vtl0_remove_part() - unregister a part of a range, or all of it
 * @start: its first byte
 * @length: its length in bytes
 * @busy: out, with -EBUSY: the folio that is pinned; with -EINVAL: the chunk that
 *	would be cut
 *
 * Context: as vtl0_remove().
 * Return: as vtl0_remove(), or -EINVAL.
 */
int vtl0_remove_part(u64 start, u64 length, struct vtl0_span *busy)
{
	return remove(start, length, true, busy);
}

/**
 * vtl0_owner_release() - drop a reference on an owner
 * @owner: from vtl0_owner_alloc() or vtl0_owner_get(); freed if this was its last reference
 *
 * An owner that is freed holds no range any more; drain_work removes those of its ranges that
 * have no other owner.
 *
 * Context: process; takes vtl0_lock.
 */
void vtl0_owner_release(struct vtl0_owner *owner)
{
	if (!vtl0_owner_put(owner))
		return;
	mutex_lock(&vtl0_lock);
	vtl0_hold_drop_owner(owner);
	vtl0_drain_queue();
	mutex_unlock(&vtl0_lock);
	kfree(owner);
}
EXPORT_SYMBOL_IF_KUNIT(vtl0_owner_release);

int vtl0_owners_init(void)
{
	int ret = vtl0_ranges_init();

	if (ret)
		return ret;
	ret = vtl0_drain_init();
	if (ret)
		goto ranges;
	remove_wq = alloc_workqueue("vtl0_remove", WQ_UNBOUND, 0);
	if (!remove_wq) {
		ret = -ENOMEM;
		goto drain;
	}
	return 0;

drain:
	vtl0_drain_exit();
ranges:
	vtl0_ranges_exit();
	return ret;
}

/**
 * vtl0_owners_exit() - remove the ranges that are left when the module is unloaded
 *
 * No file is open and no page is pinned, else the module could not be unloaded. A page
 * walker may have a reference on a folio for a moment.
 */
void vtl0_owners_exit(void)
{
	struct vtl0_range *range;
	struct vtl0_span busy;
	LIST_HEAD(batch);
	unsigned int nr;

	destroy_workqueue(remove_wq);
	vtl0_drain_exit();
	vtl0_ranges_exit();
	do {
		mutex_lock(&vtl0_lock);
		list_for_each_entry(range, &vtl0_ranges, link)
			vtl0_remove_begin(range, &batch);
		mutex_unlock(&vtl0_lock);
		nr = vtl0_remove_batch(&batch, REMOVE_TRIES, &busy);
		if (nr)
			pr_warn_ratelimited("waiting for the folio at %#llx to be released\n",
					    busy.start);
	} while (nr);
}
