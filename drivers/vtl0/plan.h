/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The planner: which folio orders a physical range gets, and the size of its memmap.
 * Pure functions without kernel state, so that they also build in user space.
 */
#ifndef _VTL0_PLAN_H
#define _VTL0_PLAN_H

#include <linux/types.h>

/* head + middle + tail */
#define VTL0_MAX_PIECES 3
/* single page, PMD, PUD */
#define VTL0_MAX_ORDERS 3

/**
 * struct vtl0_geometry - the properties of the kernel that the planner uses
 * @min_align: granularity of registration in bytes, a power of two
 * @page_shift: log2 of the page size
 * @struct_page: sizeof(struct page)
 * @nr_orders: how many of @orders are valid, at least 1
 * @orders: useful folio orders, ascending, the first is 0. An order is useful
 *	if one page-table entry maps a folio of it: the folio inserters take
 *	no other.
 * @dedup: tail vmemmap pages of a folio are shared (vmemmap_can_optimize())
 */
struct vtl0_geometry {
	u64 min_align;
	unsigned int page_shift;
	unsigned int struct_page;
	unsigned int nr_orders;
	unsigned int orders[VTL0_MAX_ORDERS];
	bool dedup;
};

/**
 * struct vtl0_piece - contiguous memory that becomes one chunk
 * @start: first byte
 * @length: bytes
 * @order: folio order
 */
struct vtl0_piece {
	u64 start;
	u64 length;
	unsigned int order;
};

/**
 * struct vtl0_layout - contiguous memory, cut into pieces
 * @nr: number of pieces
 * @piece: the pieces, ascending and without gaps
 */
struct vtl0_layout {
	unsigned int nr;
	struct vtl0_piece piece[VTL0_MAX_PIECES];
};

/**
 * struct vtl0_piece_walk - walks through the pieces of a range
 * @g: the machine
 * @pos: first byte that is not laid out yet
 * @left: bytes from @pos to the end of the range
 * @chunk_length: largest piece in bytes, or 0
 * @max_order: no folio may be of a larger order
 * @layout: pieces of the part of the range that was laid out last
 * @next: index into @layout of the next piece
 *
 * Set the first five, the rest 0, and call vtl0_piece_walk_next() until it returns NULL.
 */
struct vtl0_piece_walk {
	const struct vtl0_geometry *g;
	u64 pos;
	u64 left;
	u64 chunk_length;
	unsigned int max_order;
	struct vtl0_layout layout;
	unsigned int next;
};

u64 vtl0_memmap_bytes(const struct vtl0_geometry *g, u64 length, unsigned int order);
void vtl0_layout_range(const struct vtl0_geometry *g, u64 start, u64 length,
		       unsigned int max_order, struct vtl0_layout *layout);
u64 vtl0_part_length(u64 start, u64 length, u64 chunk_length);
const struct vtl0_piece *vtl0_piece_walk_next(struct vtl0_piece_walk *walk);
int vtl0_trim(const struct vtl0_geometry *g, u64 *start, u64 *length, bool trim,
	      u64 *edge);

#endif /* _VTL0_PLAN_H */
