// SPDX-License-Identifier: GPL-2.0
/* Compares a registered range with the request of an add for the same addresses. */
#include <linux/string.h>

#include "request.h"
#include "vtl0.h"

/* Would @rq be cut just as @range is? With @orders, into folios of the same size, too? */
static bool same_cuts(const struct vtl0_range *range, const struct vtl0_request *rq,
		      bool orders)
{
	struct vtl0_chunk_walk walk = vtl0_chunk_walk_begin(rq);
	struct vtl0_piece planned;
	struct vtl0_chunk *chunk = NULL;

	while ((chunk = vtl0_next_chunk(range, chunk))) {
		const struct vtl0_piece *p = &chunk->piece;

		if (!vtl0_chunk_walk_next(&walk, &planned) || planned.length != p->length)
			return false;
		if (orders && planned.order != p->order)
			return false;
	}
	return true;
}

/* Given its cuts, are the folios of @range as large as @max_order lets them be? */
static bool same_orders(const struct vtl0_range *range, unsigned int max_order)
{
	struct vtl0_chunk_walk walk;
	struct vtl0_piece planned;
	struct vtl0_chunk *chunk = NULL;

	while ((chunk = vtl0_next_chunk(range, chunk))) {
		const struct vtl0_piece *p = &chunk->piece;
		/* no cut between NUMA nodes: a chunk on two of them was added with VTL0_ADD_NODE */
		struct vtl0_request rq = {
			.start = p->start, .length = p->length, .max_order = max_order,
			.flags = VTL0_ADD_NODE,
		};

		walk = vtl0_chunk_walk_begin(&rq);
		while (vtl0_chunk_walk_next(&walk, &planned))
			if (planned.order != p->order)
				return false;
	}
	return true;
}

/*
 * The one of VTL0_ADD_ORDER and VTL0_ADD_CHUNK in @rq that @range does not satisfy, or 0. If
 * only one is given, the value for the other is taken from the range, as it does not matter.
 * Nor do cuts between NUMA nodes, which a range that was added with VTL0_ADD_NODE lacks.
 */
static u32 layout_mismatch(const struct vtl0_range *range, const struct vtl0_request *rq)
{
	bool order = rq->flags & VTL0_ADD_ORDER, chunk = rq->flags & VTL0_ADD_CHUNK;
	struct vtl0_request like = *rq;

	if ((!order && !chunk) || same_cuts(range, rq, true))
		return 0;
	if (order && !same_orders(range, rq->max_order))
		return VTL0_ADD_ORDER;
	if (!order)
		like.max_order = vtl0_range_order(range);
	if (!chunk || same_cuts(range, &like, false))
		return 0;
	like.flags |= VTL0_ADD_NODE;
	return same_cuts(range, &like, false) ? 0 : VTL0_ADD_CHUNK;
}

/**
 * vtl0_same_cookie() - does a range have the cookie of a request?
 * @range: the range
 * @rq: a checked request
 *
 * Return: also true if @rq asks for none.
 */
bool vtl0_same_cookie(const struct vtl0_range *range, const struct vtl0_request *rq)
{
	return !(rq->flags & VTL0_ADD_COOKIE) ||
	       !memcmp(&range->cookie, &rq->cookie, sizeof(rq->cookie));
}

static bool all_on_node(const struct vtl0_range *range, int node)
{
	struct vtl0_chunk *chunk = NULL;

	while ((chunk = vtl0_next_chunk(range, chunk)))
		if (chunk->node != node)
			return false;
	return true;
}

/**
 * vtl0_mismatch() - find the flag of a request that a range does not satisfy
 * @range: not busy, with the addresses of @rq
 * @rq: a checked request
 *
 * Context: under vtl0_lock.
 * Return: the first such flag, VTL0_ADD_*, or 0.
 */
u32 vtl0_mismatch(const struct vtl0_range *range, const struct vtl0_request *rq)
{
	if (rq->flags & VTL0_ADD_EXCLUSIVE)
		return VTL0_ADD_EXCLUSIVE;
	/* the range may be in use, so a page would be cleared under a device */
	if (rq->flags & VTL0_ADD_CLEAR)
		return VTL0_ADD_CLEAR;
	if (!vtl0_same_cookie(range, rq))
		return VTL0_ADD_COOKIE;
	if (rq->flags & VTL0_ADD_NODE && !all_on_node(range, rq->node))
		return VTL0_ADD_NODE;
	if (rq->file.name[0] && strcmp(range->file.name, rq->file.name))
		return VTL0_ADD_NAME;
	return layout_mismatch(range, rq);
}
