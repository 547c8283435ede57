// SPDX-License-Identifier: GPL-2.0
/* Measures the cost of registering and removing ranges, and their memmap. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "../modules/upstream.h"
#include "baseline.h"
#include "bench.h"
#include "ioctl.h"
#include "measure.h"
#include "random.h"
#include "tap.h"

#define PLAN_RANGES	1000
#define SAMPLE_RANGES	20
#define SAMPLE_MAX	GIB(64)
/* 4K, 2M and 1G: the sizes of page-table entries */
#define MAP_ORDERS	(1ULL << PUD_ORDER | 1ULL << PMD_ORDER | 1)
#define NO_RAM_HIGH	TIB(1)

/* ------------------------------------------------------------------ */
/* Registering and removing */

static void vtl0_once(uint64_t start, uint64_t length, struct cost *cost)
{
	struct measure m;
	int ret;

	measure_begin(&m);
	ret = add_order(control, start, length, PUD_ORDER);
	measure_end(&m);
	errno = -ret;
	if (ret)
		die("VTL0_ADD %#" PRIx64 "+%#" PRIx64, start, length);
	cost->add = m.work;
	cost->memory = m.memory;

	measure_begin(&m);
	ret = remove_range(control, start, length);
	measure_end(&m);
	errno = -ret;
	if (ret)
		die("VTL0_REMOVE %#" PRIx64 "+%#" PRIx64, start, length);
	cost->remove = m.work;
}

void upstream_add(uint64_t start, uint64_t length, int order)
{
	struct upstream_add add = { .start = start, .length = length, .order = order };

	if (ioctl(upstream, UPSTREAM_ADD, &add))
		die("UPSTREAM_ADD %#" PRIx64 "+%#" PRIx64 " order %d", start, length, order);
}

void upstream_remove(void)
{
	if (ioctl(upstream, UPSTREAM_REMOVE))
		die("UPSTREAM_REMOVE");
}

static void upstream_once(uint64_t start, uint64_t length, int order, struct cost *cost)
{
	struct measure m;

	measure_begin(&m);
	upstream_add(start, length, order);
	measure_end(&m);
	cost->add = m.work;
	cost->memory = m.memory;

	measure_begin(&m);
	upstream_remove();
	measure_end(&m);
	cost->remove = m.work;
}

static void median_cost(struct cost *all, unsigned int n, struct cost *out)
{
	uint64_t add[MAX_REPS], del[MAX_REPS];
	int64_t memory[MAX_REPS];
	unsigned int i;

	for (i = 0; i < n; i++) {
		add[i] = all[i].add;
		del[i] = all[i].remove;
		memory[i] = all[i].memory;
	}
	out->add = median(add, n);
	out->remove = median(del, n);
	out->memory = median_signed(memory, n);
}

void compare_costs(uint64_t start, uint64_t length, int order, unsigned int n,
		   struct cost *ours, struct cost *theirs)
{
	struct cost a[MAX_REPS], b[MAX_REPS];
	unsigned int i;

	for (i = 0; i < n; i++) {
		vtl0_once(start, length, &a[i]);
		upstream_once(start, length, order, &b[i]);
	}
	median_cost(a, n, ours);
	median_cost(b, n, theirs);
}

/* The memmap of what vtl0_once() adds. */
static uint64_t plan_memmap(uint64_t start, uint64_t length, uint32_t *chunks)
{
	struct vtl0_plan plan = {
		.size = sizeof(plan), .flags = VTL0_ADD_ORDER, .start = start,
		.length = length, .max_order = PUD_ORDER,
	};

	if (ioctl(control, VTL0_PLAN, &plan))
		die("VTL0_PLAN %#" PRIx64 "+%#" PRIx64, start, length);
	if (chunks)
		*chunks = plan.count;
	return plan.memmap_bytes;
}

static void add_cost_rows(const char *section, const struct cost *ours,
			  const struct cost *theirs, double planned, double modelled)
{
	add_row(section, "register", "Minstr", ours->add / 1e6, theirs->add / 1e6);
	add_row(section, "memory taken (MemFree)", "MiB", (double)ours->memory / MIB(1),
		(double)theirs->memory / MIB(1));
	add_row(section, "memmap, calculated", "MiB", planned / MIB(1), modelled / MIB(1));
	add_row(section, "remove", "Minstr", ours->remove / 1e6, theirs->remove / 1e6);
}

