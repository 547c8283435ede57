// SPDX-License-Identifier: GPL-2.0
/* How the fake device cuts a range into chunks, and what their memmap takes. */
#include <errno.h>
#include <stdint.h>

#include <linux/vtl0.h>

#include "die.h"
#include "fake.h"

uint64_t memmap_of(uint64_t length, uint32_t order)
{
	return order ? (length >> 12 >> order) * 8192 : (length >> 12) * 64;
}

/* Adds [start, end) with one order, split at multiples of @chunk_length. */
static void add_chunks(struct chunk_list *list, uint64_t start, uint64_t end,
		       uint32_t order, uint64_t chunk_length)
{
	while (start < end) {
		uint64_t next = chunk_length ?
			min(end, (start / chunk_length + 1) * chunk_length) :
			end;

		list->v = xrealloc(list->v, list->nr + 1, sizeof(*list->v));
		list->v[list->nr++] = (struct vtl0_chunk_info) {
			.start = start, .length = next - start, .order = order,
			.memmap_bytes = memmap_of(next - start, order),
		};
		start = next;
	}
}

struct chunk_list split(uint64_t start, uint64_t length, uint32_t max_order,
			uint64_t chunk_length)
{
	uint64_t end = start + length;
	uint64_t first = (start + G - 1) / G * G, last = end / G * G;
	struct chunk_list list = { };

	if (chunk_length && chunk_length < G && max_order > 9)
		max_order = 9;
	if (max_order < 18 || first >= last) {
		add_chunks(&list, start, end, max_order < 9 ? 0 : 9,
			   chunk_length);
		return list;
	}
	add_chunks(&list, start, first, 9, chunk_length);
	add_chunks(&list, first, last, 18, chunk_length);
	add_chunks(&list, last, end, 9, chunk_length);
	return list;
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
