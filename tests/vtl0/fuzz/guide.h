/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The random numbers that calls are made of, and which of them are used again.
 *
 * What a call is and does is a function of the numbers that it draws. So a sequence of calls is
 * kept as numbers, and any other numbers in their place mean calls, too.
 */
#ifndef _VTL0_FUZZ_GUIDE_H
#define _VTL0_FUZZ_GUIDE_H

#include "kcov.h"
#include "random.h"

/* What a call draws beyond these is not kept. */
#define MAX_NUMBERS	160
#define MAX_CALLS	8
#define MAX_KEPT	2048

/* Of one call, in the order in which they are drawn. */
struct numbers {
	unsigned int nr;
	uint64_t number[MAX_NUMBERS];
};

struct sequence {
	unsigned int nr;
	struct numbers calls[MAX_CALLS];
};

/* Of one thread. */
struct guide {
	struct rng rng;
	struct trace trace;
	/* what is being done */
	struct sequence now;
	/* the call of it that is being made, NULL: numbers are not kept */
	struct numbers *call;
	unsigned int at;
	/* sequences that reached what no earlier one of this thread did */
	struct sequence *kept[MAX_KEPT];
	unsigned int nr_kept;
};

/* false: calls are traced, but always new ones */
extern bool guided;

/* By the thread itself. */
void guide_start(struct guide *g, uint64_t seed);
uint64_t guide_next(struct guide *g);
/* Makes a sequence of calls, or one without KCOV, until stopped(). call(arg) makes one. */
void guide_run(struct guide *g, void (*call)(void *arg), void *arg);

#endif /* _VTL0_FUZZ_GUIDE_H */
