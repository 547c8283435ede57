// SPDX-License-Identifier: GPL-2.0
/*
 * drain_work removes ranges that no file holds, unless they are persistent: at once, or
 * when their last pin has gone. While one may be pinned the module must not go, although
 * no file of it is open: then the work holds a reference on the module.
 */
#include <linux/module.h>
#include <linux/workqueue.h>

#include "vtl0.h"

#define DRAIN_MIN_MS 4
#define DRAIN_MAX_MS 1000

/* Folios that a close looks at itself; more are left to the work. */
#define LOOK_MAX 65536

static void drain(struct work_struct *work);
static DECLARE_DELAYED_WORK(drain_work, drain);
static struct workqueue_struct *drain_wq;
/* ranges that are busy for the work, from the close that let them go */
static __guarded_by(&vtl0_lock) LIST_HEAD(closed);
/* the work holds a reference on the module */
static bool module_held __guarded_by(&vtl0_lock);
static __guarded_by(&vtl0_lock) unsigned int drain_ms;
/* how often vtl0_drain_now() queued the work */
static __guarded_by(&vtl0_lock) unsigned int drain_seq;
/* open files of vtl0_low; a VMA holds one */
static atomic_t low_users;
/* how often vtl0_low was opened; written after low_users */
static atomic_t low_opens;

static bool nothing_keeps(const struct vtl0_range *range)
	__must_hold(&vtl0_lock)
{
	return !range->persist && list_empty(&range->holds) &&
	       range->state != VTL0_STATE_ADDING;
}

/*
 * With no file and so no VMA left, a range that was mapped can still be pinned.
 * One without struct pages is not: a removal has found it idle. To be called inside
 * vtl0_srcu, which keeps the struct pages.
 */
static bool is_pinned(struct vtl0_range *range)
{
	int opens = atomic_read_acquire(&low_opens);
	struct vtl0_span busy;

	if (!READ_ONCE(range->touched) || atomic_read(&low_users))
		return false;
	/* pairs with vtl0_range_register() */
	if (!smp_load_acquire(&range->registered))
		return false;
	if (vtl0_pgmaps_idle(range, range->start, &busy))
		return true;
	WRITE_ONCE(range->touched, false);
	/*
	 * A process that opened the node meanwhile may have pinned a folio that was
	 * looked at before, have seen the flag still set, and have closed the node.
	 * Pairs with vtl0_low_get(): it sees the flag cleared, or is seen here.
	 */
	smp_mb();
	if (atomic_read(&low_opens) != opens)
		WRITE_ONCE(range->touched, true);
	return false;
}

static bool any_pinned(void)
{
	struct vtl0_chunk *chunk;
	bool pinned = false;
	u64 pos = 0;
	int idx;

	do {
		idx = srcu_read_lock(&vtl0_srcu);
		chunk = vtl0_chunk_next(pos);
		if (chunk) {
			pos = chunk->range->start + chunk->range->length;
			pinned = is_pinned(chunk->range);
		}
		srcu_read_unlock(&vtl0_srcu, idx);
	} while (chunk && !pinned);
	return pinned;
}

/*
 * Keep faults out of what nothing keeps any more, and let adds wait for it. A range
 * on which an add or a removal works is seen to when that has ended: by the close
 * of the file that added it, or by vtl0_drain_now() of the removal. Returns whether
 * there is something to drain.
 */
static bool mark(void)
	__must_hold(&vtl0_lock)
{
	struct vtl0_range *range;
	bool found = false;

	list_for_each_entry(range, &vtl0_ranges, link) {
		if (!nothing_keeps(range))
			continue;
		found = true;
		if (range->busy)
			continue;
		vtl0_range_set_state(range, VTL0_STATE_DRAINING);
		vtl0_remove_begin(range, &closed);
	}
	return found;
}

/* Take all that can go: what was closed, and what was pinned before. */
static unsigned int begin(struct list_head *batch)
	__must_not_hold(&vtl0_lock)
{
	unsigned int seq;

	mutex_lock(&vtl0_lock);
	mark();
	list_splice_init(&closed, batch);
	seq = drain_seq;
	mutex_unlock(&vtl0_lock);
	return seq;
}

/*
 * While a range may be pinned the module stays. It cannot be had when the module is
 * on its way out already; then vtl0_owners_exit() waits for the pins.
 */
static void hold_module(void)
	__must_hold(&vtl0_lock)
{
	if (!module_held)
		module_held = try_module_get(THIS_MODULE);
}

static void drain(struct work_struct *work)
{
	struct vtl0_span busy;
	LIST_HEAD(batch);
	unsigned int seq = begin(&batch);
	bool again;

	again = vtl0_remove_batch(&batch, 1, &busy) > 0;
	again |= any_pinned();
	mutex_lock(&vtl0_lock);
	if (seq != drain_seq) {
		/* it was queued meanwhile, and runs once more */
	} else if (again) {
		hold_module();
		drain_ms = min(drain_ms * 2, DRAIN_MAX_MS);
		mod_delayed_work(drain_wq, &drain_work, msecs_to_jiffies(drain_ms));
	} else if (module_held) {
		module_held = false;
		/* vtl0_drain_exit() waits for the end of this function */
		module_put(THIS_MODULE);
	}
	mutex_unlock(&vtl0_lock);
}

/* Is one pinned, or are there too many folios for a close to look at? */
static bool must_hold_module(void)
	__must_hold(&vtl0_lock)
{
	struct vtl0_range *range;
	u64 looked_at = 0;
	bool hold = false;
	int idx;

	idx = srcu_read_lock(&vtl0_srcu);
	list_for_each_entry(range, &vtl0_ranges, link) {
		if (!READ_ONCE(range->touched) || atomic_read(&low_users))
			continue;
		looked_at += range->nr_folios;
		hold = looked_at > LOOK_MAX || is_pinned(range);
		if (hold)
			break;
	}
	srcu_read_unlock(&vtl0_srcu, idx);
	return hold;
}

/**
 * vtl0_drain_now() - remove in the background what nothing keeps any more
 *
 * The caller is in a file operation, so the module cannot be on its way out; or in
 * a work that vtl0_owners_exit() waits for, before the last removal.
 *
 * Context: under vtl0_lock.
 */
void vtl0_drain_now(void)
{
	bool hold = must_hold_module();

	lockdep_assert_held(&vtl0_lock);
	if (!mark() && !hold)
		return;
	if (hold)
		hold_module();
	drain_ms = DRAIN_MIN_MS;
	drain_seq++;
	mod_delayed_work(drain_wq, &drain_work, 0);
}

/** vtl0_low_get() - count an open file of the mapping node */
void vtl0_low_get(void)
{
	atomic_inc(&low_users);
	/* pairs with is_pinned(): the count before any touch; fully ordered */
	atomic_inc_return(&low_opens);
}

/** vtl0_low_put() - uncount one that was closed, after all its VMAs */
void vtl0_low_put(void)
{
	mutex_lock(&vtl0_lock);
	if (atomic_dec_and_test(&low_users))
		vtl0_drain_now();
	mutex_unlock(&vtl0_lock);
}

int vtl0_drain_init(void)
{
	drain_wq = alloc_workqueue("vtl0_drain", WQ_UNBOUND, 1);
	return drain_wq ? 0 : -ENOMEM;
}

/** vtl0_drain_exit() - wait for the work, for the last time */
void vtl0_drain_exit(void)
{
	/* what was closed is busy for it */
	flush_delayed_work(&drain_work);
	cancel_delayed_work_sync(&drain_work);
	destroy_workqueue(drain_wq);
}
