/* SPDX-License-Identifier: GPL-2.0 */
/* Random numbers, the same for the same seed: splitmix64. */
#ifndef _TESTS_RANDOM_H
#define _TESTS_RANDOM_H

#include "units.h"

struct rng {
	u64 state;
};

static inline u64 rng_next(struct rng *rng)
{
	u64 z = rng->state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

/* 0 <= result < n */
static inline u64 rng_below(struct rng *rng, u64 n)
{
	return rng_next(rng) % n;
}

#endif /* _TESTS_RANDOM_H */
