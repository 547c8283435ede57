// SPDX-License-Identifier: GPL-2.0
/*
 * Property tests of the planner, drivers/vtl0/plan.c, on random ranges and on
 * those at the edges.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "plan_cases.h"
#include "random.h"
#include "tap.h"

#define NR_RANDOM 100000

struct range {
	u64 start;
	u64 length;
};

/* The first failure of the running test. */
static bool failed;

static void fail(const char *fmt, ...)
{
	char text[256];
	va_list ap;

	/* one example is enough */
	if (failed)
		return;
	failed = true;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	tap_note("%s", text);
}

static void done(const char *name)
{
	tap_ok(!failed, "%s", name);
	failed = false;
}

/* x86-64 without 1G folios, without sharing, and another machine. */
static const struct vtl0_geometry no_pud = {
	.min_align = MIB(2),
	.page_shift = 12,
	.struct_page = 64,
	.nr_orders = 2,
	.orders = { 0, 9 },
	.dedup = true,
};
static const struct vtl0_geometry no_dedup = {
	.min_align = MIB(2),
	.page_shift = 12,
	.struct_page = 64,
	.nr_orders = 3,
	.orders = { 0, 9, 18 },
};
/* arm64 with 64K pages: 512M PMDs, no PUD folios */
static const struct vtl0_geometry pages_64k = {
	.min_align = MIB(2),
	.page_shift = 16,
	.struct_page = 64,
	.nr_orders = 2,
	.orders = { 0, 13 },
	.dedup = true,
};

static const struct vtl0_geometry *const machines[] = { &x86, &no_pud, &no_dedup, &pages_64k };

static struct rng rng = { 0x2545f4914f6cdd1d };

static u64 random_u64(void)
{
	return rng_next(&rng);
}

/* Of any magnitude, and likely aligned to more than it has to. */
static u64 random_bytes(const struct vtl0_geometry *g)
{
	u64 v = random_u64() >> (12 + random_u64() % 32);

	switch (random_u64() % 4) {
	case 0:
		v &= ~(GIB(1) - 1);
		break;
	case 1:
		v &= ~(GIB(1) - 1);
		v += random_u64() % 3 * MIB(2);
		break;
	}
	return v & ~(g->min_align - 1);
}

static struct range random_range(const struct vtl0_geometry *g)
{
	struct range r = { .start = random_bytes(g), .length = random_bytes(g) };

	if (!r.length)
		r.length = g->min_align;
	return r;
}

static bool useful(const struct vtl0_geometry *g, unsigned int order)
{
	for (unsigned int i = 0; i < g->nr_orders; i++)
		if (g->orders[i] == order)
			return true;
	return false;
}

static u64 layout_bytes(const struct vtl0_geometry *g, const struct vtl0_layout *l)
{
	u64 bytes = 0;

	for (unsigned int i = 0; i < l->nr; i++)
		bytes += vtl0_memmap_bytes(g, l->piece[i].length, l->piece[i].order);
	return bytes;
}

/* The memmap of one pgmap of the order that start and end are aligned to. */
static u64 upstream_bytes(const struct vtl0_geometry *g, struct range r, unsigned int max_order)
{
	unsigned int order = 0;

	for (unsigned int i = 0; i < g->nr_orders; i++)
		if (g->orders[i] <= max_order &&
		    !((r.start | (r.start + r.length)) &
		      ((1ULL << g->orders[i] << g->page_shift) - 1)))
			order = g->orders[i];
	return vtl0_memmap_bytes(g, r.length, order);
}

/* Everything that must hold for any range. */
static void check_layout(const struct vtl0_geometry *g, struct range r, unsigned int max_order)
{
	struct vtl0_layout l;
	u64 pos = r.start;

	memset(&l, 0xa5, sizeof(l));
	vtl0_layout_range(g, r.start, r.length, max_order, &l);
	if (!l.nr || l.nr > VTL0_MAX_PIECES)
		return fail("%#lx+%#lx: %u pieces", r.start, r.length, l.nr);
	for (unsigned int i = 0; i < l.nr; i++) {
		struct vtl0_piece *p = &l.piece[i];
		u64 folio = 1ULL << g->page_shift << p->order;

		if (p->start != pos || !p->length)
			fail("%#lx+%#lx: piece %u at %#lx+%#lx", r.start, r.length, i,
			     p->start, p->length);
		if (!useful(g, p->order) || p->order > max_order)
			fail("%#lx+%#lx: piece %u of order %u, at most %u", r.start,
			     r.length, i, p->order, max_order);
		if ((p->start | p->length) & (folio - 1) ||
		    (p->start | p->length) & (g->min_align - 1))
			fail("%#lx+%#lx: piece %u at %#lx+%#lx is not aligned to order %u",
			     r.start, r.length, i, p->start, p->length, p->order);
		pos += p->length;
	}
	if (pos != r.start + r.length)
		fail("%#lx+%#lx: ends at %#lx", r.start, r.length, pos);
	if (layout_bytes(g, &l) * 100 > upstream_bytes(g, r, max_order) * 105)
		fail("%#lx+%#lx: takes %lu bytes, as one pgmap %lu", r.start, r.length,
		     layout_bytes(g, &l), upstream_bytes(g, r, max_order));
}

