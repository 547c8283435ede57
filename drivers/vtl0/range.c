// SPDX-License-Identifier: GPL-2.0
/*
 * Bookkeeping of registered ranges: who owns them, how they are found, and in
 * which order they come and go. What a pgmap is stands in pgmap.c, how user
 * space reaches the memory in mmap.c.
 *
 * A range is published in steps: its chunks enter the index in state ADDING,
 * which keeps others out, and become visible to faults with state LIVE, when
 * every struct page exists. Removal is the reverse: REMOVING, then wait for the
 * faults that still saw LIVE, zap, prove every folio idle, and only then give
 * the struct pages back. Nothing else keeps them: a pin does not hold a pgmap.
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/overflow.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <kunit/visibility.h>

#include "trace.h"
#include "vtl0.h"

/*
 * Serialises adding and removing, and protects everything in this file but the
 * index, which readers walk inside vtl0_srcu.
 *
 * Order: vtl0_lock, then mem_hotplug_lock and i_mmap_rwsem (in memremap_pages()
 * and in zapping). Faults hold mmap_lock or a VMA lock and take vtl0_srcu only,
 * so vtl0_lock may be held while user memory is zapped, but never while user
 * memory is accessed.
 */
struct mutex vtl0_lock = __MUTEX_INITIALIZER(vtl0_lock);
EXPORT_SYMBOL_IF_KUNIT(vtl0_lock);
DEFINE_SRCU(vtl0_srcu);

/* pfn to chunk; changed under vtl0_lock */
static DEFINE_XARRAY(chunk_index);

static __guarded_by(&vtl0_lock) LIST_HEAD(ranges);
static u32 last_id __guarded_by(&vtl0_lock);

/* A file keeps a range. */
struct vtl0_hold {
	struct list_head in_owner;
	struct list_head in_range;
	struct vtl0_owner *owner;
	struct vtl0_range *range;
};

/*
 * Ownerless ranges whose pages are still pinned go in the background. The work
 * holds a reference on the module while there is anything to wait for.
 */
static void settle(struct work_struct *work);
static DECLARE_DELAYED_WORK(settle_work, settle);
static struct workqueue_struct *settle_wq;
static bool settling __guarded_by(&vtl0_lock);
static __guarded_by(&vtl0_lock) unsigned int settle_ms;
/* open files of vtl0_low; a VMA holds one */
static atomic_t low_users;

#define SETTLE_MIN_MS 4
#define SETTLE_MAX_MS 1000

/*
 * A folio that is being unmapped by another thread, or looked at by a page
 * walker, holds a reference for a moment. Removal waits that long before it
 * calls the folio pinned.
 */
#define IDLE_TRIES 20
#define IDLE_WAIT_MS 5

/**
 * vtl0_chunk_find() - the chunk that an address lies in
 * @address: physical address
 *
 * Context: inside vtl0_srcu or under vtl0_lock.
 * Return: the chunk, in whatever state, or NULL.
 */
struct vtl0_chunk *vtl0_chunk_find(u64 address)
{
	return xa_load(&chunk_index, PHYS_PFN(address));
}
EXPORT_SYMBOL_IF_KUNIT(vtl0_chunk_find);

/**
 * vtl0_chunk_next() - the first chunk that ends behind an address
 * @address: physical address
 *
 * Context: inside vtl0_srcu or under vtl0_lock.
 * Return: the chunk, in whatever state, or NULL.
 */
struct vtl0_chunk *vtl0_chunk_next(u64 address)
{
	unsigned long pfn = PHYS_PFN(address);

	return xa_find(&chunk_index, &pfn, ULONG_MAX, XA_PRESENT);
}
EXPORT_SYMBOL_IF_KUNIT(vtl0_chunk_next);

static struct vtl0_range *first_overlap(u64 start, u64 length)
	__must_hold(&vtl0_lock)
{
	struct vtl0_chunk *chunk;

	lockdep_assert_held(&vtl0_lock);
	chunk = vtl0_chunk_next(start);
	if (!chunk || chunk->piece.start >= start + length)
		return NULL;
	return chunk->range;
}

static void unindex(struct vtl0_range *range)
{
	/* storing NULL over whole entries does not allocate */
	xa_store_range(&chunk_index, PHYS_PFN(range->start),
		       PHYS_PFN(range->start + range->length - 1), NULL, GFP_KERNEL);
}

