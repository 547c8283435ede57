// SPDX-License-Identifier: GPL-2.0
/*
 * Removes a part of a range: whole chunks, as a pgmap cannot be cut. The steps are those of
 * remove.c, but here the state of the chunks keeps faults out, not that of the range, and the
 * range is cut only when no step can fail any more.
 *
 * If chunks are left on one side of the part, they stay in the range. If chunks are left on
 * both sides, those below stay in the range, and those above become a new range, the rest.
 * Files of the range show both.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "claim.h"
#include "declare.h"
#include "events.h"
#include "part.h"
#include "trace.h"
#include "vtl0.h"

static u64 chunk_end(const struct vtl0_chunk *chunk)
{
	return chunk->piece.start + chunk->piece.length;
}

static struct vtl0_span part_span(const struct vtl0_part *part)
{
	u64 start = part->first->piece.start;

	return (struct vtl0_span) { start, chunk_end(part->end - 1) - start };
}

static void set_states(const struct vtl0_part *part, enum vtl0_chunk_state state)
{
	struct vtl0_chunk *chunk;

	for (chunk = part->first; chunk < part->end; chunk++)
		WRITE_ONCE(chunk->state, state);
}

/* The chunk in which the part would begin or end, or NULL. */
static const struct vtl0_chunk *cut_chunk(const struct vtl0_chunk *first,
					  const struct vtl0_chunk *last, u64 start, u64 end)
{
	if (first->piece.start != start)
		return first;
	return chunk_end(last) != end ? last : NULL;
}

/**
 * vtl0_part_begin() - take a part of a range for its removal
 * @part: filled
 * @start: first byte, of a range that is not busy
 * @length: bytes, all in that range, and not all of it
 * @cut: out, with -EINVAL: the first chunk that would be cut
 *
 * Context: under vtl0_lock; sleeps.
 * Return: 0, and the range is busy for vtl0_part_remove(); -EINVAL, -ENOMEM.
 */
int vtl0_part_begin(struct vtl0_part *part, u64 start, u64 length, struct vtl0_span *cut)
{
	struct vtl0_chunk *first = vtl0_chunk_find(start);
	struct vtl0_chunk *last = vtl0_chunk_find(start + length - 1);
	const struct vtl0_chunk *cutting = cut_chunk(first, last, start, start + length);
	struct vtl0_range *range = first->range, *rest = NULL;

	lockdep_assert_held(&vtl0_lock);
	if (cutting) {
		*cut = (struct vtl0_span) { cutting->piece.start, cutting->piece.length };
		return -EINVAL;
	}
	if (start > range->start && start + length < range->start + range->length) {
		rest = vtl0_range_alloc_rest(range, last + 1);
		if (!rest)
			return -ENOMEM;
	}
	*part = (struct vtl0_part) {
		.range = range, .first = first, .end = last + 1, .rest = rest,
	};
	range->busy = true;
	set_states(part, VTL0_CHUNK_GOING);
	return 0;
}

/* Revoke the mappings of the part in every process; see revoke() in remove.c. */
static void revoke(const struct vtl0_part *part)
{
	struct vtl0_span span = part_span(part);

	synchronize_srcu(&vtl0_srcu);
	vtl0_zap(span.start, span.length);
	synchronize_rcu();
}

static int wait_for_pins(const struct vtl0_part *part, unsigned int tries,
			 struct vtl0_span *busy)
{
	struct vtl0_chunk *chunk = part->first;
	u64 from = 0;

	while (chunk < part->end) {
		if (!vtl0_chunk_idle(chunk, from, busy)) {
			chunk++;
			continue;
		}
		if (!--tries)
			return -EBUSY;
		/* the folios below stay idle, as they cannot be mapped */
		from = busy->start;
		msleep(VTL0_IDLE_WAIT_MS);
	}
	return 0;
}

