// SPDX-License-Identifier: GPL-2.0
/*
 * Ownership: an open file of the control node holds each range that was added through
 * it. When the last hold of a range without VTL0_ADD_PERSIST goes, the range is
 * removed: at once or, if pages of it are pinned, from state DRAINING as soon as they
 * are not.
 */
#include <linux/module.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <kunit/visibility.h>

#include "vtl0.h"

/**
 * struct vtl0_owner - an open file that can own ranges
 * @holds: its ranges (struct vtl0_hold), under vtl0_lock
 */
struct vtl0_owner {
	struct list_head holds __guarded_by(&vtl0_lock);
};

/* The link between one owner and one range that it holds; see hold_range(). */
struct vtl0_hold {
	struct list_head in_owner;
	struct list_head in_range;
	struct vtl0_owner *owner;
	struct vtl0_range *range;
};

static __guarded_by(&vtl0_lock) LIST_HEAD(ranges);

/*
 * drain_work removes ranges without an owner when their pages are no longer pinned.
 * While @draining is set it holds a reference on the module.
 */
static void drain(struct work_struct *work);
static DECLARE_DELAYED_WORK(drain_work, drain);
static struct workqueue_struct *drain_wq;
static bool draining __guarded_by(&vtl0_lock);
static __guarded_by(&vtl0_lock) unsigned int drain_ms;
/* open files of vtl0_low; a VMA holds one */
static atomic_t low_users;

#define DRAIN_MIN_MS 4
#define DRAIN_MAX_MS 1000

/* How often VTL0_REMOVE looks at the folios before it reports one as pinned. */
#define REMOVE_TRIES 20

/**
 * vtl0_owner_alloc() - allocate the owner of a new file
 *
 * Return: the owner, for vtl0_owner_release(), or NULL.
 */
struct vtl0_owner *vtl0_owner_alloc(void)
{
	struct vtl0_owner *owner = kzalloc_obj(*owner);

	if (owner)
		context_unsafe(INIT_LIST_HEAD(&owner->holds)); /* it is new */
	return owner;
}
EXPORT_SYMBOL_IF_KUNIT(vtl0_owner_alloc);

/*
 * Make @owner hold @range by @hold, which is freed if @owner holds @range already or
 * if the range is persistent and needs no owner.
 */
static void hold_range(struct vtl0_range *range, struct vtl0_owner *owner,
		       struct vtl0_hold *hold, bool persist)
	__must_hold(&vtl0_lock)
{
	struct vtl0_hold *h;

	lockdep_assert_held(&vtl0_lock);
	/* it was added again before the last pin was gone */
	if (range->state == VTL0_STATE_DRAINING)
		vtl0_range_set_state(range, VTL0_STATE_LIVE);
	if (persist) {
		WRITE_ONCE(range->persist, true);
		goto unused;
	}
	list_for_each_entry(h, &range->holds, in_range)
		if (h->owner == owner)
			goto unused;
	if (range->persist)
		goto unused;
	hold->owner = owner;
	hold->range = range;
	list_add(&hold->in_owner, &owner->holds);
	list_add(&hold->in_range, &range->holds);
	WRITE_ONCE(range->nr_owners, range->nr_owners + 1);
	return;

unused:
	kfree(hold);
}

static void drop_hold(struct vtl0_hold *hold)
	__must_hold(&vtl0_lock)
{
	list_del(&hold->in_owner);
	list_del(&hold->in_range);
	WRITE_ONCE(hold->range->nr_owners, hold->range->nr_owners - 1);
	kfree(hold);
}

