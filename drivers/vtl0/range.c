// SPDX-License-Identifier: GPL-2.0
/*
 * The beginning of a range: claim, index, pgmaps, publish. remove.c ends it, and drain.c
 * decides when.
 *
 * A range is published in steps: its chunks enter the index in state ADDING,
 * which refuses overlaps, and become visible to faults with state LIVE, when
 * every struct page exists. The steps that take long are done without vtl0_lock,
 * while the range is busy; calls that find it busy wait in vtl0_range_wait().
 */
#include <linux/completion.h>
#include <linux/ioport.h>
#include <linux/nodemask.h>
#include <linux/numa.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <kunit/visibility.h>

#include "claim.h"
#include "declare.h"
#include "events.h"
#include "request.h"
#include "trace.h"
#include "vtl0.h"

struct list_head vtl0_ranges = LIST_HEAD_INIT(vtl0_ranges);

static u32 last_id __guarded_by(&vtl0_lock);
static struct workqueue_struct *add_wq;

/* Creates the struct pages of a range; freed by add_pgmaps(), or add_work() if abandoned. */
struct add_job {
	struct work_struct work;
	struct completion done;
	struct vtl0_range *range;
	/* add_pgmaps() was killed; written under vtl0_lock */
	bool abandoned;
	struct vtl0_span conflict;
	int ret;
};

/**
 * vtl0_range_add_up() - compute the members of a range that are sums over its chunks
 * @range: has its chunks
 */
void vtl0_range_add_up(struct vtl0_range *range)
{
	u64 start = 0, length = 0, nr_folios = 0, memmap = 0;
	struct vtl0_chunk *chunk = NULL;
	unsigned int nr = 0;
	int node = 0;

	while ((chunk = vtl0_next_chunk(range, chunk))) {
		struct vtl0_piece *p = &chunk->piece;

		if (!nr++) {
			start = p->start;
			node = chunk->node;
		}
		length += p->length;
		nr_folios += p->length >> (PAGE_SHIFT + p->order);
		memmap += vtl0_memmap_bytes(&vtl0_geometry, p->length, p->order);
	}
	vtl0_range_set_span(range, start, length);
	/* QUERY and sysfs read these without vtl0_lock */
	WRITE_ONCE(range->nr_chunks, nr);
	WRITE_ONCE(range->memmap_bytes, memmap);
	WRITE_ONCE(range->memmap_saved, vtl0_memmap_bytes(&vtl0_geometry, length, 0) - memmap);
	WRITE_ONCE(range->node, node);
	range->nr_folios = nr_folios;
}

/* The NUMA node that @rq or firmware names for an address, or that of the caller. */
static int node_of(const struct vtl0_request *rq, u64 start)
{
	int node = rq->flags & VTL0_ADD_NODE ? NUMA_NO_NODE : vtl0_target_node(start);

	return node != NUMA_NO_NODE && node_online(node) ? node : rq->node;
}

/* Fill in the chunks into which the planner cuts @rq. */
static void lay_out(struct vtl0_range *range, const struct vtl0_request *rq)
{
	struct vtl0_chunk_walk walk = vtl0_chunk_walk_begin(rq);
	unsigned int i;

	for (i = 0; i < range->nr_slots; i++) {
		struct vtl0_chunk *chunk = &range->chunks[i];

		chunk->range = range;
		vtl0_chunk_walk_next(&walk, &chunk->piece);
		chunk->node = node_of(rq, chunk->piece.start);
	}
	vtl0_range_add_up(range);
}

/* Initialise the members that alloc_range() and vtl0_range_alloc_rest() set alike. */
static void init_range(struct vtl0_range *range)
{
	range->busy = true;
	init_waitqueue_head(&range->busy_wq);
	/* no other thread can have it yet */
	context_unsafe(INIT_LIST_HEAD(&range->holds));
	context_unsafe(INIT_LIST_HEAD(&range->unheld)); /* likewise */
	vtl0_sysfs_init_range(range);
}

static struct vtl0_range *alloc_range(const struct vtl0_request *rq)
{
	unsigned int nr_chunks = vtl0_count_chunks(rq);
	struct vtl0_range *range;

	range = kvzalloc(struct_size(range, slots, nr_chunks), GFP_KERNEL);
	if (!range)
		return NULL;
	range->whole = (struct vtl0_span) { rq->start, rq->length };
	range->origin = range;
	range->chunks = range->slots;
	range->nr_slots = nr_chunks;
	range->persist = rq->persist;
	range->file = rq->file;
	range->cookie = rq->cookie;
	range->clear = rq->flags & VTL0_ADD_CLEAR;
	range->state = VTL0_STATE_ADDING;
	lay_out(range, rq);
	init_range(range);
	return range;
}

/**
 * vtl0_range_alloc_rest() - make a range of the last chunks of another one
 * @range: busy for the caller
 * @first: the first of these chunks
 *
 * Until part.c changes that, the chunks still belong to @range, and the new range is in no
 * list. The files that hold @range hold the new range, too.
 *
 * Context: under vtl0_lock; sleeps.
 * Return: a busy range, to be given back with vtl0_hold_drop_range() and
 * vtl0_range_put(), or NULL.
 */
