// SPDX-License-Identifier: GPL-2.0
/* How the fake device cuts a range into chunks, and what their memmap takes. */
#include <errno.h>
#include <stdint.h>

#include <linux/vtl0.h>

#include "die.h"
#include "fake.h"
#include "plan.h"

uint64_t memmap_of(uint64_t length, uint32_t order)
{
	return order ? (length >> 12 >> order) * 8192 : (length >> 12) * 64;
}

/* As on x86, where a struct page has 64 bytes and the vmemmap of large folios is shared. */
static const struct vtl0_geometry geometry = {
	.min_align = MIN_ALIGN, .page_shift = 12, .struct_page = 64,
	.nr_orders = 3, .orders = { 0, 9, 18 }, .dedup = true,
};

static void append(struct chunk_list *list, uint64_t start, uint64_t length, uint32_t order)
{
	if (!length)
		return;
	list->v = xrealloc(list->v, list->nr + 1, sizeof(*list->v));
	list->v[list->nr++] = (struct vtl0_chunk_info) {
		.start = start, .length = length, .order = order,
		.memmap_bytes = memmap_of(length, order),
	};
}

static uint64_t first_of_node1(void)
{
	return number("VTL0_FAKE_NODE1") ?: 256 * G;
}

uint32_t firmware_node(uint64_t address)
{
	return address >= first_of_node1();
}

/* The driver's planner cuts what lies between aligned edges; beside it are single pages. */
static void split_on_node(struct chunk_list *list, uint64_t start, uint64_t end,
			  uint32_t max_order, uint64_t chunk_length)
{
	uint64_t first = min((start + MIN_ALIGN - 1) / MIN_ALIGN * MIN_ALIGN, end);
	uint64_t last = end / MIN_ALIGN * MIN_ALIGN;
	struct vtl0_piece_walk walk = {
		.g = &geometry, .pos = first, .left = last > first ? last - first : 0,
		.max_order = max_order, .chunk_length = chunk_length,
	};
	const struct vtl0_piece *piece;

	append(list, start, first - start, 0);
	while ((piece = vtl0_piece_walk_next(&walk)))
		append(list, piece->start, piece->length, piece->order);
	if (last >= first)
		append(list, last, end - last, 0);
}

struct chunk_list split(uint64_t start, uint64_t length, uint32_t max_order,
			uint64_t chunk_length, bool one_node)
{
	uint64_t end = start + length, cut = first_of_node1();
	struct chunk_list list = { };

	if (!one_node && firmware_node(start) != firmware_node(end - 1)) {
		split_on_node(&list, start, cut, max_order, chunk_length);
		start = cut;
	}
	split_on_node(&list, start, end, max_order, chunk_length);
	return list;
}

struct chunk_list chunks_of(const struct fake_range *r)
{
	return split(r->start, r->length, r->max_order, r->chunk_length, r->one_node);
}

uint64_t memmap_sum(const struct chunk_list *list)
{
	uint64_t sum = 0;
	uint32_t i;

	for (i = 0; i < list->nr; i++)
		sum += list->v[i].memmap_bytes;
	return sum;
}

int fake_remove_part(int fd, struct vtl0_remove *remove)
{
	uint64_t end = UINT64_MAX;
	struct fake_range *r = range_at(remove->start, &end);

	if (!r || remove->start + remove->length > r->start + r->length)
		return ENOENT;
	if (remove->start != r->start || !r->chunk_length ||
	    remove->length % r->chunk_length) {
		remove->busy_start = r->start;
		remove->busy_length = r->chunk_length ?: r->length;
		return EINVAL;
	}
	r->start += remove->length;
	r->length -= remove->length;
	save_ranges(fd, false);
	return 0;
}