static int index_chunks(struct vtl0_range *range)
{
	unsigned int i;

	for (i = 0; i < range->nr_chunks; i++) {
		struct vtl0_chunk *chunk = &range->chunks[i];
		struct vtl0_piece *p = &chunk->piece;
		void *old = xa_store_range(&chunk_index, PHYS_PFN(p->start),
					   PHYS_PFN(p->start + p->length - 1),
					   chunk, GFP_KERNEL);

		if (xa_is_err(old))
			return xa_err(old);
	}
	return 0;
}

/* Fill the chunks from the planner and add up what they cost. */
static void lay_out(struct vtl0_range *range, const struct vtl0_request *rq)
{
	struct vtl0_walk walk = vtl0_walk_request(rq);
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
	range->state = VTL0_STATE_ADDING;
	/* nobody else has it yet */
	context_unsafe(INIT_LIST_HEAD(&range->holds));
	lay_out(range, rq);
	vtl0_range_init_kobj(range);
	return range;
}

static void set_state(struct vtl0_range *range, unsigned int state)
{
	/* pairs with the acquire of vtl0_fault(): struct pages before LIVE */
	smp_store_release(&range->state, state);
}

static void drop_holds(struct vtl0_range *range)
	__must_hold(&vtl0_lock)
{
	struct vtl0_hold *hold, *next;

	list_for_each_entry_safe(hold, next, &range->holds, in_range) {
		list_del(&hold->in_range);
		list_del(&hold->in_owner);
		kfree(hold);
	}
	range->nr_owners = 0;
}

static int register_range(struct vtl0_range *range, struct vtl0_span *conflict)
	__must_hold(&vtl0_lock)
{
	int ret;

	ret = vtl0_claim(range->start, range->length, conflict);
	if (ret)
		return ret;
	ret = index_chunks(range);
	if (ret)
		goto unindex;
	ret = vtl0_pgmaps_add(range);
	if (ret)
		goto unindex;
	range->id = ++last_id;
	ret = vtl0_sysfs_add(range);
	if (ret)
		goto pgmaps;
	list_add_tail(&range->link, &ranges);
	set_state(range, VTL0_STATE_LIVE);
	return 0;

pgmaps:
	vtl0_pgmaps_del(range);
unindex:
	/* also what is indexed in part; a fault may have seen it */
	unindex(range);
	synchronize_srcu(&vtl0_srcu);
	release_mem_region(range->start, range->length);
	return ret;
}

static void unregister_range(struct vtl0_range *range)
	__must_hold(&vtl0_lock)
{
	list_del(&range->link);
	drop_holds(range);
	vtl0_sysfs_del(range);
	unindex(range);
	/* VTL0_QUERY walks chunks and counts their folios */
	synchronize_srcu(&vtl0_srcu);
	vtl0_pgmaps_del(range);
	release_mem_region(range->start, range->length);
	kobject_put(&range->kobj);
}

/*
 * Take the range away from everybody who maps it, and check that nobody pins
 * it. On -EBUSY it is as before, but for the mappings, which fault in again.
 */
static int revoke(struct vtl0_range *range, unsigned int tries, struct vtl0_span *busy)
	__must_hold(&vtl0_lock)
{
	unsigned int old = range->state;
	u64 from = range->start;
	int ret;

	lockdep_assert_held(&vtl0_lock);
	/* a draining one cannot be touched already, and readers shall see that it drains */
	if (old == VTL0_STATE_LIVE)
		set_state(range, VTL0_STATE_REMOVING);
	synchronize_srcu(&vtl0_srcu);
	vtl0_zap(range->start, range->length);
	/*
	 * GUP-fast walks page tables with interrupts off. One that read an
	 * entry before the zap has taken and dropped its reference after this.
	 */
	synchronize_rcu();
	for (;;) {
		ret = vtl0_pgmaps_idle(range, from, busy);
		if (ret != -EBUSY || !--tries)
			break;
		/* what was idle stays so, as nobody can map it */
		from = busy->start;
		msleep(IDLE_WAIT_MS);
	}
	if (ret)
		set_state(range, old);
	return ret;
}

static int try_remove(struct vtl0_range *range, unsigned int tries, struct vtl0_span *busy)
	__must_hold(&vtl0_lock)
{
	int ret = revoke(range, tries, busy);

	trace_vtl0_remove(range->start, range->length, range->id, ret);
	if (!ret)
		unregister_range(range);
	return ret;
}

/*
 * Make @owner one of those that keep @range; @hold was allocated for that and is
 * freed if it already is one, or none is needed.
 */
