// SPDX-License-Identifier: GPL-2.0
/*
 * Decides how a physical range is cut into chunks and which folio order each
 * chunk gets. Pure arithmetic: it builds in the kernel and in user space, where
 * the property tests run it.
 *
 * It minimises a cost in bytes:
 *
 * - the memmap. With order 0 it is 16 MiB per GiB (64-byte struct page, 4K
 *   pages). From PMD order on the kernel shares the tail vmemmap pages of a
 *   folio (Documentation/mm/vmemmap_dedup.rst), and 2 pages per folio remain:
 *   4 MiB per GiB at 2M folios, 8 KiB at 1G folios, besides the page tables of
 *   the vmemmap itself, 32 KiB per GiB, which large pages would have saved.
 * - the page tables of one mapping of the range: 8 bytes per folio.
 * - the edges. Each further chunk is a pgmap to register and, with its RCU grace
 *   periods, to remove. An edge costs EDGE_COST bytes, so a cut must save more memory
 *   than that.
 *
 * So a range gets at most a head, a middle and a tail, and one chunk wherever
 * cutting does not pay.
 */
#ifdef __KERNEL__
#include <linux/align.h>
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/overflow.h>
#include <kunit/visibility.h>
#else
#include "kernel-shim.h"
#endif

#include "plan.h"

/*
 * One cut from 2M to 1G saves four times as much per GiB. So it pays to cut out a single
 * 1G folio between two edges, or 1 GiB of 2M folios between single pages.
 */
#define EDGE_COST (1024 * 1024ULL)

/* vmemmap pages that a deduplicated folio keeps, see VMEMMAP_RESERVE_NR */
#define DEDUP_PAGES 2

static u64 folio_bytes(const struct vtl0_geometry *g, unsigned int order)
{
	return 1ULL << (g->page_shift + order);
}

static bool deduplicated(const struct vtl0_geometry *g, unsigned int order)
{
	u64 vmemmap_pages = ((u64)g->struct_page << order) >> g->page_shift;

	return g->dedup && vmemmap_pages > DEDUP_PAGES;
}

/**
 * vtl0_memmap_bytes() - the size of the memmap of a chunk
 * @g: the machine
 * @length: length of the chunk in bytes, a multiple of the folio size
 * @order: its folio order
 *
 * Return: bytes, including the page tables of the vmemmap.
 */
u64 vtl0_memmap_bytes(const struct vtl0_geometry *g, u64 length, unsigned int order)
{
	u64 page = 1ULL << g->page_shift;
	u64 pages = length >> g->page_shift;
	u64 tables;

	if (!deduplicated(g, order))
		return pages * g->struct_page;

	/* one last-level table maps page / 8 vmemmap pages */
	tables = DIV_ROUND_UP(pages * g->struct_page, page * (page / 8));
	return (pages >> order) * DEDUP_PAGES * page + tables * page;
}
EXPORT_SYMBOL_IF_KUNIT(vtl0_memmap_bytes);

static u64 piece_cost(const struct vtl0_geometry *g, const struct vtl0_piece *p)
{
	return vtl0_memmap_bytes(g, p->length, p->order) +
	       (p->length >> (g->page_shift + p->order)) * 8;
}

static u64 layout_cost(const struct vtl0_geometry *g, const struct vtl0_layout *l)
{
	u64 cost = (l->nr - 1) * EDGE_COST;
	unsigned int i;

	for (i = 0; i < l->nr; i++)
		cost += piece_cost(g, &l->piece[i]);
	return cost;
}

/* The largest useful order, up to @max_order, to which @bits are aligned. */
static unsigned int aligned_order(const struct vtl0_geometry *g, u64 bits,
				  unsigned int max_order)
{
	unsigned int best = 0;
	unsigned int i;

	for (i = 0; i < g->nr_orders; i++)
		if (g->orders[i] <= max_order &&
		    IS_ALIGNED(bits, folio_bytes(g, g->orders[i])))
			best = g->orders[i];
	return best;
}

static void append(const struct vtl0_geometry *g, struct vtl0_layout *l,
		   u64 start, u64 end, unsigned int max_order)
{
	if (start == end)
		return;
	l->piece[l->nr].start = start;
	l->piece[l->nr].length = end - start;
	l->piece[l->nr].order = aligned_order(g, start | end, max_order);
	l->nr++;
}

