/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counts the instructions that a piece of work takes, on a guest whose time is
 * a count of instructions (lab run --icount).
 */
#ifndef _VTL0_BENCH_MEASURE_H
#define _VTL0_BENCH_MEASURE_H

#include <stdint.h>

void measure_init(void);

struct measure {
	uint64_t begin_elapsed;
	uint64_t begin_idle;
	uint64_t begin_free;
	/* results */
	uint64_t work;		/* instructions, of any thread or interrupt */
	uint64_t elapsed;	/* ns, with waiting */
	int64_t memory;		/* bytes that MemFree fell by */
};

/* Only memory needs the slow look into /proc/meminfo. */
void measure_begin(struct measure *m);
void measure_end(struct measure *m);

/* Sorts. */
uint64_t median(uint64_t *v, unsigned int n);
int64_t median_signed(int64_t *v, unsigned int n);

#endif /* _VTL0_BENCH_MEASURE_H */