void bench_unaligned(void)
{
	uint64_t start = NO_RAM + MIB(2), length = GIB(64);
	struct cost ours, theirs;
	double planned, modelled;
	struct baseline base;

	progress("64 GiB, aligned to 2 MiB: %u times", reps);
	compare_costs(start, length, UPSTREAM_ORDER_CTZ, reps, &ours, &theirs);
	baseline_init(&base, start, length, MAP_ORDERS);
	planned = plan_memmap(start, length, NULL);
	modelled = base.memmap_ctz;
	add_cost_rows("64 GiB aligned to 2 MiB; other: upstream", &ours, &theirs,
		      planned, modelled);
	if (!check)
		return;
	tap_ok(ours.add * 3 <= theirs.add,
	       "64 GiB aligned to 2 MiB is registered at least 3 times faster than upstream (%.1f to %.1f Minstr: %.2f times)",
	       ours.add / 1e6, theirs.add / 1e6, (double)theirs.add / ours.add);
	tap_ok(ours.memory * 10 <= theirs.memory && planned * 10 <= modelled,
	       "64 GiB aligned to 2 MiB takes at least 90 %% less memmap than upstream (measured %.1f to %.1f MiB: %.1f %%, calculated %.1f to %.1f MiB: %.1f %%)",
	       (double)ours.memory / MIB(1), (double)theirs.memory / MIB(1),
	       100 - 100.0 * ours.memory / theirs.memory, planned / MIB(1), modelled / MIB(1),
	       100 - 100 * planned / modelled);
}

void bench_aligned(void)
{
	uint64_t start = NO_RAM_HIGH, length = TIB(1);
	unsigned int n = reps < 3 ? reps : 3;
	struct cost ours, theirs;

	progress("1 TiB, aligned to 1 GiB: %u times", n);
	compare_costs(start, length, PUD_ORDER, n, &ours, &theirs);
	add_cost_rows("1 TiB aligned to 1 GiB; other: one pgmap, order 18", &ours, &theirs,
		      plan_memmap(start, length, NULL), baseline_memmap(length, PUD_ORDER));
	if (check)
		tap_ok(ours.add <= theirs.add * 1.1,
		       "1 TiB aligned to 1 GiB is registered within 10 %% of a bare memremap_pages() at order 18 (%.1f to %.1f Minstr: %+.1f %%)",
		       ours.add / 1e6, theirs.add / 1e6,
		       100.0 * ours.add / theirs.add - 100);
}

/* ------------------------------------------------------------------ */
/* Random ranges */

/* 2 MiB to @max, every size class as likely as any other, any 2 MiB alignment. */
static void random_range(struct rng *rng, uint64_t max, uint64_t *start, uint64_t *length)
{
	unsigned int bits = 21 + rng_below(rng, __builtin_ctzll(max) - 20);

	*length = ((1ULL << bits) + rng_below(rng, 1ULL << bits)) & ~(MIB(2) - 1);
	if (*length > max)
		*length = max;
	*start = (NO_RAM + rng_below(rng, TIB(1) / 2)) & ~(MIB(2) - 1);
}

struct hunger {
	unsigned int map_worse, ctz_worse, too_many;
	double map_worst, ctz_worst;
	uint64_t ctz_excess;
	double ours, map, ctz;
};

static void weigh(struct hunger *h, const struct baseline *b, uint64_t memmap,
		  uint32_t chunks)
{
	double by_map = (double)memmap / b->memmap_map;
	double by_ctz = (double)memmap / b->memmap_ctz;

	h->ours += memmap;
	h->map += b->memmap_map;
	h->ctz += b->memmap_ctz;
	h->too_many += chunks > 3;
	h->map_worse += by_map > 1.05;
	h->ctz_worse += by_ctz > 1.05;
	if (by_map > h->map_worst)
		h->map_worst = by_map;
	if (by_ctz > h->ctz_worst)
		h->ctz_worst = by_ctz;
	if (by_ctz > 1.05 && memmap - b->memmap_ctz > h->ctz_excess)
		h->ctz_excess = memmap - b->memmap_ctz;
}

