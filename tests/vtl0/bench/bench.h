/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the parts of vtl0_bench: options, devices, results. */
#ifndef _TESTS_VTL0_BENCH_H
#define _TESTS_VTL0_BENCH_H

#include <stdbool.h>
#include <stdint.h>

#include "units.h"

#define MAX_REPS	9
#define PUD_ORDER	18
#define PMD_ORDER	9

/* Where a machine with a few GiB has neither RAM nor devices. */
#define NO_RAM		GIB(64)

/*
 * Instructions that a range may cost besides its pgmaps: the claim, the index, and most of
 * all the device in sysfs. It is the same for all ranges, and only counts where the range
 * is small.
 */
#define FIXED_COST	90000

extern bool json, check;
extern unsigned int reps;
extern int control, upstream;

/* results.c */
void add_row(const char *section, const char *name, const char *unit, double vtl0,
	     double other);
void print_table(void);
void print_json(void);
void progress(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* ranges.c */
struct cost {
	uint64_t add;		/* instructions */
	uint64_t remove;
	int64_t memory;		/* bytes that MemFree fell by */
};

/* Medians of @n times, alternating, so that a drift hits both. */
void compare_costs(uint64_t start, uint64_t length, int order, unsigned int n,
		   struct cost *ours, struct cost *theirs);
void upstream_add(uint64_t start, uint64_t length, int order);
void upstream_remove(void);
void bench_unaligned(void);
void bench_aligned(void);
void bench_plans(uint64_t seed);
void bench_samples(uint64_t seed);

/* faults.c */
void bench_faults(void);

/* many.c */
void bench_many(void);

/* io.c */
void bench_io(void);

#endif /* _TESTS_VTL0_BENCH_H */