struct vtl0_range *vtl0_range_alloc_rest(struct vtl0_range *range, struct vtl0_chunk *first)
{
	struct vtl0_range *rest = kvzalloc(sizeof(*rest), GFP_KERNEL);

	if (!rest)
		return NULL;
	rest->origin = range->origin;
	get_device(&rest->origin->dev);
	rest->chunks = first;
	rest->nr_slots = range->chunks + range->nr_slots - first;
	rest->persist = range->persist;
	rest->cookie = range->cookie;
	rest->state = VTL0_STATE_ADDING;
	/* a page of it may have been mapped while it was a part of @range */
	rest->touched = true;
	rest->id = ++last_id;
	vtl0_range_add_up(rest);
	rest->whole = (struct vtl0_span) { rest->start, rest->length };
	init_range(rest);
	rest->res = kzalloc_obj(*rest->res);
	if (rest->res && !vtl0_hold_copy(range, rest))
		return rest;
	vtl0_hold_drop_range(rest);
	kfree(rest->res);
	vtl0_range_put(rest);
	return NULL;
}

/**
 * vtl0_range_set_state() - change the state of a range, which faults and readers see at once
 * @range: the range
 * @state: VTL0_STATE_*
 *
 * Context: under vtl0_lock, or in the removal for which @range is busy.
 */
void vtl0_range_set_state(struct vtl0_range *range, unsigned int state)
{
	/* pairs with the acquire of fault_in_range(): struct pages before LIVE */
	smp_store_release(&range->state, state);
}

/**
 * vtl0_range_wait() - wait until no add or removal works on a range
 * @range: found busy
 * @killable: only a fatal signal ends the wait
 *
 * Afterwards the caller has to look up the range again, as it may have been removed.
 *
 * Context: under vtl0_lock, which it drops.
 * Return: 0, or -ERESTARTSYS for a signal.
 */
int vtl0_range_wait(struct vtl0_range *range, bool killable)
{
	int ret;

	lockdep_assert_held(&vtl0_lock);
	get_device(&range->dev);
	mutex_unlock(&vtl0_lock);
	if (killable)
		ret = wait_event_killable(range->busy_wq, !READ_ONCE(range->busy));
	else
		ret = wait_event_interruptible(range->busy_wq, !READ_ONCE(range->busy));
	vtl0_range_put(range);
	return ret;
}

/**
 * vtl0_range_unbusy() - end the time in which an add or a removal works on a range
 * @range: busy for the caller
 *
 * Context: under vtl0_lock.
 */
void vtl0_range_unbusy(struct vtl0_range *range)
{
	lockdep_assert_held(&vtl0_lock);
	WRITE_ONCE(range->busy, false);
	wake_up_all(&range->busy_wq);
}

/* Claim and index @range. Memory that windows have claimed is released before that. */
static int claim_and_index(struct vtl0_range *range, struct vtl0_span *conflict)
	__must_hold(&vtl0_lock)
{
	int ret = vtl0_declared_yield(range->start, range->length);

	if (ret)
		goto reclaim;
	range->res = vtl0_claim(range->start, range->length, conflict);
	ret = PTR_ERR_OR_ZERO(range->res);
	if (ret)
		goto reclaim;
	ret = vtl0_index_add(range);
	if (!ret)
		goto reclaim;
	/* a fault may have found a chunk that was indexed already */
	vtl0_index_del(range);
	synchronize_srcu(&vtl0_srcu);
	release_mem_region(range->start, range->length);
reclaim:
	vtl0_declared_reclaim(range->start, range->length);
	return ret;
}

/**
 * vtl0_range_new() - claim a range for an add
 * @rq: a checked request
 * @conflict: out, with -EBUSY and -ENXIO: the obstacle; with -EXDEV: where to cut
 *
 * Context: under vtl0_lock, held since the caller found that no range overlaps @rq.
 * Return: a busy range for vtl0_range_register(), or an ERR_PTR().
 */
struct vtl0_range *vtl0_range_new(const struct vtl0_request *rq, struct vtl0_span *conflict)
{
	struct vtl0_range *range;
	int ret;

	lockdep_assert_held(&vtl0_lock);
	range = alloc_range(rq);
	if (!range)
		return ERR_PTR(-ENOMEM);
	ret = claim_and_index(range, conflict);
	if (ret) {
		trace_vtl0_add(rq->start, rq->length, 0, range->nr_chunks, ret);
		vtl0_range_put(range);
		return ERR_PTR(ret);
	}
	range->id = ++last_id;
	list_add_tail(&range->link, &vtl0_ranges);
	return range;
}

/* Remove a range whose add has failed: it was never LIVE, so no process maps it. */
static void undo(struct vtl0_range *range)
	__must_not_hold(&vtl0_lock)
{
	LIST_HEAD(batch);

	list_add(&range->batch, &batch);
	vtl0_pgmaps_del(&batch);
	vtl0_range_forget(&batch);
}

