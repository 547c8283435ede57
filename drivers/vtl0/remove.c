// SPDX-License-Identifier: GPL-2.0
/*
 * Removes ranges, many at a time: a removal waits for several grace periods, and all
 * ranges of a batch wait for the same ones.
 *
 * The state REMOVING keeps new faults out. vtl0_remove_batch() then waits for faults
 * that saw LIVE, zaps the page-table entries, looks whether every folio is idle, and only
 * then gives the struct pages back: memunmap_pages() does not wait for pins. A range
 * stays in the index and in /proc/iomem until the end, so that an add of the same memory
 * finds it and waits.
 */
#include <linux/delay.h>
#include <linux/rcupdate.h>

#include "trace.h"
#include "vtl0.h"

/**
 * vtl0_remove_begin() - take a range for a removal
 * @range: not busy, live or draining
 * @batch: list to which the range is appended
 *
 * Context: under vtl0_lock.
 */
void vtl0_remove_begin(struct vtl0_range *range, struct list_head *batch)
{
	lockdep_assert_held(&vtl0_lock);
	range->busy = true;
	range->looked_at = range->start;
	/* a touch of a draining range is SIGBUS already; VTL0_QUERY goes on showing that state */
	if (range->state == VTL0_STATE_LIVE)
		vtl0_range_set_state(range, VTL0_STATE_REMOVING);
	list_add_tail(&range->batch, batch);
}

/* Take the ranges from every process that maps them. */
static void revoke(struct list_head *batch)
{
	struct vtl0_range *range;

	synchronize_srcu(&vtl0_srcu);
	list_for_each_entry(range, batch, batch)
		vtl0_zap(range->start, range->length);
	/*
	 * GUP-fast walks page tables with interrupts off. A walk that read an
	 * entry before the zap has taken and dropped its reference after this.
	 */
	synchronize_rcu();
}

/* Move ranges without a pin to @idle; @busy is the first folio that is pinned. */
static void look_for_pins(struct list_head *batch, struct list_head *idle,
			  struct vtl0_span *busy)
{
	struct vtl0_range *range, *next;
	struct vtl0_span span;

	busy->length = 0;
	list_for_each_entry_safe(range, next, batch, batch) {
		if (!vtl0_pgmaps_idle(range, range->looked_at, &span)) {
			list_move_tail(&range->batch, idle);
			continue;
		}
		/* the folios below stay idle, as they cannot be mapped */
		range->looked_at = span.start;
		if (!busy->length)
			*busy = span;
	}
}

/* Make the ranges of @batch, which are pinned, live again, but for those that drain. */
static unsigned int give_up(struct list_head *batch)
	__must_not_hold(&vtl0_lock)
{
	struct vtl0_range *range, *next;
	unsigned int nr = 0;

	mutex_lock(&vtl0_lock);
	list_for_each_entry_safe(range, next, batch, batch) {
		list_del(&range->batch);
		if (range->state == VTL0_STATE_REMOVING)
			vtl0_range_set_state(range, VTL0_STATE_LIVE);
		trace_vtl0_remove(range->start, range->length, range->id, -EBUSY);
		vtl0_range_unbusy(range);
		nr++;
	}
	mutex_unlock(&vtl0_lock);
	vtl0_mapping_wake();
	return nr;
}

static void unregister(struct list_head *batch)
	__must_not_hold(&vtl0_lock)
{
	struct vtl0_range *range;

	list_for_each_entry(range, batch, batch) {
		trace_vtl0_remove(range->start, range->length, range->id, 0);
		vtl0_sysfs_del(range);
		/*
		 * In REMOVING a fault waits, in DRAINING it is SIGBUS. The range is busy,
		 * so no other thread writes these fields.
		 */
		context_unsafe(vtl0_range_set_state(range, VTL0_STATE_DRAINING));
		WRITE_ONCE(range->registered, false);
	}
	vtl0_mapping_wake();
	/* VTL0_QUERY walks chunks and counts their folios */
	synchronize_srcu(&vtl0_srcu);
	vtl0_pgmaps_del(batch);
	vtl0_range_forget(batch);
}

/**
 * vtl0_remove_batch() - unregister ranges
 * @batch: ranges taken with vtl0_remove_begin()
 * @tries: how often to look at their folios, VTL0_IDLE_WAIT_MS apart
 * @busy: out: the first folio that is pinned, if one is
 *
 * Ranges that are pinned stay registered; their mappings fault in again.
 *
 * Context: sleeps; takes vtl0_lock.
 * Return: how many ranges are pinned.
 */
unsigned int vtl0_remove_batch(struct list_head *batch, unsigned int tries,
			       struct vtl0_span *busy)
{
	LIST_HEAD(idle);

	if (list_empty(batch))
		return 0;
	revoke(batch);
	for (;;) {
		look_for_pins(batch, &idle, busy);
		if (list_empty(batch) || !--tries)
			break;
		/* a thread that unmaps the folio, or a page walker, has a reference for a moment */
		msleep(VTL0_IDLE_WAIT_MS);
	}
	if (!list_empty(&idle))
		unregister(&idle);
	return give_up(batch);
}