/*
 * Upstream takes the order that the range is aligned to, since its entries have
 * no folios. An order between those of a PMD and a PUD saves memmap, but such a
 * folio could only be mapped 4K at a time; so two comparisons: with the
 * order upstream would take if its folios were to be mapped as large as possible,
 * and with the order it does take.
 */
void bench_plans(uint64_t seed)
{
	static const char section[] = "1000 random ranges; other: upstream";
	struct rng rng = { seed };
	struct hunger h = { };
	unsigned int i;

	progress("%u random plans, seed %#" PRIx64, PLAN_RANGES, seed);
	for (i = 0; i < PLAN_RANGES; i++) {
		uint64_t start, length, memmap;
		struct baseline base;
		uint32_t chunks;

		random_range(&rng, TIB(1), &start, &length);
		memmap = plan_memmap(start, length, &chunks);
		baseline_init(&base, start, length, MAP_ORDERS);
		weigh(&h, &base, memmap, chunks);
	}
	add_row(section, "memmap, all, mappable orders", "MiB", h.ours / MIB(1), h.map / MIB(1));
	add_row(section, "memmap, all, any order", "MiB", h.ours / MIB(1), h.ctz / MIB(1));
	add_row(section, "hungrier by > 5 %, mappable", "ranges", h.map_worse, 0);
	add_row(section, "hungrier by > 5 %, any order", "ranges", h.ctz_worse, 0);
	add_row(section, "worst of these: too much", "MiB", (double)h.ctz_excess / MIB(1), 0);
	if (!check)
		return;
	tap_ok(!h.map_worse,
	       "no range of %u is hungrier by more than 5 %% than one pgmap at the largest mappable order (%u are, the worst at %.3f; in sum %.0f to %.0f MiB)",
	       PLAN_RANGES, h.map_worse, h.map_worst, h.ours / MIB(1), h.map / MIB(1));
	tap_note("against bare alignment, with folios that no large entry can map: %u of %u hungrier by more than 5 %%, by at most %.2f MiB; in sum %.0f to %.0f MiB",
		 h.ctz_worse, PLAN_RANGES, (double)h.ctz_excess / MIB(1), h.ours / MIB(1),
		 h.ctz / MIB(1));
	tap_ok(!h.too_many, "no range of %u gets more than 3 chunks", PLAN_RANGES);
}

struct slowness {
	unsigned int slower;
	double worst;
};

static void sample(uint64_t start, uint64_t length, struct slowness *slow)
{
	static const char section[] = "random ranges, registered; other: upstream";
	unsigned int n = reps < 3 ? reps : 3;
	struct cost ours, theirs;
	struct baseline base;
	uint32_t chunks;
	char name[64];
	double ratio;

	plan_memmap(start, length, &chunks);
	baseline_init(&base, start, length, MAP_ORDERS);
	compare_costs(start, length, base.map_order, n, &ours, &theirs);
	snprintf(name, sizeof(name), "%" PRIu64 " MiB, %u chunks; order %u", length / MIB(1),
		 chunks, base.map_order);
	add_row(section, name, "Minstr", ours.add / 1e6, theirs.add / 1e6);
	ratio = ((double)ours.add - FIXED_COST) / theirs.add;
	if (ratio > slow->worst)
		slow->worst = ratio;
	slow->slower += ratio > 1.05;
	if (base.ctz_order == base.map_order)
		return;
	upstream_once(start, length, UPSTREAM_ORDER_CTZ, &theirs);
	snprintf(name, sizeof(name), "  the same; order %u", base.ctz_order);
	add_row(section, name, "Minstr", ours.add / 1e6, theirs.add / 1e6);
}

void bench_samples(uint64_t seed)
{
	struct slowness slow = { };
	struct rng rng = { ~seed };
	uint64_t start, length;
	unsigned int i;

	for (i = 0; i < SAMPLE_RANGES; i++) {
		random_range(&rng, SAMPLE_MAX, &start, &length);
		progress("range %u of %u: %#" PRIx64 "+%" PRIu64 " MiB", i + 1, SAMPLE_RANGES,
			 start, length / MIB(1));
		sample(start, length, &slow);
	}
	if (check)
		tap_ok(!slow.slower, "no range of %u is registered slower by more than 5 %% and %u instructions than one pgmap at the largest mappable order (%u are, the worst at %.3f)",
		       SAMPLE_RANGES, FIXED_COST, slow.slower, slow.worst);
}
