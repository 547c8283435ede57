// SPDX-License-Identifier: GPL-2.0
/*
 * Gets a folio: a large one if it is there for the asking, else a smaller one.
 */
#include <linux/gfp.h>
#include <linux/jiffies.h>
#include <linux/mm.h>

#include "inject.h"
#include "pool.h"

/*
 * No attempt may dip into the kernel's own reserves, not even when the caller
 * is reclaiming memory: that is what the pool's reserve is for.
 */
#define GFP_TRY (__GFP_NOMEMALLOC | __GFP_NORETRY | __GFP_NOWARN | __GFP_ACCOUNT)

/* How long a size that could not be had is not asked for again. */
#define FORGET_AFTER (HZ / 4)

/* The largest folio that is worth asking for now, in bytes. */
size_t bounce_folio_most(const struct bounce_pool *pool)
{
	size_t most = READ_ONCE(pool->most);

	if (!most || time_after(jiffies, READ_ONCE(pool->most_until)))
		return BOUNCE_MAX_FOLIO;
	return most;
}

/* Fragmented memory stays so for a while: the next folio begins below @order. */
static void remember(struct bounce_pool *pool, unsigned int order)
{
	WRITE_ONCE(pool->most, PAGE_SIZE << (order - 1));
	WRITE_ONCE(pool->most_until, jiffies + FORGET_AFTER);
}

/* At least @size bytes; memset() is slower where only single bytes are fast. */
void bounce_folio_clear(struct folio *folio, size_t size)
{
	size_t done;

	for (done = 0; done < size; done += PAGE_SIZE)
		clear_page(folio_address(folio) + done);
}

static struct folio *try_order(struct bounce_pool *pool, unsigned int order,
			       size_t size, gfp_t gfp, const struct bounce_ask *ask)
{
	struct folio *folio;

	if (bounce_inject_alloc(order))
		return NULL;
	folio = bounce_cache_pop(&pool->cache, order, ask->memcg);
	if (folio) {
		if (ask->clear)
			bounce_folio_clear(folio, size);
		goto count;
	}
	if (order && (PAGE_SIZE << order) > bounce_folio_most(pool))
		return NULL;
	folio = folio_alloc(gfp | GFP_TRY | (ask->clear ? __GFP_ZERO : 0), order);
	if (!folio) {
		if (order)
			remember(pool, order);
		return NULL;
	}
count:
	bounce_pool_count(pool, orders[order]);
	return folio;
}

/*
 * A folio for *@size bytes, or for less: *@size then is a power of two, a page
 * and @ask->min at least. NULL when not even that can be had. Does not touch the
 * reserve; does not sleep if @ask->nowait.
 */
struct folio *bounce_folio_get(struct bounce_pool *pool, size_t *size,
			       const struct bounce_ask *ask)
{
	/* What the smallest folio holds need not be asked for in bits. */
	size_t floor = min(*size, PAGE_SIZE << get_order(ask->min));
	struct folio *folio;

	for (;;) {
		/* kswapd need not make room for a size that is a mere wish. */
		folio = try_order(pool, get_order(*size), *size,
				  *size > floor ? 0 : GFP_NOWAIT, ask);
		if (folio || *size <= floor)
			break;
		*size = rounddown_pow_of_two(*size - 1);
	}
	if (!folio && !ask->nowait)
		folio = try_order(pool, get_order(*size), *size, GFP_NOIO, ask);
	return folio;
}
