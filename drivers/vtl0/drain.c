// SPDX-License-Identifier: GPL-2.0
/*
 * drain_work removes ranges that no file holds, unless they are persistent: at once, or
 * when the last pin of the range is released. While a range may be pinned, the module must
 * not be unloaded, even if no file of it is open: drain_work then holds a reference on the
 * module.
 */
#include <linux/module.h>
#include <linux/workqueue.h>

#include "events.h"
#include "vtl0.h"

#define DRAIN_MIN_MS 4
#define DRAIN_MAX_MS 1000

/* The number of folios that a close checks for pins; if there are more, drain_work does. */
#define LOOK_MAX 65536

static void drain(struct work_struct *work);
static DECLARE_DELAYED_WORK(drain_work, drain);
static struct workqueue_struct *drain_wq;
/* ranges that mark() made busy, for drain_work to remove */
static __guarded_by(&vtl0_lock) LIST_HEAD(closed);
/* drain_work holds a reference on the module */
static bool module_held __guarded_by(&vtl0_lock);
/* delay before drain_work looks again at ranges that are pinned */
static __guarded_by(&vtl0_lock) unsigned int drain_ms;
/* how often vtl0_drain_queue() queued the work */
static __guarded_by(&vtl0_lock) unsigned int drain_seq;
/* files that can map ranges, of mmap.c and of file.c; a VMA keeps its file open */
static atomic_t mappers;
/* how often such a file was opened; incremented after mappers */
static atomic_t mapper_opens;

static bool must_drain(const struct vtl0_range *range)
	__must_hold(&vtl0_lock)
{
	return !range->persist && list_empty(&range->holds) &&
	       range->state != VTL0_STATE_ADDING;
}

/*
 * May @range be pinned although no file, and so no VMA, is left? Not if it was never mapped,
 * nor if it has no struct pages, as its removal has found it idle. While a file is open the
 * answer is false, as that file keeps the module loaded. Called inside vtl0_srcu, so that
 * the struct pages stay.
 */
static bool is_pinned(struct vtl0_range *range)
{
	int opens = atomic_read_acquire(&mapper_opens);
	struct vtl0_span busy;

	if (!READ_ONCE(range->touched) || atomic_read(&mappers))
		return false;
	/* pairs with vtl0_range_register() */
	if (!smp_load_acquire(&range->registered))
		return false;
	if (vtl0_pgmaps_idle(range, range->start, &busy))
		return true;
	WRITE_ONCE(range->touched, false);
	/*
	 * Meanwhile a process may have opened a file, pinned a folio that was checked before,
	 * found the flag still set, and closed the file. Pairs with vtl0_mapper_get(): that
	 * process sees the flag cleared, or mapper_opens has changed here. Its close may have
	 * found the flag cleared and left the range to this look: so look again.
	 */
	smp_mb();
	if (atomic_read(&mapper_opens) == opens)
		return false;
	WRITE_ONCE(range->touched, true);
	return true;
}

static bool any_pinned(void)
{
	struct vtl0_chunk *chunk;
	struct vtl0_range *range;
	struct vtl0_span span;
	bool pinned = false;
	u64 pos = 0;
	int idx;

	do {
		idx = srcu_read_lock(&vtl0_srcu);
		chunk = vtl0_chunk_next(pos);
		if (chunk) {
			range = READ_ONCE(chunk->range);
			span = vtl0_range_span(range);
			pos = vtl0_behind(chunk, span.start + span.length);
			pinned = is_pinned(range);
		}
		srcu_read_unlock(&vtl0_srcu, idx);
	} while (chunk && !pinned);
	return pinned;
}

/*
 * Make the ranges that must drain DRAINING: faults no longer map them, adds wait. A busy
 * range is skipped: after the add or removal that works on it, the last close or the removal
 * itself calls vtl0_drain_queue() again. Returns whether there is a range to drain.
 */
static bool mark(void)
	__must_hold(&vtl0_lock)
{
	struct vtl0_range *range;
	bool found = false;

	list_for_each_entry(range, &vtl0_unheld, unheld) {
		if (!must_drain(range))
			continue;
		found = true;
		if (range->busy)
			continue;
		if (range->state != VTL0_STATE_DRAINING) {
			vtl0_range_set_state(range, VTL0_STATE_DRAINING);
			vtl0_event(VTL0_EVENT_DRAINING);
		}
		vtl0_remove_begin(range, &closed);
	}
	return found;
}

/* Move the ranges to remove, also those that were pinned last time, to @batch. */
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
 * Keep the module loaded while a range may be pinned. try_module_get() fails when the
 * module is being unloaded already; then vtl0_owners_exit() waits for the pins.
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
		/* vtl0_drain_queue() has queued the work again */
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

/* May a range be pinned? True also if there are too many folios for a close to check. */
static bool must_hold_module(void)
	__must_hold(&vtl0_lock)
{
	struct vtl0_range *range;
	u64 looked_at = 0;
	bool hold = false;
	int idx;

	/* then is_pinned() is false for each range */
	if (atomic_read(&mappers))
		return false;
	idx = srcu_read_lock(&vtl0_srcu);
	list_for_each_entry(range, &vtl0_ranges, link) {
		if (!READ_ONCE(range->touched))
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
 * vtl0_drain_queue() - queue drain_work if a range is to be drained or may be pinned
 *
 * The module is not unloaded meanwhile: the caller is in a file operation, or in a work
 * item for which vtl0_owners_exit() waits before the last removal.
 *
 * Context: under vtl0_lock.
 */
void vtl0_drain_queue(void)
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

/** vtl0_mapper_get() - count an open file that can map ranges */
void vtl0_mapper_get(void)
{
	atomic_inc(&mappers);
	/* fully ordered before any touch through the file; pairs with is_pinned() */
	atomic_inc_return(&mapper_opens);
}

/** vtl0_mapper_put() - uncount a file that can map ranges: it is closed, and has no VMA */
void vtl0_mapper_put(void)
{
	mutex_lock(&vtl0_lock);
	if (atomic_dec_and_test(&mappers))
		vtl0_drain_queue();
	mutex_unlock(&vtl0_lock);
}

int vtl0_drain_init(void)
{
	drain_wq = alloc_workqueue("vtl0_drain", WQ_UNBOUND, 1);
	return drain_wq ? 0 : -ENOMEM;
}

/** vtl0_drain_exit() - run drain_work a last time, and wait for it */
void vtl0_drain_exit(void)
{
	/* ranges in closed stay busy until the work has run */
	flush_delayed_work(&drain_work);
	cancel_delayed_work_sync(&drain_work);
	destroy_workqueue(drain_wq);
}
