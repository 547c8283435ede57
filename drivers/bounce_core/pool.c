// SPDX-License-Identifier: GPL-2.0
/*
 * Creates and destroys pools, changes their limits, and reads their statistics.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "pool.h"

#define DEFAULT_PER_CENT 2

static bool params_are_valid(const struct bounce_pool_params *params)
{
	return is_power_of_2(params->minsize) &&
	       params->minsize <= BOUNCE_MAX_FOLIO &&
	       params->reserve >= params->minsize;
}

static unsigned int blocks_of(const struct bounce_pool *pool, size_t bytes)
{
	size_t block = bounce_reserve_block(pool);

	return max(bytes / block, 1);
}

static int init_counters(struct bounce_pool *pool)
{
	int ret;

	pool->counters = alloc_percpu(struct bounce_pool_counters);
	if (!pool->counters)
		return -ENOMEM;
	ret = bounce_inflight_init(pool);
	if (ret)
		free_percpu(pool->counters);
	return ret;
}

static void exit_counters(struct bounce_pool *pool)
{
	bounce_inflight_exit(pool);
	free_percpu(pool->counters);
}

/**
 * bounce_pool_create() - create a pool
 * @name: shown in the debug files of the shrinker; copied
 * @params: its parameters; not kept
 *
 * Allocates the reserve. Each device needs a pool of its own: only then do all blocks of
 * the reserve come back when that device has done its I/O.
 *
 * Context: may sleep; allocates with GFP_KERNEL.
 * Return: the pool, or an error pointer: -EINVAL if a parameter is out of range,
 * -ENOMEM without memory.
 */
struct bounce_pool *bounce_pool_create(const char *name,
				       const struct bounce_pool_params *params)
{
	struct bounce_pool *pool;
	int ret = -ENOMEM;

	if (!params_are_valid(params))
		return ERR_PTR(-EINVAL);
	pool = kzalloc_obj(*pool);
	if (!pool)
		return ERR_PTR(-ENOMEM);
	pool->minsize = params->minsize;
	pool->name = kstrdup(name, GFP_KERNEL);
	if (!pool->name)
		goto free_pool;
	bounce_reserve_init(&pool->reserve, params->minsize);
	bounce_pool_set_max_inflight(pool, params->max_inflight);
	ret = init_counters(pool);
	if (ret)
		goto free_name;
	ret = bounce_reserve_resize(pool, blocks_of(pool, params->reserve));
	if (ret)
		goto exit_reserve;
	ret = bounce_cache_init(pool);
	if (ret)
		goto exit_reserve;
	return pool;

exit_reserve:
	bounce_reserve_exit(pool);
	exit_counters(pool);
free_name:
	kfree(pool->name);
free_pool:
	kfree(pool);
	return ERR_PTR(ret);
}
EXPORT_SYMBOL_GPL(bounce_pool_create);

/**
 * bounce_pool_destroy() - undo bounce_pool_create()
 * @pool: the pool, without folios in flight
 *
 * Context: may sleep.
 */
void bounce_pool_destroy(struct bounce_pool *pool)
{
	bounce_cache_exit(&pool->cache);
	bounce_reserve_exit(pool);
	exit_counters(pool);
	kfree(pool->name);
	kfree(pool);
}
EXPORT_SYMBOL_GPL(bounce_pool_destroy);

/**
 * bounce_pool_set_reserve() - change the size of the reserve, also under I/O
 * @pool: the pool
 * @bytes: its new size, the pool's minsize or more
 *
 * Blocks in flight beyond the new size are freed when they come back. Callers must
 * serialise.
 *
 * Context: may sleep; allocates with GFP_KERNEL.
 * Return: 0; -EINVAL if @bytes is too small; -ENOMEM, and the reserve has the
 * size it had.
 */
int bounce_pool_set_reserve(struct bounce_pool *pool, size_t bytes)
{
	if (bytes < pool->minsize)
		return -EINVAL;
	return bounce_reserve_resize(pool, blocks_of(pool, bytes));
}
EXPORT_SYMBOL_GPL(bounce_pool_set_reserve);

/**
 * bounce_pool_set_max_inflight() - change the limit of the bytes in flight
 * @pool: the pool
 * @bytes: above this sum over all pools, this pool uses its reserve only; 0 stands
 *	for 2 % of memory
 *
 * Tasks that wait for the reserve try again without it if the limit has become larger.
 *
 * Context: any.
 */
void bounce_pool_set_max_inflight(struct bounce_pool *pool, size_t bytes)
{
	if (!bytes)
		bytes = (totalram_pages() * DEFAULT_PER_CENT / 100) << PAGE_SHIFT;
	WRITE_ONCE(pool->max_inflight, min_t(size_t, bytes, LONG_MAX));
	wake_up(&pool->reserve.wait);
}
EXPORT_SYMBOL_GPL(bounce_pool_set_max_inflight);

/**
 * bounce_pool_max_whole() - the largest BOUNCE_WHOLE that cannot fail
 * @pool: the pool
 *
 * Context: any.
 * Return: how many bytes one bio gets of the reserve: a quarter of it.
 */
size_t bounce_pool_max_whole(const struct bounce_pool *pool)
{
	return bounce_reserve_most(&pool->reserve) * bounce_reserve_block(pool);
}
EXPORT_SYMBOL_GPL(bounce_pool_max_whole);

/**
 * bounce_pool_get_stats() - read the statistics of a pool
 * @pool: the pool
 * @stats: filled in
 *
 * Context: any; not atomic with respect to I/O.
 */
void bounce_pool_get_stats(struct bounce_pool *pool,
			   struct bounce_pool_stats *stats)
{
	unsigned int i;
	int cpu;

	memset(stats, 0, sizeof(*stats));
	for_each_possible_cpu(cpu) {
		const struct bounce_pool_counters *c = per_cpu_ptr(pool->counters, cpu);

		for (i = 0; i < BOUNCE_ORDERS; i++)
			stats->orders[i] += c->orders[i];
		stats->reserve_uses += c->reserve_uses;
		stats->reserve_waits += c->reserve_waits;
		stats->over_limit += c->over_limit;
		stats->short_copies += c->short_copies;
		stats->held_folios += c->held_folios;
	}
	stats->inflight_bytes = bounce_pool_inflight(pool);
	stats->inflight_peak = atomic_long_read(&pool->peak);
	stats->cached_bytes = bounce_cache_bytes(&pool->cache);
}
EXPORT_SYMBOL_GPL(bounce_pool_get_stats);
