/* SPDX-License-Identifier: GPL-2.0 */
/* The memmap that the upstream way would take, calculated. */
#ifndef _VTL0_BENCH_BASELINE_H
#define _VTL0_BENCH_BASELINE_H

#include <stdint.h>

struct baseline {
	uint64_t start;
	uint64_t length;
	unsigned int ctz_order;		/* of start and end */
	uint64_t memmap_ctz;		/* one pgmap at that order */
	unsigned int map_order;		/* the largest mappable order up to that */
	uint64_t memmap_map;		/* one pgmap at it */
};

/* struct page is 64 bytes and a page 4096, as on x86-64. */
uint64_t baseline_memmap(uint64_t length, unsigned int order);
void baseline_init(struct baseline *b, uint64_t start, uint64_t length, uint64_t orders);

#endif /* _VTL0_BENCH_BASELINE_H */