static void test_random_ranges(void)
{
	static const unsigned int caps[] = { ANY, ANY, ANY, 18, 17, 13, 9, 8, 0 };

	for (unsigned int i = 0; i < NR_RANDOM; i++)
		for (unsigned int m = 0; m < ARRAY_SIZE(machines); m++)
			check_layout(machines[m], random_range(machines[m]),
				     caps[random_u64() % ARRAY_SIZE(caps)]);
	done("random_ranges");
}

/* All ranges of a few subsections around each alignment that matters. */
static void test_around_the_edges(void)
{
	static const u64 at[] = { MIB(8), GIB(1), GIB(16), 1ULL << 47, 1ULL << 51 };

	for (unsigned int m = 0; m < ARRAY_SIZE(machines); m++) {
		const struct vtl0_geometry *g = machines[m];

		for (unsigned int i = 0; i < ARRAY_SIZE(at); i++)
			for (unsigned int n = 0; n < 5 * 5 * 5; n++) {
				u64 from = at[i] + n % 5 * g->min_align - 2 * g->min_align;
				u64 to = at[i] + n / 25 * GIB(1) +
					 n / 5 % 5 * g->min_align + g->min_align;

				if (from < to)
					check_layout(g, (struct range) { from, to - from }, ANY);
			}
	}
	check_layout(&x86, (struct range) { 0, MIB(2) }, ANY);
	check_layout(&x86, (struct range) { 0, 1ULL << 52 }, ANY);
	check_layout(&x86, (struct range) { MIB(2), (1ULL << 52) - MIB(4) }, ANY);
	done("around_the_edges");
}

static void test_cases(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(plan_cases); i++) {
		const struct plan_case *c = &plan_cases[i];
		struct vtl0_layout l;

		vtl0_layout_range(&x86, c->start, c->length, c->max_order, &l);
		if (l.nr != c->nr)
			fail("%s: %u pieces instead of %u", c->what, l.nr, c->nr);
		for (unsigned int j = 0; j < c->nr && !failed; j++)
			if (l.piece[j].start != c->piece[j].start ||
			    l.piece[j].length != c->piece[j].length ||
			    l.piece[j].order != c->piece[j].order)
				fail("%s: piece %u is %#lx+%#lx order %u", c->what, j,
				     l.piece[j].start, l.piece[j].length, l.piece[j].order);
	}
	done("cases");
}

/* Where large folios save little, an edge costs more than that. */
static void test_edges_have_a_price(void)
{
	struct vtl0_layout l;

	vtl0_layout_range(&pages_64k, MIB(510), MIB(516), ANY, &l);
	if (l.nr != 1 || l.piece[0].order)
		fail("one 512M folio: %u pieces", l.nr);
	vtl0_layout_range(&pages_64k, MIB(510), GIB(8) + MIB(4), ANY, &l);
	if (l.nr != 3 || l.piece[1].order != 13)
		fail("16 folios of 512M: %u pieces", l.nr);
	done("edges_have_a_price");
}

/* The numbers of Documentation/mm/vmemmap_dedup.rst and of the lab. */
static void test_memmap_bytes(void)
{
	static const struct {
		const struct vtl0_geometry *g;
		u64 length;
		unsigned int order;
		u64 bytes;
	} cases[] = {
		{ &x86, GIB(1), 0, MIB(16) },
		{ &x86, GIB(1), 9, MIB(4) + 32768 },
		{ &x86, GIB(1), 18, 8192 + 32768 },
		{ &x86, MIB(2), 0, 32768 },
		{ &x86, MIB(2), 9, 8192 + 4096 },
		/* too small to share anything */
		{ &x86, MIB(2), 7, 32768 },
		{ &no_dedup, GIB(1), 18, MIB(16) },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		u64 bytes = vtl0_memmap_bytes(cases[i].g, cases[i].length, cases[i].order);

		if (bytes != cases[i].bytes)
			fail("%lu bytes at order %u: %lu", cases[i].length, cases[i].order, bytes);
	}
	done("memmap_bytes");
}