static void hold_range(struct vtl0_range *range, struct vtl0_owner *owner,
		       struct vtl0_hold *hold, bool persist)
	__must_hold(&vtl0_lock)
{
	struct vtl0_hold *h;

	lockdep_assert_held(&vtl0_lock);
	/* an owner came back before the last pin was gone */
	if (range->state == VTL0_STATE_DRAINING)
		set_state(range, VTL0_STATE_LIVE);
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

static struct vtl0_range *add_new(const struct vtl0_request *rq,
				  struct vtl0_span *conflict)
	__must_hold(&vtl0_lock)
{
	struct vtl0_range *range;
	int ret;

	range = alloc_range(rq);
	if (!range)
		return ERR_PTR(-ENOMEM);
	ret = register_range(range, conflict);
	trace_vtl0_add(rq->start, rq->length, range->id, range->nr_chunks, ret);
	if (ret) {
		kobject_put(&range->kobj);
		return ERR_PTR(ret);
	}
	return range;
}

static struct vtl0_range *find_or_add(const struct vtl0_request *rq,
				      struct vtl0_span *conflict)
	__must_hold(&vtl0_lock)
{
	struct vtl0_range *range = first_overlap(rq->start, rq->length);

	if (!range)
		return add_new(rq, conflict);
	if (range->start == rq->start && range->length == rq->length && !rq->exclusive)
		return range;
	conflict->start = max(range->start, rq->start);
	conflict->length = min(range->start + range->length, rq->start + rq->length) -
			   conflict->start;
	return ERR_PTR(-EEXIST);
}

/**
 * vtl0_range_add() - register a range, or find it registered already
 * @owner: the file that asks for it
 * @rq: a checked request
 * @conflict: out, with -EEXIST, -EBUSY, -ENXIO: what is in the way
 *
 * Context: under vtl0_lock; sleeps, for seconds where the memmap is large.
 * Return: the range, valid while vtl0_lock is held, or an ERR_PTR().
 */
struct vtl0_range *vtl0_range_add(struct vtl0_owner *owner,
				  const struct vtl0_request *rq,
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
EXPORT_SYMBOL_IF_KUNIT(vtl0_range_add);

/**
 * vtl0_range_remove() - unregister a range
 * @start: its first byte
 * @length: its length in bytes
 * @busy: out, with -EBUSY: the folio that is pinned
 *
 * Context: under vtl0_lock.
 * Return: 0, -ENOENT or -EBUSY.
 */
int vtl0_range_remove(u64 start, u64 length, struct vtl0_span *busy)
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
	return try_remove(range, IDLE_TRIES, busy);
}
EXPORT_SYMBOL_IF_KUNIT(vtl0_range_remove);

/**
 * vtl0_range_info() - describe a range
 * @range: the range
 * @info: filled
 *
 * Context: inside vtl0_srcu, under vtl0_lock, or from an attribute of the
 * range's kobject. May take long for order-0 ranges; sleeps.
 */
void vtl0_range_info(struct vtl0_range *range, struct vtl0_range_info *info)
{
	/* pairs with set_state() */
	unsigned int state = smp_load_acquire(&range->state);

	*info = (struct vtl0_range_info) {
		.start = range->start,
		.length = range->length,
		.id = range->id,
		.state = state,
		.flags = READ_ONCE(range->persist) ? VTL0_RANGE_PERSIST : 0,
		.node = range->node,
		.nr_chunks = range->nr_chunks,
		.owners = READ_ONCE(range->nr_owners),
		.memmap_bytes = range->memmap_bytes,
		.memmap_saved = range->memmap_saved,
		.faults_pte = atomic64_read(&range->faults[VTL0_LEVEL_PTE]),
		.faults_pmd = atomic64_read(&range->faults[VTL0_LEVEL_PMD]),
		.faults_pud = atomic64_read(&range->faults[VTL0_LEVEL_PUD]),
		.fallbacks = atomic64_read(&range->fallbacks),
	};
	if (state != VTL0_STATE_ADDING)
		vtl0_pgmaps_count(range, &info->mappings, &info->held);
}
EXPORT_SYMBOL_IF_KUNIT(vtl0_range_info);

/**
 * vtl0_totals() - add up all ranges
 * @info: the totals in it are filled
 *
 * Context: under vtl0_lock.
 */
void vtl0_totals(struct vtl0_info *info)
{
	struct vtl0_range *range;

	lockdep_assert_held(&vtl0_lock);
	list_for_each_entry(range, &ranges, link) {
		info->nr_ranges++;
		info->nr_chunks += range->nr_chunks;
		info->bytes += range->length;
		info->memmap_bytes += range->memmap_bytes;
		info->memmap_saved += range->memmap_saved;
	}
}

static bool ownerless(struct vtl0_range *range)
	__must_hold(&vtl0_lock)
{
	return !range->persist && list_empty(&range->holds);
}

/*
 * Look at every range that nobody may need any more. Returns whether something
 * is pinned and must be looked at again.
 */
static bool settle_ranges(void)
	__must_hold(&vtl0_lock)
{
	struct vtl0_range *range, *next;
	struct vtl0_span busy;
	bool again = false;

	list_for_each_entry_safe(range, next, &ranges, link) {
		if (ownerless(range)) {
			set_state(range, VTL0_STATE_DRAINING);
			if (try_remove(range, 1, &busy))
				again = true;
			continue;
		}
		/*
		 * With no file and so no VMA left, a range that was mapped can
		 * still be pinned. Then the module must not go, although
		 * nothing else refers to it.
		 */
		if (!READ_ONCE(range->touched) || atomic_read(&low_users))
			continue;
		if (vtl0_pgmaps_idle(range, range->start, &busy)) {
			again = true;
			continue;
		}
		WRITE_ONCE(range->touched, false);
		/*
		 * Who opened the node meanwhile may have mapped and pinned what
		 * was looked at already, and seen the flag still set.
		 */
		smp_mb();
		if (atomic_read(&low_users))
			WRITE_ONCE(range->touched, true);
	}
	return again;
}

static void settle(struct work_struct *work)
{
	mutex_lock(&vtl0_lock);
	if (!settling) {
		/* queued once more while the last run was ending */
	} else if (settle_ranges()) {
		settle_ms = min(settle_ms * 2, SETTLE_MAX_MS);
		mod_delayed_work(settle_wq, &settle_work, msecs_to_jiffies(settle_ms));
	} else {
		settling = false;
		/* vtl0_ranges_exit() waits for the end of this function */
		module_put(THIS_MODULE);
	}
	mutex_unlock(&vtl0_lock);
}

/*
 * Remove what has lost its last owner, now or as soon as it is no longer pinned.
 * The caller is in a file operation, so the module cannot be on its way out.
 */
static void settle_now(void)
	__must_hold(&vtl0_lock)
{
	lockdep_assert_held(&vtl0_lock);
	if (!settle_ranges())
		return;
	if (!settling) {
		settling = true;
		__module_get(THIS_MODULE);
	}
	settle_ms = SETTLE_MIN_MS;
	mod_delayed_work(settle_wq, &settle_work, msecs_to_jiffies(settle_ms));
}

/**
 * vtl0_owner_release() - the last close of a file
 * @owner: its ownership; not freed
 *
 * Ranges that nobody else owns go now, or in the background when they are
 * pinned.
 */
void vtl0_owner_release(struct vtl0_owner *owner)
{
	struct vtl0_hold *hold, *next;

	mutex_lock(&vtl0_lock);
	list_for_each_entry_safe(hold, next, &owner->holds, in_owner) {
		list_del(&hold->in_owner);
		list_del(&hold->in_range);
		WRITE_ONCE(hold->range->nr_owners, hold->range->nr_owners - 1);
		kfree(hold);
	}
	settle_now();
	mutex_unlock(&vtl0_lock);
}
EXPORT_SYMBOL_IF_KUNIT(vtl0_owner_release);

/** vtl0_low_get() - a file of the mapping node was opened */
void vtl0_low_get(void)
{
	atomic_inc(&low_users);
}

/** vtl0_low_put() - a file of the mapping node was closed, with all its VMAs */
void vtl0_low_put(void)
{
	mutex_lock(&vtl0_lock);
	if (atomic_dec_and_test(&low_users))
		settle_now();
	mutex_unlock(&vtl0_lock);
}

int vtl0_ranges_init(void)
{
	settle_wq = alloc_workqueue("vtl0_settle", WQ_UNBOUND, 1);
	return settle_wq ? 0 : -ENOMEM;
}

/**
 * vtl0_ranges_exit() - remove what is left when the module goes
 *
 * No file is open and nothing is pinned, else the module could not go; a page
 * walker may hold a folio for a moment.
 */
void vtl0_ranges_exit(void)
{
	struct vtl0_range *range, *next;
	struct vtl0_span busy;

	cancel_delayed_work_sync(&settle_work);
	destroy_workqueue(settle_wq);
	mutex_lock(&vtl0_lock);
	list_for_each_entry_safe(range, next, &ranges, link)
		while (try_remove(range, IDLE_TRIES, &busy))
			pr_warn("waiting for the folio at %#llx to be released\n",
				busy.start);
	mutex_unlock(&vtl0_lock);
	xa_destroy(&chunk_index);
}
