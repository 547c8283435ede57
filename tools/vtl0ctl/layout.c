// SPDX-License-Identifier: GPL-2.0
/*
 * Finds the options of add that make the chunks which a range has. The driver does not keep
 * the options of an add; it says what it would make of some (VTL0_PLAN). So this tries: first
 * no options, then each order, then chunk sizes that the boundaries of the chunks allow.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "die.h"
#include "layout.h"
#include "query.h"
#include "vtl0ctl.h"

/*
 * The planner makes at most three pieces of what VTL0_ADD_CHUNK cuts off, so that the first
 * cut is one of the first three boundaries, and the second one of the next three. Two nodes
 * of firmware make more pieces.
 */
#define FIRST_BOUNDARIES 12

struct search {
	int fd;
	const struct vtl0_info *info;
	uint64_t start, end;
	const struct vtl0_chunk_info *chunks;	/* of the range, by address */
	size_t nr;
	uint64_t *nodes;	/* where memory of another node begins, as firmware says */
	size_t nr_nodes;
};

/* Is there a boundary of two chunks at @pos? @from is an index at or before it; moves on. */
static bool is_boundary(const struct search *s, uint64_t pos, size_t *from)
{
	while (*from < s->nr && s->chunks[*from].start < pos)
		(*from)++;
	return *from < s->nr && s->chunks[*from].start == pos;
}

static bool is_node_start(const struct search *s, uint64_t pos)
{
	size_t i;

	for (i = 0; i < s->nr_nodes; i++)
		if (s->nodes[i] == pos)
			return true;
	return false;
}

/*
 * With order 0 the planner has no reason to cut but two nodes. They are cut at multiples
 * of the alignment, and so are the edges here: VTL0_ADD_COVER would cut beside them.
 */
static int find_nodes(struct search *s)
{
	uint64_t align = s->info->min_align, start = s->start - s->start % align;
	struct vtl0_plan plan = {
		.size = sizeof(plan), .flags = VTL0_ADD_ORDER, .start = start,
		.length = (s->end + align - 1) / align * align - start,
	};
	int err = query_plan(s->fd, &plan);
	struct vtl0_chunk_info *chunks = (void *)(uintptr_t)plan.buf;
	uint32_t i;

	for (i = 1; !err && i < plan.count; i++) {
		s->nodes = xrealloc(s->nodes, s->nr_nodes + 1, sizeof(*s->nodes));
		s->nodes[s->nr_nodes++] = chunks[i].start;
	}
	free(chunks);
	return err;
}

/*
 * Is all of the range on one node? Where firmware names several, a boundary of two that is
 * none of two chunks shows that VTL0_ADD_NODE was given.
 */
static bool on_one_node(const struct search *s)
{
	size_t from = 0, i;

	for (i = 0; i < s->nr_nodes; i++)
		if (!is_boundary(s, s->nodes[i], &from))
			return true;
	return !s->nr_nodes;
}

/*
 * Are these the chunks of the range? The plan cuts at each node of firmware, the range maybe
 * not (VTL0_ADD_NODE): pieces that meet there count as one where the range has one.
 */
static bool same_chunks(const struct search *s, const struct vtl0_chunk_info *plan, size_t nr)
{
	size_t i, j = 0;

	for (i = 0; i < s->nr && j < nr; i++) {
		uint64_t length = plan[j].length;

		if (plan[j++].order != s->chunks[i].order)
			return false;
		while (length < s->chunks[i].length && j < nr &&
		       plan[j].order == s->chunks[i].order && is_node_start(s, plan[j].start))
			length += plan[j++].length;
		if (length != s->chunks[i].length)
			return false;
	}
	return i == s->nr && j == nr;
}

/* Returns 0 if @layout makes the chunks, ESRCH if not, or another errno. */
static int try_layout(const struct search *s, const struct layout *layout)
{
	struct vtl0_plan plan = {
		.size = sizeof(plan), .flags = layout->flags,
		.start = s->start, .length = s->end - s->start,
		.chunk_length = layout->chunk_length, .max_order = layout->max_order,
	};
	int err = query_plan(s->fd, &plan);
	struct vtl0_chunk_info *chunks = (void *)(uintptr_t)plan.buf;

	/* EINVAL: too many chunks, or a size that is not aligned */
	if (err == EINVAL || (!err && !same_chunks(s, chunks, plan.count)))
		err = ESRCH;
	free(chunks);
	return err;
}

