// SPDX-License-Identifier: GPL-2.0
/*
 * Finds chunks by physical address, and describes ranges. Readers (faults, VTL0_QUERY,
 * sysfs) take vtl0_srcu or a spinlock and never wait for an ADD or a REMOVE.
 */
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/xarray.h>
#include <kunit/visibility.h>

#include "vtl0.h"

/*
 * Protects the index and the list of ranges against other writers, the holds, the claims of
 * windows and the busy flags. Not held while struct pages are created or removed, while
 * page-table entries are zapped, or while user memory is accessed.
 *
 * Order: vtl0_lock, then windows_lock and the resource_lock of kernel/resource.c. Faults hold
 * mmap_lock or a VMA lock and take vtl0_srcu only.
 */
struct mutex vtl0_lock = __MUTEX_INITIALIZER(vtl0_lock);
EXPORT_SYMBOL_IF_KUNIT(vtl0_lock);

DEFINE_SRCU(vtl0_srcu);

/* pfn to chunk; changed under vtl0_lock, read inside vtl0_srcu */
static DEFINE_XARRAY(chunk_index);

/* readers without vtl0_lock read start and length of a range together under this lock */
static DEFINE_SPINLOCK(span_lock);

static DEFINE_SPINLOCK(totals_lock);
static struct vtl0_totals totals __guarded_by(&totals_lock);

/**
 * vtl0_chunk_find() - the chunk that contains an address
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

/**
 * vtl0_behind() - where a walk from range to range goes on
 * @chunk: from vtl0_chunk_next()
 * @range_end: the first address behind the range of @chunk
 *
 * Without vtl0_lock a part of the range may be removed after @chunk was found and before the
 * caller reads @range_end, which may then lie below @chunk. The walk must not go back.
 *
 * Context: inside vtl0_srcu.
 * Return: the next address for vtl0_chunk_next().
 */
u64 vtl0_behind(const struct vtl0_chunk *chunk, u64 range_end)
{
	return max(range_end, chunk->piece.start + chunk->piece.length);
}

/**
 * vtl0_index_empty() - is no range registered, being added or being removed?
 *
 * Context: any.
 * Return: a snapshot.
 */
bool vtl0_index_empty(void)
{
	return xa_empty(&chunk_index);
}

/**
 * vtl0_range_overlap() - the first range that shares bytes with a span
 * @start: first byte of the span
 * @length: its bytes
 *
 * Context: under vtl0_lock.
 * Return: the range, in whatever state, or NULL.
 */
struct vtl0_range *vtl0_range_overlap(u64 start, u64 length)
{
	struct vtl0_chunk *chunk;

	lockdep_assert_held(&vtl0_lock);
	chunk = vtl0_chunk_next(start);
	if (!chunk || chunk->piece.start >= start + length)
		return NULL;
	return chunk->range;
}

/**
 * vtl0_index_erase() - remove a span from the index
 * @start: first byte of a chunk
 * @length: bytes, up to the end of a chunk
 *
 * Context: as vtl0_index_del().
 */
void vtl0_index_erase(u64 start, u64 length)
{
	/* storing NULL over whole entries does not allocate */
	xa_store_range(&chunk_index, PHYS_PFN(start), PHYS_PFN(start + length - 1), NULL,
		       GFP_KERNEL);
}

/**
 * vtl0_index_del() - remove a range from the index
 * @range: indexed, wholly or in part
 *
 * Readers that found it before may use it until they leave vtl0_srcu.
 *
 * Context: under vtl0_lock; sleeps.
 */
void vtl0_index_del(struct vtl0_range *range)
{
	vtl0_index_erase(range->start, range->length);
}

/**
 * vtl0_index_add() - enter a range into the index, under each of its addresses
 * @range: in state ADDING, which keeps faults out
 *
 * Context: under vtl0_lock; sleeps.
 * Return: 0, or -ENOMEM with a part entered, which the caller removes with
 * vtl0_index_del().
 */
int vtl0_index_add(struct vtl0_range *range)
{
	struct vtl0_chunk *chunk = NULL;

	while ((chunk = vtl0_next_chunk(range, chunk))) {
		struct vtl0_piece *p = &chunk->piece;
		void *old = xa_store_range(&chunk_index, PHYS_PFN(p->start),
					   PHYS_PFN(p->start + p->length - 1),
					   chunk, GFP_KERNEL);

		if (xa_is_err(old))
			return xa_err(old);
	}
	return 0;
}

/**
 * vtl0_totals_of() - the share of a range in the totals
 * @range: the range
 *
 * Context: under vtl0_lock, as the removal of a part changes them.
 * Return: the totals, if @range were the only one.
 */
struct vtl0_totals vtl0_totals_of(const struct vtl0_range *range)
{
	return (struct vtl0_totals) {
		.nr_ranges = 1,
		.nr_chunks = range->nr_chunks,
		.bytes = range->length,
		.memmap_bytes = range->memmap_bytes,
		.memmap_saved = range->memmap_saved,
	};
}