static struct vtl0_range *find_or_add(const struct vtl0_request *rq, struct vtl0_span *conflict)
	__must_hold(&vtl0_lock)
{
	struct vtl0_range *range = vtl0_range_overlap(rq->start, rq->length);

	if (!range) {
		range = vtl0_range_add(rq, conflict);
		if (!IS_ERR(range))
			list_add_tail(&range->link, &ranges);
		return range;
	}
	if (range->start == rq->start && range->length == rq->length && !rq->exclusive &&
	    (!rq->file.name[0] || !strcmp(range->file.name, rq->file.name)))
		return range;
	conflict->start = max(range->start, rq->start);
	conflict->length = min(range->start + range->length, rq->start + rq->length) -
			   conflict->start;
	return ERR_PTR(-EEXIST);
}

/**
 * vtl0_owner_add() - register a range, or find it registered, and hold it
 * @owner: the file that asks for it
 * @rq: a checked request
 * @conflict: out, with -EEXIST, -EBUSY, -ENXIO: what is in the way
 *
 * Context: under vtl0_lock; sleeps, for seconds where the memmap is large.
 * Return: the range, valid while vtl0_lock is held, or an ERR_PTR().
 */
struct vtl0_range *vtl0_owner_add(struct vtl0_owner *owner, const struct vtl0_request *rq,
				  struct vtl0_span *conflict)
{
	struct vtl0_range *range;
	struct vtl0_hold *hold;

	lockdep_assert_held(&vtl0_lock);
	hold = kzalloc_obj(*hold);
	if (!hold)
		return ERR_PTR(-ENOMEM);
	range = find_or_add(rq, conflict);
	if (IS_ERR(range))
		kfree(hold);
	else
		hold_range(range, owner, hold, rq->persist);
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
	if (killable ? mutex_lock_killable(&vtl0_lock) : mutex_lock_interruptible(&vtl0_lock))
		return -ERESTARTSYS;
	range = vtl0_owner_add(owner, &rq, &conflict);
	if (!IS_ERR(range))
		report(arg, range);
	mutex_unlock(&vtl0_lock);
	arg->conflict_start = conflict.start;
	arg->conflict_length = conflict.length;
	return PTR_ERR_OR_ZERO(range);
}

static int remove_range(struct vtl0_range *range, unsigned int tries, struct vtl0_span *busy)
	__must_hold(&vtl0_lock)
{
	struct vtl0_hold *hold, *next;
	int ret = vtl0_range_del(range, tries, busy);

	if (ret)
		return ret;
	list_for_each_entry_safe(hold, next, &range->holds, in_range)
		drop_hold(hold);
	list_del(&range->link);
	vtl0_range_put(range);
	return 0;
}

/**
 * vtl0_remove() - unregister a range, also if files hold it or it is persistent
 * @start: its first byte
 * @length: its length in bytes
 * @busy: out, with -EBUSY: the folio that is pinned
 *
 * Context: under vtl0_lock; sleeps.
 * Return: 0, -ENOENT or -EBUSY.
 */
int vtl0_remove(u64 start, u64 length, struct vtl0_span *busy)
{
	struct vtl0_chunk *chunk;
	struct vtl0_range *range;

	lockdep_assert_held(&vtl0_lock);
	chunk = vtl0_chunk_find(start);
	if (!chunk)
		return -ENOENT;
	range = chunk->range;
	if (range->start != start || range->length != length)
		return -ENOENT;
	return remove_range(range, REMOVE_TRIES, busy);
}
EXPORT_SYMBOL_IF_KUNIT(vtl0_remove);

/*
 * A range that was mapped can still be pinned when no file and so no VMA is left. The
 * module must stay then, although nothing else refers to it. Returns whether
 * drain_work must look at @range again.
 */
static bool may_be_pinned(struct vtl0_range *range)
	__must_hold(&vtl0_lock)
{
	struct vtl0_span busy;

	if (!READ_ONCE(range->touched) || atomic_read(&low_users))
		return false;
	if (vtl0_pgmaps_idle(range, range->start, &busy))
		return true;
	WRITE_ONCE(range->touched, false);
	/*
	 * A process that opened the node meanwhile may have mapped and pinned
	 * what was looked at already, and seen the flag still set.
	 */
	smp_mb();
	if (atomic_read(&low_users))
		WRITE_ONCE(range->touched, true);
	return false;
}

