/* SPDX-License-Identifier: GPL-2.0 */
/* Reads the driver's lists of ranges, chunks and windows. Functions return 0 or an errno. */
#ifndef QUERY_H
#define QUERY_H

#include <stdint.h>
#include <stddef.h>

#include <linux/vtl0.h>

/* All ranges, and all chunks if query_chunks() was called; both sorted by address. */
struct inventory {
	struct vtl0_range_info *ranges;
	size_t nr_ranges;
	struct vtl0_chunk_info *chunks;
	size_t nr_chunks;
};

int query_ranges(int fd, struct inventory *inv);
int query_chunks(int fd, struct inventory *inv);
void inventory_free(struct inventory *inv);

/* All windows, to be freed. */
int query_windows(int fd, struct vtl0_window_info **windows, size_t *nr);

/*
 * Calls VTL0_PLAN with room for all chunks in plan->buf, which is to be freed also after a
 * failure; plan->count says how many there are.
 */
int query_plan(int fd, struct vtl0_plan *plan);

/* The first range that ends behind @addr; ENOENT if there is none. */
int query_behind(int fd, uint64_t addr, struct vtl0_range_info *found);

#endif
