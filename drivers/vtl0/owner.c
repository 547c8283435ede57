// SPDX-License-Identifier: GPL-2.0
/*
 * Adding and removing on behalf of open files. A file holds the ranges that were
 * added through it; a range without PERSIST goes with its last hold, see drain.c.
 */
#include <linux/completion.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <kunit/visibility.h>

#include "vtl0.h"

/* How often VTL0_REMOVE looks at the folios before it reports one as pinned. */
#define REMOVE_TRIES 20

static struct workqueue_struct *remove_wq;

/* A removal that its caller waits for, unless the caller is killed. */
struct remove_job {
	struct work_struct work;
	struct completion done;
	struct list_head batch;
	struct vtl0_span busy;
	refcount_t refs;
	int ret;
};

/* Is @range just what is asked for? Else sets @conflict. */
static bool matches(const struct vtl0_range *range, const struct vtl0_request *rq,
		    struct vtl0_span *conflict)
{
	if (range->start == rq->start && range->length == rq->length && !rq->exclusive &&
	    (!rq->file.name[0] || !strcmp(range->file.name, rq->file.name)))
		return true;
	conflict->start = max(range->start, rq->start);
	conflict->length = min(range->start + range->length, rq->start + rq->length) -
			   conflict->start;
	return false;
}

/*
 * Take vtl0_lock when nothing works any more on what is in the way of @rq. Returns
 * the first range that is, NULL, or -ERESTARTSYS for a signal.
 */
static struct vtl0_range *lock_overlap(const struct vtl0_request *rq)
	__acquires(&vtl0_lock)
{
	struct vtl0_range *range;
	int ret = 0;

	for (;;) {
		mutex_lock(&vtl0_lock);
		if (ret)
			return ERR_PTR(ret);
		range = vtl0_range_overlap(rq->start, rq->length);
		if (!range || !range->busy)
			return range;
		ret = vtl0_range_wait(range, rq->killable);
	}
}

static void hold_range(struct vtl0_range *range, struct vtl0_owner *owner,
		       struct vtl0_hold *hold, bool persist)
	__must_hold(&vtl0_lock)
{
	/* it was added again before the last pin was gone */
	if (range->state == VTL0_STATE_DRAINING)
		vtl0_range_set_state(range, VTL0_STATE_LIVE);
	if (persist)
		WRITE_ONCE(range->persist, true);
	if (range->persist)
		kfree(hold);
	else
		vtl0_hold_add(hold, range, owner);
	/* for the caller */
	get_device(&range->dev);
}

/* The range is registered: let faults find it, and then user space know of it. */
static void publish(struct vtl0_range *range, struct vtl0_owner *owner, struct vtl0_hold *hold)
	__must_not_hold(&vtl0_lock)
{
	mutex_lock(&vtl0_lock);
	vtl0_totals_add(range);
	vtl0_range_set_state(range, VTL0_STATE_LIVE);
	hold_range(range, owner, hold, range->persist);
	mutex_unlock(&vtl0_lock);
	vtl0_sysfs_announce(range);
	mutex_lock(&vtl0_lock);
	vtl0_range_decide(range);
	mutex_unlock(&vtl0_lock);
}

/**
 * vtl0_owner_add() - register a range, or find it registered, and hold it
 * @owner: the file that asks for it
 * @rq: a checked request
 * @conflict: out, with -EEXIST, -EBUSY, -ENXIO: what is in the way
 *
 * Context: sleeps, for seconds where the memmap is large; takes vtl0_lock.
 * Return: the range, to be given back with vtl0_range_put(), or an ERR_PTR().
 */
struct vtl0_range *vtl0_owner_add(struct vtl0_owner *owner, const struct vtl0_request *rq,
				  struct vtl0_span *conflict)
{
	struct vtl0_hold *hold = vtl0_hold_alloc();
	struct vtl0_range *range;
	bool found;
	int ret;

	if (!hold)
		return ERR_PTR(-ENOMEM);
	range = lock_overlap(rq);
	found = range;
	if (!found)
		range = vtl0_range_new(rq, conflict);
	else if (!IS_ERR(range) && matches(range, rq, conflict))
		hold_range(range, owner, hold, rq->persist);
	else if (!IS_ERR(range))
		range = ERR_PTR(-EEXIST);
	mutex_unlock(&vtl0_lock);
	if (IS_ERR(range))
		goto free_hold;
	if (found)
		return range;
	ret = vtl0_range_register(range, conflict);
	if (ret) {
		range = ERR_PTR(ret);
		goto free_hold;
	}
	publish(range, owner, hold);
	return range;

free_hold:
	kfree(hold);
	return range;
}
EXPORT_SYMBOL_IF_KUNIT(vtl0_owner_add);