static void give_up(const struct vtl0_part *part)
	__must_not_hold(&vtl0_lock)
{
	mutex_lock(&vtl0_lock);
	set_states(part, VTL0_CHUNK_HERE);
	if (part->rest)
		vtl0_hold_drop_range(part->rest);
	vtl0_range_unbusy(part->range);
	mutex_unlock(&vtl0_lock);
	vtl0_mapping_wake();
	if (part->rest) {
		kfree(part->rest->res);
		vtl0_range_put(part->rest);
	}
}

/* Publish the rest, with the chunks above the part. */
static void begin_rest(const struct vtl0_part *part)
	__must_hold(&vtl0_lock)
{
	struct vtl0_range *rest = part->rest;
	struct vtl0_chunk *chunk = NULL;

	WRITE_ONCE(rest->registered, true);
	vtl0_range_set_state(rest, part->range->state);
	/* before the old range gets shorter: QUERY, which does not go back, would miss the rest */
	while ((chunk = vtl0_next_chunk(rest, chunk)))
		/* after the state: a fault in a range that is ADDING is a SIGBUS */
		smp_store_release(&chunk->range, rest);
	list_add_tail(&rest->link, &vtl0_ranges);
}

/* Cut the range, when the part has no struct pages any more. */
static void cut(const struct vtl0_part *part)
	__must_hold(&vtl0_lock)
{
	struct vtl0_span span = part_span(part);
	struct vtl0_range *range = part->range, *rest = part->rest;
	struct vtl0_totals before = vtl0_totals_of(range);

	vtl0_index_erase(span.start, span.length);
	/* there is no claim to cut if another driver has taken it in an earlier cut */
	if ((!range->res ||
	     !vtl0_claim_cut(range->res, span.start, span.length, rest ? rest->res : NULL)) &&
	    rest) {
		pr_warn("%#llx was taken by another driver\n", rest->start);
		kfree(rest->res);
		rest->res = NULL;
	}
	if (rest)
		begin_rest(part);
	if (span.start > range->start)
		WRITE_ONCE(range->nr_slots, part->first - range->chunks);
	vtl0_range_add_up(range);
	vtl0_declared_reclaim(span.start, span.length);
	vtl0_totals_change(&before, range, rest);
	vtl0_event(VTL0_EVENT_GONE);
}

static void publish(const struct vtl0_part *part)
	__must_not_hold(&vtl0_lock)
{
	vtl0_sysfs_changed(part->range);
	if (part->rest)
		vtl0_sysfs_announce(part->rest);
	mutex_lock(&vtl0_lock);
	vtl0_range_unbusy(part->range);
	if (part->rest)
		vtl0_range_unbusy(part->rest);
	mutex_unlock(&vtl0_lock);
}

/**
 * vtl0_part_remove() - unregister a part of a range
 * @part: from vtl0_part_begin()
 * @tries: how often to look at a folio that is pinned, VTL0_IDLE_WAIT_MS apart
 * @busy: out, with -EBUSY: that folio
 *
 * After a failure the range is whole, and the mappings of the part fault in again. The last
 * owner may have been closed meanwhile, so the caller calls vtl0_drain_queue().
 *
 * Context: sleeps; takes vtl0_lock.
 * Return: 0, -EBUSY, -ENOMEM.
 */
int vtl0_part_remove(struct vtl0_part *part, unsigned int tries, struct vtl0_span *busy)
{
	struct vtl0_span span = part_span(part);
	int ret;

	revoke(part);
	ret = wait_for_pins(part, tries, busy);
	if (!ret && part->rest)
		ret = vtl0_sysfs_add(part->rest);
	trace_vtl0_remove(span.start, span.length, part->range->id, ret);
	if (ret) {
		give_up(part);
		return ret;
	}
	set_states(part, VTL0_CHUNK_GONE);
	vtl0_mapping_wake();
	/* VTL0_QUERY walks chunks and counts their folios */
	synchronize_srcu(&vtl0_srcu);
	vtl0_pgmaps_del_chunks(part->first, part->end);
	mutex_lock(&vtl0_lock);
	cut(part);
	mutex_unlock(&vtl0_lock);
	publish(part);
	return 0;
}
