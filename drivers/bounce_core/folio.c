// SPDX-License-Identifier: GPL-2.0
/*
 * Allocates a folio: a large one if that needs no reclaim, else a smaller one.
 */
#include <linux/gfp.h>
#include <linux/jiffies.h>
#include <linux/mm.h>

#include "inject.h"
#include "pool.h"

/*
 * Never from the kernel's own reserves, not even when the caller is reclaiming memory:
 * the pool has a reserve for that.
 */
#define GFP_TRY (__GFP_NOMEMALLOC | __GFP_NORETRY | __GFP_NOWARN | __GFP_ACCOUNT)

/* For how many jiffies a size that failed is not tried again. */
#define FORGET_AFTER (HZ / 4)

static size_t size_of(const struct bounce_hint *hint)
{
	size_t size = READ_ONCE(hint->size);

	if (!size || time_after(jiffies, READ_ONCE(hint->until)))
		return BOUNCE_MAX_FOLIO;
	return size;
}

/**
 * bounce_folio_most() - size of the largest folio that is worth a try now
 * @pool: the pool
 *
 * Context: any.
 * Return: the size in bytes.
 */
size_t bounce_folio_most(const struct bounce_pool *pool)
{
	return size_of(&pool->most);
}

/* Is a folio of @order worth a try for that cgroup? */
static bool worth_a_try(const struct bounce_pool *pool, unsigned int order,
			const struct mem_cgroup *memcg)
{
	size_t size = PAGE_SIZE << order;

	if (size > size_of(&pool->most))
		return false;
	return !memcg || memcg != READ_ONCE(pool->full_memcg) ||
	       size <= size_of(&pool->most_of_full);
}

/*
 * Fragmented memory stays so for a while: later folios are tried below @order. A cgroup at its
 * limit stays so, too, but others must not get small folios for it: if the folio can be had
 * without charging it, it was the charge that failed.
 */
static void remember(struct bounce_pool *pool, unsigned int order, gfp_t gfp,
		     const struct mem_cgroup *memcg)
{
	struct bounce_hint *hint = &pool->most;
	struct folio *folio;

	folio = memcg ? folio_alloc(gfp & ~__GFP_ACCOUNT, order) : NULL;
	if (folio) {
		folio_put(folio);
		hint = &pool->most_of_full;
		WRITE_ONCE(pool->full_memcg, memcg);
	}
	WRITE_ONCE(hint->size, PAGE_SIZE << (order - 1));
	WRITE_ONCE(hint->until, jiffies + FORGET_AFTER);
}

/**
 * bounce_folio_clear() - clear the pages of a folio that are in use
 * @folio: the folio
 * @size: bytes in use; whole pages are cleared, as memset() is slower on some processors
 *
 * Context: any.
 */
void bounce_folio_clear(struct folio *folio, size_t size)
{
	size_t done;

	for (done = 0; done < size; done += PAGE_SIZE)
		clear_page(folio_address(folio) + done);
}

/* Not inlined, so that a folio from the cache costs little. */
static noinline struct folio *allocate(struct bounce_pool *pool, unsigned int order,
				       gfp_t gfp, const struct bounce_ask *ask)
{
	struct folio *folio;

	if (order && !worth_a_try(pool, order, ask->memcg))
		return NULL;
	gfp |= GFP_TRY;
	folio = folio_alloc(gfp | (ask->clear ? __GFP_ZERO : 0), order);
	if (folio)
		bounce_cache_will_grow(&pool->cache);
	else if (order)
		remember(pool, order, gfp, ask->memcg);
	return folio;
}

/* A folio of finished I/O that is charged to the same cgroup, with old data only for writes. */
static struct folio *cached(struct bounce_pool *pool, unsigned int order, size_t size,
			    const struct bounce_ask *ask)
{
	struct folio *folio = bounce_cache_get(&pool->cache, order);

	if (folio && !bounce_memcg_is(folio, ask->memcg)) {
		folio_put(folio);
		return NULL;
	}
	if (folio && ask->clear)
		bounce_folio_clear(folio, size);
	return folio;
}

static struct folio *try_order(struct bounce_pool *pool, unsigned int order,
			       size_t size, gfp_t gfp, const struct bounce_ask *ask)
{
	struct folio *folio;

	if (bounce_inject_alloc(order))
		return NULL;
	folio = cached(pool, order, size, ask) ?: allocate(pool, order, gfp, ask);
	if (folio)
		bounce_pool_count(pool, orders[order]);
	return folio;
}

/**
 * bounce_folio_get() - get a folio from the cache or the page allocator
 * @pool: the pool; its reserve is not used
 * @size: wanted, in bytes; if only a smaller folio can be had it becomes a power of two, a
 *	page and @ask->min at least
 * @ask: what else the folio must be
 *
 * Context: sleeps unless @ask->nowait.
 * Return: the folio, or NULL.
 */
struct folio *bounce_folio_get(struct bounce_pool *pool, size_t *size,
			       const struct bounce_ask *ask)
{
	/* the smallest folio has this size, so there is no use in trying less */
	size_t floor = min(*size, max(ask->min, PAGE_SIZE));
	struct folio *folio;

	for (;;) {
		/* kswapd is not to make room for a size that is optional */
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
