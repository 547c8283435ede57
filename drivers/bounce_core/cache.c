// SPDX-License-Identifier: GPL-2.0
/*
 * Keeps folios of finished I/O for the next one, until they are not used for a while or
 * memory gets short.
 *
 * A folio stays charged to the cgroup of the I/O that it was allocated for. Reclaim in that
 * cgroup does not call the shrinker, as a list for each cgroup and node would take a lock
 * for each folio: so none is kept for long, and none if the cgroup is near its limit.
 */
#include <linux/mm.h>
#include <linux/shrinker.h>

#include "pool.h"

/*
 * Limits of the bytes in the magazines, without the folios at hand: of all together, and
 * the smallest and the largest limit of one.
 */
#define ALL_MAGS	SZ_8M
#define LEAST_MAG	SZ_64K
#define MOST_MAG	SZ_1M
/* Limit of the depot before any I/O, in bytes. */
#define LEAST_DEPOT	SZ_1M
/* Bytes that move from the depot to a magazine at a time. */
#define BATCH		SZ_64K
/* What was not used between two trims is freed: jiffies. */
#define TRIM_EVERY	HZ

static void init_mag(struct bounce_mag *mag)
	__context_unsafe(/* no other task can reach it yet */)
{
	spin_lock_init(&mag->lock);
	memset(mag->handy, 0, sizeof(mag->handy));
	memset(mag->top, 0, sizeof(mag->top));
	memset(mag->seen, 0, sizeof(mag->seen));
	mag->kept = 0;
	mag->least = 0;
}

static void add(struct bounce_mag *mag, struct folio *folio)
	__must_hold(&mag->lock)
{
	unsigned int order = folio_order(folio);

	folio->private = mag->top[order];
	mag->top[order] = folio;
	mag->kept += PAGE_SIZE << order;
}

static struct folio *take(struct bounce_mag *mag, unsigned int order)
	__must_hold(&mag->lock)
{
	struct folio *folio = mag->top[order];

	if (folio) {
		mag->top[order] = folio->private;
		folio->private = NULL;
		mag->kept -= PAGE_SIZE << order;
		mag->least = min(mag->least, mag->kept);
	}
	return folio;
}

static struct folio *take_locked(struct bounce_mag *mag, unsigned int order)
{
	struct folio *folio;
	unsigned long flags;

	spin_lock_irqsave(&mag->lock, flags);
	folio = take(mag, order);
	spin_unlock_irqrestore(&mag->lock, flags);
	return folio;
}

/* Moves up to BATCH bytes of an order from the depot to a magazine. */
static void refill(struct bounce_cache *cache, struct bounce_mag *mag,
		   unsigned int order)
	__must_hold(&mag->lock)
{
	struct bounce_mag *depot = &cache->depot;
	size_t done = 0;
	struct folio *folio;

	/* take() looks again, with the lock */
	if (!context_unsafe(/* a hint */ READ_ONCE(depot->top[order])))
		return;
	spin_lock_nested(&depot->lock, SINGLE_DEPTH_NESTING);
	do {
		folio = take(depot, order);
		if (!folio)
			break;
		add(mag, folio);
		done += folio_size(folio);
	} while (done < BATCH);
	spin_unlock(&depot->lock);
}

/**
 * bounce_cache_pop() - take a folio from the magazine of this processor or the depot
 * @cache: the cache
 * @order: of the folio
 *
 * Context: any.
 * Return: the folio, or NULL if there is none of that order.
 */
struct folio *bounce_cache_pop(struct bounce_cache *cache, unsigned int order)
{
	/* any magazine will do, as it is locked; that of this processor is fast */
	struct bounce_mag *mag = raw_cpu_ptr(cache->mags);
	struct folio *folio;
	unsigned long flags;

	spin_lock_irqsave(&mag->lock, flags);
	if (!mag->top[order])
		refill(cache, mag, order);
	folio = take(mag, order);
	spin_unlock_irqrestore(&mag->lock, flags);
	return folio;
}

/* Adds @folio to the depot; false if it does not fit there. */
static bool push_depot(struct bounce_cache *cache, struct folio *folio)
{
	struct bounce_mag *depot = &cache->depot;
	bool fits;

	spin_lock_nested(&depot->lock, SINGLE_DEPTH_NESTING);
	fits = depot->kept + folio_size(folio) <= READ_ONCE(cache->depot_limit);
	if (fits)
		add(depot, folio);
	spin_unlock(&depot->lock);
	return fits;
}

/**
 * bounce_cache_push() - add a folio to the magazine or the depot, or free it
 * @cache: the cache
 * @folio: without other references
 *
 * Context: any.
 */
void bounce_cache_push(struct bounce_cache *cache, struct folio *folio)
{
	struct bounce_mag *mag = raw_cpu_ptr(cache->mags);
	unsigned long flags;
	bool kept = true;

	spin_lock_irqsave(&mag->lock, flags);
	if (mag->kept + folio_size(folio) <= cache->mag_limit)
		add(mag, folio);
	else
		kept = push_depot(cache, folio);
	spin_unlock_irqrestore(&mag->lock, flags);
	if (!kept)
		folio_put(folio);
}

/* Frees folios of @nr pages or more, the largest first. Returns the pages freed. */
static unsigned long drain(struct bounce_mag *mag, unsigned long nr)
{
	unsigned long freed = 0;
	struct folio *folio;
	int order;

	for (order = BOUNCE_ORDERS - 1; order >= 0; order--) {
		while (freed < nr && (folio = bounce_mag_take(mag, order) ?:
					      take_locked(mag, order))) {
			freed += folio_nr_pages(folio);
			folio_put(folio);
		}
	}
	return freed;
}

