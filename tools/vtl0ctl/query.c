// SPDX-License-Identifier: GPL-2.0
/* Reads the driver's lists of ranges and chunks. */
#include <errno.h>
#include <stdlib.h>

#include "dev.h"
#include "die.h"
#include "query.h"
#include "text.h"

#define BATCH 256

/*
 * Calls VTL0_QUERY until the cursor is 0. Ranges may come and go meanwhile; the loop
 * ends all the same, as the cursor, an address, has to grow with each call.
 */
static int query_all(int fd, uint32_t flags, uint32_t entry_size,
		     void **entries, size_t *nr)
{
	struct vtl0_query q = {
		.size = sizeof(q), .flags = flags, .entry_size = entry_size,
	};
	uint64_t before;
	int err;

	do {
		*entries = xrealloc(*entries, *nr + BATCH, entry_size);
		q.buf = (uintptr_t)*entries + *nr * entry_size;
		q.count = BATCH;
		before = q.cursor;
		err = dev_ioctl(fd, VTL0_QUERY, &q);
		if (err)
			return err;
		if (q.count > BATCH || (q.cursor && q.cursor <= before))
			return EPROTO;
		*nr += q.count;
	} while (q.cursor);
	return 0;
}

int query_ranges(int fd, struct inventory *inv)
{
	void *entries = NULL;
	int err;

	err = query_all(fd, 0, sizeof(*inv->ranges), &entries,
			&inv->nr_ranges);
	inv->ranges = entries;
	return err;
}

int query_chunks(int fd, struct inventory *inv)
{
	void *entries = NULL;
	int err;

	err = query_all(fd, VTL0_QUERY_CHUNKS, sizeof(*inv->chunks), &entries,
			&inv->nr_chunks);
	inv->chunks = entries;
	return err;
}

int query_windows(int fd, struct vtl0_window_info **windows, size_t *nr)
{
	void *entries = NULL;
	int err;

	err = query_all(fd, VTL0_QUERY_WINDOWS, sizeof(**windows), &entries, nr);
	*windows = entries;
	return err;
}

void inventory_free(struct inventory *inv)
{
	free(inv->ranges);
	free(inv->chunks);
	*inv = (struct inventory) { };
}

int query_plan(int fd, struct vtl0_plan *plan)
{
	struct vtl0_chunk_info *chunks = NULL;
	uint32_t room = 16;
	int err;

	for (;;) {
		chunks = xrealloc(chunks, room, sizeof(*chunks));
		plan->buf = (uintptr_t)chunks;
		plan->count = room;
		err = dev_ioctl(fd, VTL0_PLAN, plan);
		if (err || plan->count <= room)
			return err;
		room = plan->count;
	}
}

int query_behind(int fd, uint64_t addr, struct vtl0_range_info *found)
{
	struct vtl0_query q = {
		.size = sizeof(q), .entry_size = sizeof(*found), .count = 1,
		.cursor = addr, .buf = (uintptr_t)found,
	};
	int err;

	err = dev_ioctl(fd, VTL0_QUERY, &q);
	if (!err && !q.count)
		err = ENOENT;
	return err;
}