static void report(struct vtl0_add *arg, const struct vtl0_range *range)
{
	arg->id = range->id;
	arg->nr_chunks = range->nr_chunks;
	arg->added_start = range->start;
	arg->added_length = range->length;
}

/**
 * vtl0_add() - check and carry out VTL0_ADD or MSHV_ADD_VTL0_MEMORY
 * @owner: the file that asks for it
 * @arg: checked here; its output fields are filled
 * @killable: only a fatal signal ends the wait for another call
 *
 * Context: sleeps, for seconds where the memmap is large.
 * Return: 0, an errno of the table in uapi/linux/vtl0.h, or -ERESTARTSYS with
 * nothing done.
 */
int vtl0_add(struct vtl0_owner *owner, struct vtl0_add *arg, bool killable)
{
	struct vtl0_span conflict = { };
	struct vtl0_request rq;
	struct vtl0_range *range;
	int ret;

	arg->conflict_start = 0;
	arg->conflict_length = 0;
	ret = security_locked_down(LOCKDOWN_DEV_MEM);
	if (ret)
		return ret;
	ret = vtl0_check_add(arg, &rq, &arg->conflict_start);
	if (ret)
		return ret;
	rq.killable = killable;
	range = vtl0_owner_add(owner, &rq, &conflict);
	arg->conflict_start = conflict.start;
	arg->conflict_length = conflict.length;
	if (IS_ERR(range))
		return PTR_ERR(range);
	report(arg, range);
	vtl0_range_put(range);
	return 0;
}

static void put_job(struct remove_job *job)
{
	if (refcount_dec_and_test(&job->refs))
		kfree(job);
}

static void remove_work(struct work_struct *work)
{
	struct remove_job *job = container_of(work, struct remove_job, work);

	if (vtl0_remove_batch(&job->batch, REMOVE_TRIES, &job->busy)) {
		job->ret = -EBUSY;
		/* its last owner may have gone meanwhile */
		mutex_lock(&vtl0_lock);
		vtl0_drain_now();
		mutex_unlock(&vtl0_lock);
	}
	complete(&job->done);
	put_job(job);
}

/* Take the range that is just @start and @length, as soon as nothing else works on it. */
static int begin_remove(u64 start, u64 length, struct list_head *batch)
	__must_not_hold(&vtl0_lock)
{
	struct vtl0_range *range;
	int ret;

	do {
		mutex_lock(&vtl0_lock);
		range = vtl0_range_overlap(start, 1);
		if (!range || range->start != start || range->length != length) {
			mutex_unlock(&vtl0_lock);
			return -ENOENT;
		}
		if (!range->busy) {
			vtl0_remove_begin(range, batch);
			mutex_unlock(&vtl0_lock);
			return 0;
		}
		ret = vtl0_range_wait(range, false);
	} while (!ret);
	return ret;
}

/**
 * vtl0_remove() - unregister a range, also if files hold it or it is persistent
 * @start: its first byte
 * @length: its length in bytes
 * @busy: out, with -EBUSY: the folio that is pinned
 *
 * If the caller is killed the removal goes on without it.
 *
 * Context: sleeps; takes vtl0_lock.
 * Return: 0, -ENOENT, -EBUSY, -ENOMEM, or -ERESTARTSYS with nothing done.
 */
int vtl0_remove(u64 start, u64 length, struct vtl0_span *busy)
{
	struct remove_job *job = kzalloc_obj(*job);
	int ret;

	if (!job)
		return -ENOMEM;
	INIT_LIST_HEAD(&job->batch);
	ret = begin_remove(start, length, &job->batch);
	if (ret) {
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
EXPORT_SYMBOL_IF_KUNIT(vtl0_remove);

/**
 * vtl0_owner_release() - drop the holds of a file that was closed
 * @owner: of the file; freed
 *
 * Ranges without another owner go in the background.
 *
 * Context: process; takes vtl0_lock.
 */
void vtl0_owner_release(struct vtl0_owner *owner)
{
	mutex_lock(&vtl0_lock);
	vtl0_hold_drop_owner(owner);
	vtl0_drain_now();
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
 * No file is open and nothing is pinned, else the module could not be unloaded; a
 * page walker may hold a folio for a moment.
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
			pr_warn("waiting for the folio at %#llx to be released\n", busy.start);
	} while (nr);
}