static unsigned long drain_all(struct bounce_cache *cache, unsigned long nr)
{
	unsigned long freed = drain(&cache->depot, nr);
	int cpu;

	for_each_possible_cpu(cpu) {
		if (freed >= nr)
			break;
		freed += drain(per_cpu_ptr(cache->mags, cpu), nr - freed);
	}
	return freed;
}

static size_t mag_bytes(struct bounce_mag *mag)
	__context_unsafe(/* an estimate */)
{
	size_t bytes = READ_ONCE(mag->kept);
	unsigned int order;

	for (order = 0; order < BOUNCE_HANDY; order++) {
		if (READ_ONCE(mag->handy[order]))
			bytes += PAGE_SIZE << order;
	}
	return bytes;
}

/**
 * bounce_cache_bytes() - estimate how many bytes a cache keeps
 * @cache: the cache
 *
 * Takes no lock, so folios that move meanwhile may count twice or not at all.
 *
 * Context: any.
 * Return: the bytes.
 */
size_t bounce_cache_bytes(struct bounce_cache *cache)
{
	size_t bytes = mag_bytes(&cache->depot);
	int cpu;

	for_each_possible_cpu(cpu)
		bytes += mag_bytes(per_cpu_ptr(cache->mags, cpu));
	return bytes;
}

/* Frees the folios at hand that seem to be those of the last trim. */
static void trim_handy(struct bounce_mag *mag)
{
	unsigned int order;

	for (order = 0; order < BOUNCE_HANDY; order++) {
		struct folio *folio = READ_ONCE(mag->handy[order]);

		if (folio && folio == mag->seen[order] &&
		    cmpxchg(&mag->handy[order], folio, NULL) == folio) {
			folio_put(folio);
			folio = NULL;
		}
		mag->seen[order] = folio;
	}
}

/* Frees as much as was there all the time since the last trim. */
static void trim_mag(struct bounce_mag *mag)
{
	unsigned long flags, nr;

	trim_handy(mag);
	spin_lock_irqsave(&mag->lock, flags);
	nr = mag->least >> PAGE_SHIFT;
	mag->least = mag->kept;
	spin_unlock_irqrestore(&mag->lock, flags);
	drain(mag, nr);
}

static void trim(struct work_struct *work)
{
	struct bounce_cache *cache = container_of(to_delayed_work(work),
						  struct bounce_cache, trim);
	struct bounce_pool *pool = container_of(cache, struct bounce_pool, cache);
	int cpu;

	trim_mag(&cache->depot);
	for_each_possible_cpu(cpu)
		trim_mag(per_cpu_ptr(cache->mags, cpu));
	/* what is in flight comes back to the cache */
	if (bounce_pool_inflight(pool) || bounce_cache_bytes(cache))
		bounce_cache_will_grow(cache);
}

/**
 * bounce_cache_will_grow() - tell a cache that it will get a folio that is new
 * @cache: the cache; the bytes of the folio are in flight
 *
 * Context: any.
 */
void bounce_cache_will_grow(struct bounce_cache *cache)
{
	if (!delayed_work_pending(&cache->trim))
		queue_delayed_work(system_power_efficient_wq, &cache->trim, TRIM_EVERY);
}

static unsigned long count_objects(struct shrinker *shrinker,
				   struct shrink_control *sc)
{
	return bounce_cache_bytes(shrinker->private_data) >> PAGE_SHIFT ?:
		SHRINK_EMPTY;
}

static unsigned long scan_objects(struct shrinker *shrinker,
				  struct shrink_control *sc)
{
	struct bounce_cache *cache = shrinker->private_data;

	/* memory is short: the limit grows again with the bytes in flight from now on */
	WRITE_ONCE(cache->depot_limit, LEAST_DEPOT);
	return drain_all(cache, sc->nr_to_scan) ?: SHRINK_STOP;
}

/**
 * bounce_cache_init() - initialise the cache of a pool, and register its shrinker
 * @pool: has its name
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int bounce_cache_init(struct bounce_pool *pool)
{
	struct bounce_cache *cache = &pool->cache;
	int cpu;

	cache->mags = alloc_percpu(struct bounce_mag);
	if (!cache->mags)
		return -ENOMEM;
	for_each_possible_cpu(cpu)
		init_mag(per_cpu_ptr(cache->mags, cpu));
	init_mag(&cache->depot);
	cache->mag_limit = clamp_t(size_t, ALL_MAGS / num_possible_cpus(),
				   LEAST_MAG, MOST_MAG);
	cache->depot_limit = LEAST_DEPOT;
	INIT_DELAYED_WORK(&cache->trim, trim);
	cache->shrinker = shrinker_alloc(0, "bounce:%s", pool->name);
	if (!cache->shrinker) {
		free_percpu(cache->mags);
		return -ENOMEM;
	}
	cache->shrinker->count_objects = count_objects;
	cache->shrinker->scan_objects = scan_objects;
	cache->shrinker->private_data = cache;
	shrinker_register(cache->shrinker);
	return 0;
}

/**
 * bounce_cache_exit() - undo bounce_cache_init(), and free the folios
 * @cache: the cache; no folio is given back any more
 *
 * Context: may sleep.
 */
void bounce_cache_exit(struct bounce_cache *cache)
{
	cancel_delayed_work_sync(&cache->trim);
	shrinker_free(cache->shrinker);
	drain_all(cache, ULONG_MAX);
	free_percpu(cache->mags);
}