static void plus(const struct vtl0_totals *t)
	__must_hold(&totals_lock)
{
	totals.nr_ranges += t->nr_ranges;
	totals.nr_chunks += t->nr_chunks;
	totals.bytes += t->bytes;
	totals.memmap_bytes += t->memmap_bytes;
	totals.memmap_saved += t->memmap_saved;
}

static void minus(const struct vtl0_totals *t)
	__must_hold(&totals_lock)
{
	totals.nr_ranges -= t->nr_ranges;
	totals.nr_chunks -= t->nr_chunks;
	totals.bytes -= t->bytes;
	totals.memmap_bytes -= t->memmap_bytes;
	totals.memmap_saved -= t->memmap_saved;
}

/**
 * vtl0_totals_change() - change the totals in one step
 * @old: to be subtracted, or NULL
 * @range: to be added, or NULL
 * @rest: to be added, or NULL
 *
 * A reader sees all of the change or nothing.
 *
 * Context: as vtl0_totals_of().
 */
void vtl0_totals_change(const struct vtl0_totals *old, const struct vtl0_range *range,
			const struct vtl0_range *rest)
{
	struct vtl0_totals new = range ? vtl0_totals_of(range) : (struct vtl0_totals) { };
	struct vtl0_totals more = rest ? vtl0_totals_of(rest) : (struct vtl0_totals) { };

	guard(spinlock)(&totals_lock);
	if (old)
		minus(old);
	plus(&new);
	plus(&more);
}

/**
 * vtl0_totals() - all live ranges together
 *
 * Context: any.
 * Return: a consistent snapshot.
 */
struct vtl0_totals vtl0_totals(void)
{
	guard(spinlock)(&totals_lock);
	return totals;
}

/**
 * vtl0_range_span() - where a range lies
 * @range: the range
 *
 * Context: inside vtl0_srcu, from an attribute of the range, or with a reference on it. Under
 * vtl0_lock @range->start and @range->length do.
 * Return: its addresses, before or after the removal of a part, never a mixture.
 */
struct vtl0_span vtl0_range_span(const struct vtl0_range *range)
{
	struct vtl0_span span;

	spin_lock(&span_lock);
	span = (struct vtl0_span) { range->start, range->length };
	spin_unlock(&span_lock);
	return span;
}

/**
 * vtl0_range_set_span() - change where a range lies
 * @range: the range
 * @start: physical address
 * @length: bytes
 *
 * Context: under vtl0_lock, or before another thread can find the range.
 */
void vtl0_range_set_span(struct vtl0_range *range, u64 start, u64 length)
{
	spin_lock(&span_lock);
	WRITE_ONCE(range->start, start);
	WRITE_ONCE(range->length, length);
	spin_unlock(&span_lock);
}

/**
 * vtl0_range_order() - the largest folio order of a range
 * @range: the range
 *
 * Context: as vtl0_range_info().
 * Return: an order, 0 for single pages.
 */
unsigned int vtl0_range_order(const struct vtl0_range *range)
{
	struct vtl0_chunk *chunk = NULL;
	unsigned int order = 0;

	while ((chunk = vtl0_next_chunk(range, chunk)))
		order = max(order, chunk->piece.order);
	return order;
}

/**
 * vtl0_range_info() - describe a range
 * @range: the range
 * @info: filled, but for the counts of vtl0_pgmaps_count()
 *
 * Context: inside vtl0_srcu, under vtl0_lock, or from an attribute of the range.
 */
void vtl0_range_info(const struct vtl0_range *range, struct vtl0_range_info *info)
{
	struct vtl0_span span = vtl0_range_span(range);

	*info = (struct vtl0_range_info) {
		.start = span.start,
		.length = span.length,
		.id = range->id,
		.state = READ_ONCE(range->state),
		.flags = READ_ONCE(range->persist) ? VTL0_RANGE_PERSIST : 0,
		.node = READ_ONCE(range->node),
		.nr_chunks = READ_ONCE(range->nr_chunks),
		.owners = READ_ONCE(range->nr_owners),
		.memmap_bytes = READ_ONCE(range->memmap_bytes),
		.memmap_saved = READ_ONCE(range->memmap_saved),
		.faults_pte = atomic64_read(&range->faults[VTL0_LEVEL_PTE]),
		.faults_pmd = atomic64_read(&range->faults[VTL0_LEVEL_PMD]),
		.faults_pud = atomic64_read(&range->faults[VTL0_LEVEL_PUD]),
		.fallbacks = atomic64_read(&range->fallbacks),
		.bad_pages = vtl0_bad_count(PHYS_PFN(span.start), PHYS_PFN(span.length)),
	};
	strscpy_pad(info->name, range->file.name);
	memcpy(info->cookie, range->cookie.bytes, sizeof(info->cookie));
}
EXPORT_SYMBOL_IF_KUNIT(vtl0_range_info);

/** vtl0_index_exit() - free the memory that the empty index still has */
void vtl0_index_exit(void)
{
	xa_destroy(&chunk_index);
}
