// SPDX-License-Identifier: GPL-2.0
/*
 * The life of a range: claim, index, pgmaps, publish, and back. See owner.c for how
 * long a range stays.
 *
 * A range is published in steps: its chunks enter the index in state ADDING,
 * which refuses overlaps, and become visible to faults with state LIVE, when
 * every struct page exists. Removal is the reverse: REMOVING, then wait for the
 * faults that still saw LIVE, zap, prove every folio idle, and only then give
 * the struct pages back. Nothing else keeps them: a pin does not hold a pgmap.
 */
#include <linux/delay.h>
#include <linux/ioport.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <kunit/visibility.h>

#include "trace.h"
#include "vtl0.h"

/*
 * Serialises adding and removing; protects the index against other writers, and
 * the lists of owner.c.
 *
 * Order: vtl0_lock, then mem_hotplug_lock and i_mmap_rwsem (in memremap_pages()
 * and in zapping). Faults hold mmap_lock or a VMA lock and take vtl0_srcu only,
 * so vtl0_lock may be held while user memory is zapped, but never while user
 * memory is accessed.
 */
struct mutex vtl0_lock = __MUTEX_INITIALIZER(vtl0_lock);
EXPORT_SYMBOL_IF_KUNIT(vtl0_lock);

static u32 last_id __guarded_by(&vtl0_lock);

/*
 * A folio that is being unmapped by another thread, or looked at by a page
 * walker, holds a reference for a moment.
 */
#define IDLE_WAIT_MS 5

/* Fill in the chunks that the planner makes and add up the memory of their memmap. */
static void lay_out(struct vtl0_range *range, const struct vtl0_request *rq)
{
	struct vtl0_walk walk = vtl0_walk_begin(rq);
	unsigned int i;

	for (i = 0; i < range->nr_chunks; i++) {
		struct vtl0_chunk *chunk = &range->chunks[i];

		chunk->range = range;
		chunk->piece = *vtl0_walk_next(&walk);
		range->memmap_bytes += vtl0_memmap_bytes(&vtl0_geometry, chunk->piece.length,
							 chunk->piece.order);
	}
	range->memmap_saved = vtl0_memmap_bytes(&vtl0_geometry, rq->length, 0) -
			      range->memmap_bytes;
}

static struct vtl0_range *alloc_range(const struct vtl0_request *rq)
{
	unsigned int nr_chunks = vtl0_count_chunks(rq);
	struct vtl0_range *range;

	range = kvzalloc(struct_size(range, chunks, nr_chunks), GFP_KERNEL);
	if (!range)
		return NULL;
	range->nr_chunks = nr_chunks;
	range->start = rq->start;
	range->length = rq->length;
	range->node = rq->node;
	range->persist = rq->persist;
	range->file = rq->file;
	range->state = VTL0_STATE_ADDING;
	/* no other thread can have it yet */
	context_unsafe(INIT_LIST_HEAD(&range->holds));
	lay_out(range, rq);
	vtl0_sysfs_init_range(range);
	return range;
}

/**
 * vtl0_range_set_state() - change what faults and readers see of a range
 * @range: the range
 * @state: VTL0_STATE_*
 *
 * Context: under vtl0_lock.
 */
void vtl0_range_set_state(struct vtl0_range *range, unsigned int state)
{
	/* pairs with the acquire of vtl0_fault(): struct pages before LIVE */
	smp_store_release(&range->state, state);
}

static int register_range(struct vtl0_range *range, struct vtl0_span *conflict)
	__must_hold(&vtl0_lock)
{
	int ret;

	ret = vtl0_claim(range->start, range->length, conflict);
	if (ret)
		return ret;
	ret = vtl0_index_add(range);
	if (ret)
		goto index_del;
	ret = vtl0_pgmaps_add(range, conflict);
	if (ret)
		goto index_del;
	range->id = ++last_id;
	ret = vtl0_sysfs_add(range);
	if (ret)
		goto pgmaps_del;
	vtl0_totals_add(range);
	vtl0_range_set_state(range, VTL0_STATE_LIVE);
	vtl0_sysfs_announce(range);
	return 0;

pgmaps_del:
	vtl0_pgmaps_del(range);
index_del:
	/* also after a part was indexed: a fault may have found it */
	vtl0_index_del(range);
	synchronize_srcu(&vtl0_srcu);
	release_mem_region(range->start, range->length);
	return ret;
}