/*
 * Remove every range without an owner that is not pinned. Returns whether drain_work
 * must look again, as a range is pinned or may be.
 */
static bool drain_ranges(void)
	__must_hold(&vtl0_lock)
{
	struct vtl0_range *range, *next;
	struct vtl0_span busy;
	bool again = false;

	list_for_each_entry_safe(range, next, &ranges, link) {
		if (!range->persist && list_empty(&range->holds)) {
			vtl0_range_set_state(range, VTL0_STATE_DRAINING);
			again |= remove_range(range, 1, &busy) != 0;
		} else {
			again |= may_be_pinned(range);
		}
	}
	return again;
}

static void drain(struct work_struct *work)
{
	mutex_lock(&vtl0_lock);
	if (!draining) {
		/* queued once more while the last run was ending */
	} else if (drain_ranges()) {
		drain_ms = min(drain_ms * 2, DRAIN_MAX_MS);
		mod_delayed_work(drain_wq, &drain_work, msecs_to_jiffies(drain_ms));
	} else {
		draining = false;
		/* vtl0_owners_exit() waits for the end of this function */
		module_put(THIS_MODULE);
	}
	mutex_unlock(&vtl0_lock);
}

/*
 * Remove ranges that lost their last owner, and let drain_work remove those that are
 * pinned. The caller runs in a file operation, so the module is not being unloaded.
 */
static void drain_now(void)
	__must_hold(&vtl0_lock)
{
	lockdep_assert_held(&vtl0_lock);
	if (!drain_ranges())
		return;
	if (!draining) {
		draining = true;
		__module_get(THIS_MODULE);
	}
	drain_ms = DRAIN_MIN_MS;
	mod_delayed_work(drain_wq, &drain_work, msecs_to_jiffies(drain_ms));
}

/**
 * vtl0_owner_release() - drop the holds of a file that was closed
 * @owner: of the file; freed
 *
 * Ranges without another owner are removed now or, if they are pinned, by drain_work.
 *
 * Context: process; takes vtl0_lock.
 */
void vtl0_owner_release(struct vtl0_owner *owner)
{
	struct vtl0_hold *hold, *next;

	mutex_lock(&vtl0_lock);
	list_for_each_entry_safe(hold, next, &owner->holds, in_owner)
		drop_hold(hold);
	drain_now();
	mutex_unlock(&vtl0_lock);
	kfree(owner);
}
EXPORT_SYMBOL_IF_KUNIT(vtl0_owner_release);

/** vtl0_low_get() - count an open file of the mapping node */
void vtl0_low_get(void)
{
	atomic_inc(&low_users);
}

/** vtl0_low_put() - uncount one that was closed, after all its VMAs */
void vtl0_low_put(void)
{
	mutex_lock(&vtl0_lock);
	if (atomic_dec_and_test(&low_users))
		drain_now();
	mutex_unlock(&vtl0_lock);
}

int vtl0_owners_init(void)
{
	drain_wq = alloc_workqueue("vtl0_drain", WQ_UNBOUND, 1);
	return drain_wq ? 0 : -ENOMEM;
}

/**
 * vtl0_owners_exit() - remove the ranges that are left when the module is unloaded
 *
 * No file is open and nothing is pinned, else the module could not be unloaded; a
 * page walker may hold a folio for a moment.
 */
void vtl0_owners_exit(void)
{
	struct vtl0_range *range, *next;
	struct vtl0_span busy;

	cancel_delayed_work_sync(&drain_work);
	destroy_workqueue(drain_wq);
	mutex_lock(&vtl0_lock);
	list_for_each_entry_safe(range, next, &ranges, link)
		while (remove_range(range, REMOVE_TRIES, &busy))
			pr_warn("waiting for the folio at %#llx to be released\n",
				busy.start);
	mutex_unlock(&vtl0_lock);
}