static void add_work(struct work_struct *work)
{
	struct add_job *job = container_of(work, struct add_job, work);
	struct vtl0_range *range = job->range;
	bool abandoned;

	job->ret = vtl0_pgmaps_add(range, &job->abandoned, &job->conflict);
	if (!job->ret && range->clear)
		job->ret = vtl0_clear(range, &job->abandoned);
	mutex_lock(&vtl0_lock);
	abandoned = job->abandoned;
	if (!abandoned)
		complete(&job->done);
	mutex_unlock(&vtl0_lock);
	/* after complete() add_pgmaps() may have freed the job: do not touch it */
	if (!abandoned)
		return;
	kfree(job);
	trace_vtl0_add(range->start, range->length, range->id, range->nr_chunks, -EINTR);
	undo(range);
}

/*
 * Let a kernel thread create the struct pages of @range, and clear its memory if the add asks
 * for that. If the caller is killed, add_work() removes the range, and this is -EINTR.
 */
static int add_pgmaps(struct vtl0_range *range, struct vtl0_span *conflict)
	__must_not_hold(&vtl0_lock)
{
	struct add_job *job = kzalloc_obj(*job);
	int ret;

	if (!job)
		return -ENOMEM;
	job->range = range;
	init_completion(&job->done);
	INIT_WORK(&job->work, add_work);
	queue_work(add_wq, &job->work);
	if (wait_for_completion_killable(&job->done)) {
		mutex_lock(&vtl0_lock);
		WRITE_ONCE(job->abandoned, !completion_done(&job->done));
		ret = job->abandoned;
		mutex_unlock(&vtl0_lock);
		if (ret)
			return -EINTR;
	}
	ret = job->ret;
	if (ret == -EBUSY)
		*conflict = job->conflict;
	kfree(job);
	return ret;
}

/**
 * vtl0_range_register() - give a new range its struct pages and its device
 * @range: from vtl0_range_new(); gone on failure
 * @conflict: out, with -EBUSY: the chunk that cannot have struct pages
 *
 * Context: sleeps, for seconds where the memmap is large; killable.
 * Return: 0 with the range still busy and in state ADDING, or an errno.
 */
int vtl0_range_register(struct vtl0_range *range, struct vtl0_span *conflict)
{
	int ret = add_pgmaps(range, conflict);

	if (ret == -EINTR)
		return ret;
	if (!ret)
		ret = vtl0_sysfs_add(range);
	trace_vtl0_add(range->start, range->length, range->id, range->nr_chunks, ret);
	if (!ret)
		/* pairs with vtl0_pgmaps_count(): struct pages before the flag */
		smp_store_release(&range->registered, true);
	else
		undo(range);
	return ret;
}

static void forget(struct vtl0_range *range)
	__must_hold(&vtl0_lock)
{
	struct vtl0_totals totals = vtl0_totals_of(range);

	/* first this: memory that VTL0_QUERY and VTL0_INFO no longer show must be free */
	if (range->res)
		release_mem_region(range->start, range->length);
	vtl0_hold_drop_range(range);
	list_del(&range->link);
	vtl0_index_del(range);
	vtl0_declared_reclaim(range->start, range->length);
	if (range->state != VTL0_STATE_ADDING) {
		vtl0_totals_change(&totals, NULL, NULL);
		vtl0_event(VTL0_EVENT_GONE);
	}
	vtl0_range_unbusy(range);
}

/**
 * vtl0_range_forget() - release the claims of ranges, and drop them from index and lists
 * @batch: busy ranges without struct pages, linked by @batch; a range is freed with its last
 *	reference, of a thread that waits for it or of an open file
 *
 * Context: sleeps; takes vtl0_lock.
 */
void vtl0_range_forget(struct list_head *batch)
{
	struct vtl0_range *range, *next;

	mutex_lock(&vtl0_lock);
	list_for_each_entry(range, batch, batch)
		forget(range);
	mutex_unlock(&vtl0_lock);
	/* readers may have found a range in the index before */
	synchronize_srcu(&vtl0_srcu);
	list_for_each_entry_safe(range, next, batch, batch)
		vtl0_range_put(range);
}

/**
 * vtl0_range_put() - drop a reference on a range
 * @range: freed with the last one
 */
void vtl0_range_put(struct vtl0_range *range)
{
	put_device(&range->dev);
}
EXPORT_SYMBOL_IF_KUNIT(vtl0_range_put);

int vtl0_ranges_init(void)
{
	int ret = vtl0_clear_init();

	if (ret)
		return ret;
	add_wq = alloc_workqueue("vtl0_add", WQ_UNBOUND, 0);
	if (!add_wq)
		vtl0_clear_exit();
	return add_wq ? 0 : -ENOMEM;
}

/** vtl0_ranges_exit() - wait for adds whose callers were killed */
void vtl0_ranges_exit(void)
{
	destroy_workqueue(add_wq);
	vtl0_clear_exit();
}