static void unregister_range(struct vtl0_range *range)
	__must_hold(&vtl0_lock)
{
	vtl0_totals_sub(range);
	vtl0_sysfs_del(range);
	vtl0_index_del(range);
	vtl0_mapping_decided();
	/* VTL0_QUERY walks chunks and counts their folios */
	synchronize_srcu(&vtl0_srcu);
	vtl0_pgmaps_del(range);
	release_mem_region(range->start, range->length);
}

/*
 * Unmap the range in every process and check that nothing pins it. After -EBUSY it
 * has its old state, and faults map it again.
 */
static int revoke(struct vtl0_range *range, unsigned int tries, struct vtl0_span *busy)
	__must_hold(&vtl0_lock)
{
	unsigned int old = range->state;
	u64 from = range->start;
	int ret;

	lockdep_assert_held(&vtl0_lock);
	/* no fault maps a draining range either, and VTL0_QUERY is to show that state */
	if (old == VTL0_STATE_LIVE)
		vtl0_range_set_state(range, VTL0_STATE_REMOVING);
	synchronize_srcu(&vtl0_srcu);
	vtl0_zap(range->start, range->length);
	/*
	 * GUP-fast walks page tables with interrupts off. A walk that read an
	 * entry before the zap has taken and dropped its reference after this.
	 */
	synchronize_rcu();
	for (;;) {
		ret = vtl0_pgmaps_idle(range, from, busy);
		if (ret != -EBUSY || !--tries)
			break;
		/* folios that were idle stay so, as they cannot be mapped */
		from = busy->start;
		msleep(IDLE_WAIT_MS);
	}
	if (ret) {
		vtl0_range_set_state(range, old);
		vtl0_mapping_decided();
	}
	return ret;
}

/**
 * vtl0_range_add() - register a range
 * @rq: a checked request
 * @conflict: out, with -EBUSY and -ENXIO: what is in the way
 *
 * Context: under vtl0_lock, which also kept overlapping ranges from being added
 * since the caller looked; sleeps, for seconds where the memmap is large.
 * Return: the live range, or an ERR_PTR().
 */
struct vtl0_range *vtl0_range_add(const struct vtl0_request *rq, struct vtl0_span *conflict)
{
	struct vtl0_range *range;
	int ret;

	lockdep_assert_held(&vtl0_lock);
	range = alloc_range(rq);
	if (!range)
		return ERR_PTR(-ENOMEM);
	ret = register_range(range, conflict);
	trace_vtl0_add(rq->start, rq->length, range->id, range->nr_chunks, ret);
	if (ret) {
		vtl0_range_put(range);
		return ERR_PTR(ret);
	}
	return range;
}

/**
 * vtl0_range_del() - unregister a range
 * @range: live or draining
 * @tries: how often to look at its folios, 5 ms apart
 * @busy: out, with -EBUSY: the folio that is pinned
 *
 * On success nothing finds the range any more and the caller drops the last
 * reference with vtl0_range_put().
 *
 * Context: under vtl0_lock; sleeps.
 * Return: 0 or -EBUSY.
 */
int vtl0_range_del(struct vtl0_range *range, unsigned int tries, struct vtl0_span *busy)
{
	int ret = revoke(range, tries, busy);

	trace_vtl0_remove(range->start, range->length, range->id, ret);
	if (!ret)
		unregister_range(range);
	return ret;
}

/**
 * vtl0_range_put() - drop a reference on a range
 * @range: freed with the last one
 */
void vtl0_range_put(struct vtl0_range *range)
{
	put_device(&range->dev);
}
