// SPDX-License-Identifier: GPL-2.0
/*
 * Adding for VTL0_ADD and MSHV_ADD_VTL0_MEMORY: exactly one range, or, with VTL0_ADD_COVER,
 * the ranges that make all of some memory usable. A file holds the ranges that were added
 * through it; drain.c removes a range without PERSIST when no file holds it any more.
 */
#include <linux/slab.h>
#include <linux/topology.h>
#include <kunit/visibility.h>

#include "request.h"
#include "vtl0.h"
#include "window.h"

static struct vtl0_span common_part(const struct vtl0_range *range, const struct vtl0_request *rq)
{
	u64 start = max(range->start, rq->start);
	u64 end = min(range->start + range->length, rq->start + rq->length);

	return (struct vtl0_span) { start, end - start };
}

/* Does @range satisfy @rq exactly? If not, fills @conflict. */
static bool matches(const struct vtl0_range *range, const struct vtl0_request *rq,
		    struct vtl0_conflict *conflict)
{
	bool same = range->start == rq->start && range->length == rq->length;

	conflict->mismatch = same ? vtl0_mismatch(range, rq) : 0;
	if (same && !conflict->mismatch)
		return true;
	conflict->span = common_part(range, rq);
	return false;
}

/*
 * Wait until the first range that overlaps @rq is not busy, and take vtl0_lock. Returns that
 * range; NULL if no range overlaps @rq; or -ERESTARTSYS for a signal. All with vtl0_lock.
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
	/* all owners were closed, but a page was pinned: it has an owner again */
	if (range->state == VTL0_STATE_DRAINING)
		vtl0_range_set_state(range, VTL0_STATE_LIVE);
	if (persist)
		WRITE_ONCE(range->persist, true);
	if (range->persist)
		kfree(hold);
	else
		vtl0_hold_add(hold, range, owner);
	/* a reference for the caller */
	get_device(&range->dev);
}

/* The range has struct pages: make it LIVE for faults, then tell user space. */
static void publish(struct vtl0_range *range, struct vtl0_owner *owner, struct vtl0_hold *hold)
	__must_not_hold(&vtl0_lock)
{
	mutex_lock(&vtl0_lock);
	vtl0_totals_change(NULL, range, NULL);
	vtl0_range_set_state(range, VTL0_STATE_LIVE);
	hold_range(range, owner, hold, range->persist);
	mutex_unlock(&vtl0_lock);
	vtl0_sysfs_announce(range);
	mutex_lock(&vtl0_lock);
	vtl0_range_unbusy(range);
	mutex_unlock(&vtl0_lock);
}