/* A larger folio never takes more. */
static void test_memmap_is_monotonic(void)
{
	for (unsigned int i = 0; i < 1000; i++) {
		u64 length = GIB(1 + random_u64() % 4096);

		if (vtl0_memmap_bytes(&x86, length, 18) > vtl0_memmap_bytes(&x86, length, 9) ||
		    vtl0_memmap_bytes(&x86, length, 9) > vtl0_memmap_bytes(&x86, length, 0))
			fail("%#lx", length);
	}
	done("memmap_is_monotonic");
}

/* Pieces cover the range without gaps, and none crosses a multiple of the chunk length. */
static void test_walk(void)
{
	for (unsigned int i = 0; i < NR_RANDOM; i++) {
		struct range r = random_range(&x86);
		u64 chunk = (1 + random_u64() % 1024) * MIB(2);
		u64 length = min(r.length, 1000 * chunk), pos = r.start;
		struct vtl0_piece_walk walk = {
			.g = &x86, .pos = r.start, .left = length,
			.chunk_length = chunk, .max_order = ANY,
		};
		const struct vtl0_piece *p;

		while ((p = vtl0_piece_walk_next(&walk)) && !failed) {
			if (p->start != pos || !p->length)
				fail("%#lx+%#lx by %#lx: a piece of %#lx at %#lx instead of %#lx",
				     r.start, length, chunk, p->length, p->start, pos);
			if (p->start / chunk != (p->start + p->length - 1) / chunk)
				fail("%#lx+%#lx by %#lx: piece %#lx+%#lx crosses a boundary",
				     r.start, length, chunk, p->start, p->length);
			pos = p->start + p->length;
		}
		if (pos != r.start + length && !failed)
			fail("%#lx+%#lx by %#lx: ends at %#lx", r.start, length, chunk, pos);
	}
	done("walk");
}

static void test_trim_random(void)
{
	for (unsigned int i = 0; i < NR_RANDOM; i++) {
		u64 start = random_u64() >> (12 + random_u64() % 40);
		u64 length = 1 + (random_u64() >> (12 + random_u64() % 40));
		u64 s, l, end, edge = 1;
		bool wrong;
		int ret;

		if (random_u64() % 2)
			start &= ~(MIB(2) - 1);
		end = start + length;
		if (random_u64() % 2 && (end & ~(MIB(2) - 1)) > start)
			end &= ~(MIB(2) - 1);
		length = end - start;
		s = start;
		l = length;
		ret = vtl0_trim(&x86, &s, &l, true, &edge);
		if (!ret && (s < start || s + l > end || (s | l) & (MIB(2) - 1) || !l ||
			     s - start >= MIB(2) || end - (s + l) >= MIB(2)))
			fail("%#lx+%#lx trimmed to %#lx+%#lx", start, length, s, l);
		if (ret && (ret != -EINVAL || edge != start ||
			    (start + MIB(2) - 1) / MIB(2) < end / MIB(2)))
			fail("%#lx+%#lx: %d, edge %#lx", start, length, ret, edge);

		s = start;
		l = length;
		ret = vtl0_trim(&x86, &s, &l, false, &edge);
		if (ret)
			wrong = !((start | end) & (MIB(2) - 1)) ||
				edge != (start & (MIB(2) - 1) ? start : end);
		else
			wrong = s != start || l != length || (s | l) & (MIB(2) - 1);
		if (wrong)
			fail("%#lx+%#lx not trimmed: %d, %#lx+%#lx, edge %#lx",
			     start, length, ret, s, l, edge);
	}
	done("trim_random");
}

static void test_trim_cases(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(trim_cases); i++) {
		const struct trim_case *c = &trim_cases[i];
		u64 start = c->start, length = c->length, edge = 0;
		int ret = vtl0_trim(&x86, &start, &length, c->trim, &edge);

		if (ret != c->ret || edge != c->edge ||
		    (!ret && (start != c->out_start || length != c->out_length)))
			fail("case %u: %d, %#lx+%#lx, edge %#lx", i, ret, start, length, edge);
	}
	done("trim_cases");
}

static void test_part_cases(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(part_cases); i++) {
		const struct part_case *c = &part_cases[i];
		u64 part = vtl0_part_length(c->start, c->length, c->chunk);

		if (part != c->part)
			fail("case %u: %#lx", i, part);
	}
	done("part_cases");
}

int main(void)
{
	tap_plan(10);
	test_random_ranges();
	test_around_the_edges();
	test_cases();
	test_edges_have_a_price();
	test_memmap_bytes();
	test_memmap_is_monotonic();
	test_walk();
	test_part_cases();
	test_trim_random();
	test_trim_cases();
	return tap_status();
}