static int try_orders(const struct search *s, struct layout *layout)
{
	unsigned int order;
	int err;

	layout->flags &= ~VTL0_ADD_ORDER;
	layout->max_order = 0;
	err = try_layout(s, layout);
	for (order = 0; err == ESRCH && order < 64; order++) {
		if (!(s->info->orders >> order & 1))
			continue;
		layout->flags |= VTL0_ADD_ORDER;
		layout->max_order = order;
		err = try_layout(s, layout);
	}
	return err;
}

/* Only a size that cuts at boundaries that there are, and at one at least, is worth a plan. */
static int try_chunk(const struct search *s, struct layout *layout, uint64_t size)
{
	uint64_t pos = (s->start / size + 1) * size;
	size_t from = 0;

	if (size % s->info->min_align || pos >= s->end)
		return ESRCH;
	for (; pos < s->end; pos += size)
		if (!is_boundary(s, pos, &from))
			return ESRCH;
	layout->flags |= VTL0_ADD_CHUNK;
	layout->chunk_length = size;
	return try_orders(s, layout);
}

/* The one cut is at @pos: a power of two, if one does it, else @pos, which does. */
static int try_single_cut(const struct search *s, struct layout *layout, uint64_t pos)
{
	uint64_t side = pos - s->start > s->end - pos ? pos - s->start : s->end - pos;
	uint64_t size = s->info->min_align;

	while (size < side)
		size *= 2;
	return try_chunk(s, layout, pos % size ? pos : size);
}

/* Two cuts that follow each other are one size apart. */
static int try_chunks(const struct search *s, struct layout *layout)
{
	size_t last = s->nr - 1 < FIRST_BOUNDARIES ? s->nr - 1 : FIRST_BOUNDARIES, i, j;
	int err = ESRCH;

	for (i = 1; err == ESRCH && i < last; i++)
		for (j = i + 1; err == ESRCH && j <= last; j++)
			err = try_chunk(s, layout, s->chunks[j].start - s->chunks[i].start);
	for (i = 1; err == ESRCH && i <= last; i++)
		err = try_single_cut(s, layout, s->chunks[i].start);
	return err;
}

/* The chunks of a range follow each other in the list. */
static void find_chunks(struct search *s, const struct inventory *inv, uint32_t id)
{
	size_t first = 0;

	while (first < inv->nr_chunks && inv->chunks[first].range_id != id)
		first++;
	s->chunks = inv->chunks + first;
	while (first + s->nr < inv->nr_chunks && s->chunks[s->nr].range_id == id)
		s->nr++;
}

/* The best guess where nothing makes the chunks. */
static void take_largest_order(const struct search *s, struct layout *layout)
{
	size_t i;

	layout->flags = (layout->flags & ~VTL0_ADD_CHUNK) | VTL0_ADD_ORDER;
	layout->chunk_length = 0;
	layout->max_order = 0;
	for (i = 0; i < s->nr; i++)
		if (s->chunks[i].order > layout->max_order)
			layout->max_order = s->chunks[i].order;
}

int layout_find(int fd, const struct vtl0_info *info, const struct inventory *inv,
		const struct vtl0_range_info *range, struct layout *layout)
{
	struct search s = {
		.fd = fd, .info = info,
		.start = range->start, .end = range->start + range->length,
	};
	int err;

	*layout = (struct layout) { };
	if ((s.start | s.end) % info->min_align)
		layout->flags |= VTL0_ADD_COVER;
	find_chunks(&s, inv, range->id);
	err = find_nodes(&s);
	if (!err)
		err = try_orders(&s, layout);
	if (err == ESRCH && s.nr > 1)
		err = try_chunks(&s, layout);
	if (err == ESRCH)
		take_largest_order(&s, layout);
	if (on_one_node(&s))
		layout->flags |= VTL0_ADD_NODE;
	free(s.nodes);
	return err;
}