/* Register @rq, which no range overlaps. Consumes @hold. */
static struct vtl0_range *add_new(struct vtl0_owner *owner, const struct vtl0_request *rq,
				  struct vtl0_hold *hold, struct vtl0_span *conflict)
	__releases(&vtl0_lock)
{
	struct vtl0_range *range = vtl0_range_new(rq, conflict);
	int ret;

	mutex_unlock(&vtl0_lock);
	if (IS_ERR(range))
		goto free_hold;
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

/**
 * vtl0_owner_add() - register a range, or find it registered, and let a file hold it
 * @owner: of the file
 * @rq: a checked request
 * @conflict: out, with -EEXIST, -EBUSY, -ENXIO: the obstacle; with -EXDEV: where to cut
 *
 * Context: sleeps, for seconds where the memmap is large; takes vtl0_lock.
 * Return: the range, to be given back with vtl0_range_put(), or an ERR_PTR().
 */
struct vtl0_range *vtl0_owner_add(struct vtl0_owner *owner, const struct vtl0_request *rq,
				  struct vtl0_conflict *conflict)
{
	struct vtl0_hold *hold = vtl0_hold_alloc();
	struct vtl0_range *range;

	if (!hold)
		return ERR_PTR(-ENOMEM);
	range = lock_overlap(rq);
	if (!range)
		return add_new(owner, rq, hold, &conflict->span);
	if (!IS_ERR(range) && !matches(range, rq, conflict))
		range = ERR_PTR(-EEXIST);
	if (IS_ERR(range))
		kfree(hold);
	else
		hold_range(range, owner, hold, rq->persist);
	mutex_unlock(&vtl0_lock);
	return range;
}
EXPORT_SYMBOL_IF_KUNIT(vtl0_owner_add);

/* Make @gap the request for the first bytes of @rq, up to @end. */
static int gap_request(const struct vtl0_request *rq, u64 end, struct vtl0_request *gap)
{
	*gap = *rq;
	gap->length = end - rq->start;
	return vtl0_count_chunks(gap) > VTL0_MAX_CHUNKS ? -EINVAL : 0;
}

/*
 * Find the range with the first byte of @rq, or register one from there up to the next range
 * and add the number of its chunks to *@nr_chunks.
 */
static struct vtl0_range *cover_first(struct vtl0_owner *owner, const struct vtl0_request *rq,
				      u32 *nr_chunks, struct vtl0_conflict *conflict)
{
	struct vtl0_hold *hold = vtl0_hold_alloc();
	struct vtl0_range *range;
	struct vtl0_request gap;
	int ret;

	if (!hold)
		return ERR_PTR(-ENOMEM);
	range = lock_overlap(rq);
	if (IS_ERR(range))
		goto unlock;
	if (range && range->start <= rq->start) {
		if (!vtl0_same_cookie(range, rq)) {
			*conflict = (struct vtl0_conflict) {
				common_part(range, rq), VTL0_ADD_COOKIE,
			};
			range = ERR_PTR(-EEXIST);
			goto unlock;
		}
		hold_range(range, owner, hold, rq->persist);
		mutex_unlock(&vtl0_lock);
		return range;
	}
	ret = gap_request(rq, range ? range->start : rq->start + rq->length, &gap);
	if (ret) {
		range = ERR_PTR(ret);
		goto unlock;
	}
	range = add_new(owner, &gap, hold, &conflict->span);
	if (!IS_ERR(range))
		*nr_chunks += READ_ONCE(range->nr_chunks);
	return range;

unlock:
	mutex_unlock(&vtl0_lock);
	kfree(hold);
	return range;
}

/*
 * As cover_first(), but shortens @rq at the edge of Reserved memory, as one claim cannot lie
 * on both sides of it.
 */
static struct vtl0_range *cover_next(struct vtl0_owner *owner, struct vtl0_request rq,
				     u32 *nr_chunks, struct vtl0_conflict *conflict)
{
	struct vtl0_range *range;

	while ((range = cover_first(owner, &rq, nr_chunks, conflict)) == ERR_PTR(-EXDEV))
		rq.length = conflict->span.start - rq.start;
	if (!IS_ERR(range))
		*conflict = (struct vtl0_conflict) { };
	return range;
}

/*
 * How many bytes of @rq the range has from the start of @rq on: none if VTL0_REMOVE_PART has
 * taken them since the range was held.
 */
static u64 covered(const struct vtl0_range *range, const struct vtl0_request *rq)
{
	struct vtl0_span span = vtl0_range_span(range);

	if (rq->start < span.start || rq->start - span.start >= span.length)
		return 0;
	return min(span.length - (rq->start - span.start), rq->length);
}

/* Make all of @rq usable. If it fails half-way, the ranges that it has added stay. */
static int cover(struct vtl0_owner *owner, struct vtl0_request rq, struct vtl0_add *arg,
		 struct vtl0_conflict *conflict)
{
	u64 start = rq.start, length = rq.length;

	arg->nr_chunks = 0;
	while (rq.length) {
		struct vtl0_range *range = cover_next(owner, rq, &arg->nr_chunks, conflict);
		u64 done;

		if (IS_ERR(range))
			return PTR_ERR(range);
		if (rq.start == start) {
			arg->id = range->id;
			arg->node_used = READ_ONCE(range->node);
		}
		done = covered(range, &rq);
		vtl0_range_put(range);
		rq.start += done;
		rq.length -= done;
	}
	arg->added_start = start;
	arg->added_length = length;
	return 0;
}

/* Extend @page to all memory around it that is in no range, between @start and @end. */
static void widen(struct vtl0_request *page, u64 start, u64 end)
	__must_hold(&vtl0_lock)
{
	u64 address = page->start;
	struct vtl0_range *range;

	while ((range = vtl0_range_overlap(start, address - start)))
		start = range->start + range->length;
	range = vtl0_range_overlap(address, end - address);
	page->start = start;
	page->length = (range ? range->start : end) - start;
}

/**
 * vtl0_touch() - register the memory around a page, unless it is registered
 * @area: memory that may be registered
 * @address: the page, in @area
 *
 * The owner of @area holds the new range, unless @area makes it persistent. If the page lies
 * in a range that drains, the owner holds that range. Other ranges stay as they are.
 *
 * Context: sleeps, for seconds where the memmap is large; takes vtl0_lock; a fatal
 * signal ends it.
 * Return: 0, -EBUSY, -ENXIO, -ENOMEM, -EINTR or -ERESTARTSYS.
 */
int vtl0_touch(const struct vtl0_area *area, u64 address)
{
	struct vtl0_hold *hold = vtl0_hold_alloc();
	struct vtl0_request rq = {
		.start = address, .length = PAGE_SIZE, .max_order = PMD_ORDER,
		.flags = VTL0_ADD_COVER, .persist = area->persist, .killable = true,
		.node = numa_mem_id(), .cookie = area->cookie,
	};
	struct vtl0_range *range;
	struct vtl0_span conflict;

	if (!hold)
		return -ENOMEM;
	range = lock_overlap(&rq);
	if (!range) {
		widen(&rq, area->start, area->end);
		range = add_new(area->owner, &rq, hold, &conflict);
	} else if (!IS_ERR(range) && range->state == VTL0_STATE_DRAINING) {
		hold_range(range, area->owner, hold, false);
		mutex_unlock(&vtl0_lock);
	} else {
		mutex_unlock(&vtl0_lock);
		kfree(hold);
		return PTR_ERR_OR_ZERO(range);
	}
	if (IS_ERR(range))
		return PTR_ERR(range);
	vtl0_range_put(range);
	return 0;
}

static int add_exact(struct vtl0_owner *owner, const struct vtl0_request *rq,
		     struct vtl0_add *arg, struct vtl0_conflict *conflict)
{
	struct vtl0_range *range = vtl0_owner_add(owner, rq, conflict);
	struct vtl0_span span;

	if (IS_ERR(range))
		return PTR_ERR(range);
	/* a part of it may be removed meanwhile */
	span = vtl0_range_span(range);
	arg->id = range->id;
	arg->nr_chunks = READ_ONCE(range->nr_chunks);
	arg->added_start = span.start;
	arg->added_length = span.length;
	arg->node_used = READ_ONCE(range->node);
	vtl0_range_put(range);
	return 0;
}

/**
 * vtl0_add() - VTL0_ADD, also for MSHV_ADD_VTL0_MEMORY
 * @owner: of the file that was called
 * @arg: checked here; its output fields are filled
 * @killable: only a fatal signal ends the wait for another call
 *
 * Context: sleeps, for seconds where the memmap is large.
 * Return: 0, an errno of the table in uapi/linux/vtl0.h, or -ERESTARTSYS with
 * nothing done.
 */
int vtl0_add(struct vtl0_owner *owner, struct vtl0_add *arg, bool killable)
{
	struct vtl0_conflict conflict = { };
	struct vtl0_request rq;
	int ret;

	arg->conflict_start = 0;
	arg->conflict_length = 0;
	arg->mismatch = 0;
	ret = vtl0_check_add(arg, &rq, &arg->conflict_start) ?:
	      vtl0_locked_down_add(rq.start, rq.length);
	if (ret)
		return ret;
	rq.killable = killable;
	if (rq.flags & VTL0_ADD_COVER)
		ret = cover(owner, rq, arg, &conflict);
	else
		ret = add_exact(owner, &rq, arg, &conflict);
	arg->conflict_start = conflict.span.start;
	arg->conflict_length = conflict.span.length;
	arg->mismatch = conflict.mismatch;
	return ret;
}
