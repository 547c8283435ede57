// SPDX-License-Identifier: GPL-2.0
/*
 * Decides what a thread of vtl0_fuzz calls next: something new, or a sequence of calls that
 * reached a new part of the driver, with some changes. Without KCOV all is new.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "guide.h"
#include "tap.h"

bool guided = true;

void guide_start(struct guide *g, uint64_t seed)
{
	g->rng.state = seed;
	kcov_start(&g->trace);
}

uint64_t guide_next(struct guide *g)
{
	uint64_t number;

	if (g->call && g->at < g->call->nr)
		return g->call->number[g->at++];
	number = rng_next(&g->rng);
	if (g->call && g->at < MAX_NUMBERS) {
		g->call->number[g->at++] = number;
		g->call->nr = g->at;
	}
	return number;
}

/* ------------------------------------------------------------------ */
/* Changes of g->now. A call without numbers is a new one. */

static void change_number(struct guide *g, struct numbers *call)
{
	uint64_t *number;

	if (!call->nr)
		return;
	number = &call->number[rng_below(&g->rng, call->nr)];
	/* its neighbour picks what is next in a list */
	switch (rng_below(&g->rng, 3)) {
	case 0:
		*number = rng_next(&g->rng);
		break;
	case 1:
		++*number;
		break;
	case 2:
		--*number;
		break;
	}
}

static void insert_call(struct guide *g, unsigned int at, const struct numbers *call)
{
	struct sequence *s = &g->now;
	struct numbers copy = { };

	if (s->nr == MAX_CALLS)
		return;
	if (call)
		copy = *call;
	memmove(&s->calls[at + 1], &s->calls[at], (s->nr - at) * sizeof(*call));
	s->calls[at] = copy;
	s->nr++;
}

static void remove_call(struct guide *g, unsigned int at)
{
	struct sequence *s = &g->now;

	if (s->nr == 1)
		return;
	s->nr--;
	memmove(&s->calls[at], &s->calls[at + 1], (s->nr - at) * sizeof(s->calls[0]));
}

static const struct sequence *any_kept(struct guide *g)
{
	/* half of the time one of the last */
	unsigned int n = rng_below(&g->rng, 2) && g->nr_kept > 16 ? 16 : g->nr_kept;

	return g->kept[g->nr_kept - 1 - rng_below(&g->rng, n)];
}

/* From @at on what another sequence does. */
static void splice(struct guide *g, unsigned int at)
{
	const struct sequence *other = any_kept(g);
	unsigned int from = rng_below(&g->rng, other->nr);

	for (g->now.nr = at; g->now.nr < MAX_CALLS && from < other->nr; from++)
		g->now.calls[g->now.nr++] = other->calls[from];
}

static void change(struct guide *g)
{
	unsigned int at = rng_below(&g->rng, g->now.nr);
	struct numbers *call = &g->now.calls[at];

	switch (rng_below(&g->rng, 8)) {
	case 0:
		/* what follows is new */
		call->nr = rng_below(&g->rng, call->nr + 1);
		break;
	case 1:
		insert_call(g, at, NULL);
		break;
	case 2:
		insert_call(g, at, &g->now.calls[rng_below(&g->rng, g->now.nr)]);
		break;
	case 3:
		remove_call(g, at);
		break;
	case 4:
		splice(g, at);
		break;
	default:
		change_number(g, call);
	}
}

/* ------------------------------------------------------------------ */

static void choose(struct guide *g)
{
	unsigned int n;

	if (!guided || !g->nr_kept || !rng_below(&g->rng, 3)) {
		g->now.nr = 1 + rng_below(&g->rng, MAX_CALLS);
		for (n = 0; n < g->now.nr; n++)
			g->now.calls[n].nr = 0;
		return;
	}
	g->now = *any_kept(g);
	for (n = 1 + rng_below(&g->rng, 4); n; n--)
		change(g);
}

static void keep(struct guide *g, unsigned int nr)
{
	struct sequence **to = &g->kept[g->nr_kept];

	if (g->nr_kept < MAX_KEPT) {
		*to = malloc(sizeof(**to));
		if (!*to)
			die("malloc");
		g->nr_kept++;
	} else {
		to = &g->kept[rng_below(&g->rng, MAX_KEPT)];
	}
	**to = g->now;
	(*to)->nr = nr;
}

void guide_run(struct guide *g, void (*call)(void *arg), void *arg)
{
	unsigned int i, fresh = 0;

	if (!g->trace.area) {
		call(arg);
		return;
	}
	choose(g);
	for (i = 0; i < g->now.nr && !stopped(); i++) {
		g->call = &g->now.calls[i];
		g->at = 0;
		kcov_begin(&g->trace);
		call(arg);
		g->call->nr = g->at;
		g->call = NULL;
		if (kcov_end(&g->trace))
			fresh = i + 1;
	}
	/* those behind the last that reached something are of no use */
	if (fresh)
		keep(g, fresh);
}