/**
 * vtl0_layout_range() - cut a range into chunks
 * @g: the machine
 * @start: first byte, a multiple of @g->min_align
 * @length: bytes, a multiple of @g->min_align and not 0
 * @max_order: no folio may be of a larger order
 * @layout: result, at most VTL0_MAX_PIECES pieces
 *
 * Compares the undivided range with a head, middle and tail for every useful
 * order of the middle, and takes the cheapest; of equals the one with fewer
 * chunks.
 */
void vtl0_layout_range(const struct vtl0_geometry *g, u64 start, u64 length,
		       unsigned int max_order, struct vtl0_layout *layout)
{
	u64 end = start + length;
	unsigned int i;

	layout->nr = 0;
	append(g, layout, start, end, max_order);

	for (i = 0; i < g->nr_orders; i++) {
		u64 size = folio_bytes(g, g->orders[i]);
		u64 mid_start = round_up(start, size);
		u64 mid_end = round_down(end, size);
		struct vtl0_layout cut = { };

		if (g->orders[i] > max_order || mid_start >= mid_end)
			continue;
		append(g, &cut, start, mid_start, max_order);
		append(g, &cut, mid_start, mid_end, g->orders[i]);
		append(g, &cut, mid_end, end, max_order);
		if (layout_cost(g, &cut) < layout_cost(g, layout))
			*layout = cut;
	}
}
EXPORT_SYMBOL_IF_KUNIT(vtl0_layout_range);

/**
 * vtl0_part_length() - the first part of a range that is cut on request
 * @start: first byte of the rest of the range
 * @length: bytes of the rest
 * @chunk_length: largest part in bytes; parts end at multiples of it. 0: do not
 *	cut.
 *
 * Return: length of the first part in bytes.
 */
u64 vtl0_part_length(u64 start, u64 length, u64 chunk_length)
{
	if (!chunk_length)
		return length;
	/* not a power of two: a plain division, and start may be 0 */
	return min(length, chunk_length - start % chunk_length);
}
EXPORT_SYMBOL_IF_KUNIT(vtl0_part_length);

/**
 * vtl0_piece_walk_next() - the next piece of a range
 * @walk: set up by the caller, see struct vtl0_piece_walk
 *
 * Return: the piece, valid until the next call, or NULL behind the last one.
 */
const struct vtl0_piece *vtl0_piece_walk_next(struct vtl0_piece_walk *walk)
{
	u64 part;

	if (walk->next < walk->layout.nr)
		return &walk->layout.piece[walk->next++];
	if (!walk->left)
		return NULL;
	part = vtl0_part_length(walk->pos, walk->left, walk->chunk_length);
	vtl0_layout_range(walk->g, walk->pos, part, walk->max_order, &walk->layout);
	walk->pos += part;
	walk->left -= part;
	walk->next = 1;
	return &walk->layout.piece[0];
}
EXPORT_SYMBOL_IF_KUNIT(vtl0_piece_walk_next);

/**
 * vtl0_trim() - check the edges of a range, or cut them off
 * @g: the machine
 * @start: first byte; out: the first aligned one
 * @length: bytes; out: those between the aligned edges
 * @trim: cut unaligned edges off; else they are an error
 * @edge: out, on error: the edge that is not aligned
 *
 * The range must not wrap.
 *
 * Return: 0, or -EINVAL if an edge is not a multiple of @g->min_align, or if
 * nothing is left.
 */
int vtl0_trim(const struct vtl0_geometry *g, u64 *start, u64 *length, bool trim,
	      u64 *edge)
{
	u64 end = *start + *length;
	u64 aligned_end = round_down(end, g->min_align);
	u64 aligned_start;

	/* round_up() would wrap behind the last aligned address */
	if (*start > aligned_end)
		goto bad_start;
	aligned_start = round_up(*start, g->min_align);
	if (!trim && aligned_start != *start)
		goto bad_start;
	if (!trim && aligned_end != end) {
		*edge = end;
		return -EINVAL;
	}
	if (aligned_start >= aligned_end)
		goto bad_start;
	*start = aligned_start;
	*length = aligned_end - aligned_start;
	return 0;

bad_start:
	*edge = *start;
	return -EINVAL;
}
EXPORT_SYMBOL_IF_KUNIT(vtl0_trim);
