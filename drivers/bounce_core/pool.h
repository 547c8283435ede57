/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A pool and its three sources of folios: the cache, the page allocator, and the
 * reserve. Private to bounce_core.
 */
#ifndef _BOUNCE_POOL_H
#define _BOUNCE_POOL_H

#include <linux/atomic.h>
#include <linux/bounce.h>
#include <linux/list.h>
#include <linux/log2.h>
#include <linux/memcontrol.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "inject.h"

struct shrinker;

/* A count may be off by this many bytes a CPU, which saves a shared cache line. */
#define BOUNCE_COUNTER_BATCH SZ_256K

struct bounce_pool_counters {
	u64 orders[BOUNCE_ORDERS];
	u64 reserve_uses;
	u64 reserve_waits;
	u64 over_limit;
	u64 short_copies;
	u64 held_folios;
};

/* May be called in any context. */
#define bounce_pool_count(pool, counter) this_cpu_inc((pool)->counters->counter)

/*
 * A sum of what each processor adds; its @sum is off by about
 * BOUNCE_COUNTER_BATCH for each of them at most. A percpu_counter calls a function for each
 * addition, and each bounced bio makes four.
 */
struct bounce_counter {
	long __percpu *parts;	/* read by each bio */
	atomic_long_t sum ____cacheline_aligned_in_smp;
};

/* Orders of which a processor has a folio at hand: up to 64 KiB, 128 KiB in sum. */
#define BOUNCE_HANDY (const_ilog2(SZ_64K) - PAGE_SHIFT + 1)

/* Folios of finished I/O, by order: of one processor, or of the depot. */
struct bounce_mag {
	struct folio *handy[BOUNCE_HANDY];	/* taken and filled with atomic exchanges */
	spinlock_t lock;	/* taken in interrupts; order: a processor's, the depot's */
	/* the last one added is the first one taken; ->private is the next one */
	struct folio *top[BOUNCE_ORDERS] __guarded_by(&lock);

	size_t kept __guarded_by(&lock);	/* bytes */
	size_t least __guarded_by(&lock);	/* of @kept since the last trim */
	struct folio *seen[BOUNCE_HANDY];	/* @handy at the last trim, only to be compared */
};

/*
 * The page allocator clears each folio (init_on_alloc), which costs as much as the
 * copy, so folios are used again. A processor that completes more I/O than it submits
 * moves folios to the depot, and one that submits more takes them from there.
 */
struct bounce_cache {
	struct bounce_mag __percpu *mags;
	size_t mag_limit;	/* bytes of one processor */
	size_t depot_limit;	/* bytes; follows the peak of the bytes in flight */
	struct shrinker *shrinker;
	struct delayed_work trim;	/* frees what is not used */
	struct bounce_mag depot ____cacheline_aligned_in_smp;
};

/*
 * Blocks for I/O when no folio can be allocated. A block that was taken belongs to I/O
 * that was submitted, or that will be before its task sleeps, so it comes back when
 * that I/O ends. A task that takes blocks holds @turn while it waits, so that small
 * requests cannot starve a large one.
 *
 * Lock order: @turn, then @lock. @lock is taken in interrupts.
 */
struct bounce_reserve {
	unsigned int order;
	struct mutex turn[2];	/* [1]: for swap-out */
	struct wait_queue_head wait;
	spinlock_t lock;	/* taken in interrupts */
	struct list_head free __guarded_by(&lock);

	/* Given back, but the device below still has a reference. */
	struct list_head held __guarded_by(&lock);

	unsigned int nr_free __guarded_by(&lock);
	unsigned int nr_have __guarded_by(&lock);	/* blocks, including those taken */
	unsigned int nr_want;		/* blocks after bounce_reserve_resize() */
};

/*
 * Up to which size folios are tried until @until (jiffies), after a larger one could not be had;
 * a @size of 0: not known. A hint, so it needs no lock.
 */
struct bounce_hint {
	size_t size;
	unsigned long until;
};

struct bounce_pool {
	char *name;
	size_t minsize;
	size_t max_inflight;
	struct bounce_pool_counters __percpu *counters;

	struct bounce_hint most;	/* memory is fragmented */
	/* @full_memcg, which is only compared, was at its limit */
	struct bounce_hint most_of_full;
	const struct mem_cgroup *full_memcg;

	struct bounce_counter inflight;
	atomic_long_t peak;		/* read and written when a sum has changed */
	struct bounce_cache cache ____cacheline_aligned_in_smp;
	struct bounce_reserve reserve;
};

/* inflight.c */
int bounce_inflight_init(struct bounce_pool *pool);
void bounce_inflight_exit(struct bounce_pool *pool);
bool bounce_pool_charge(struct bounce_pool *pool, size_t bytes);
void bounce_pool_uncharge(struct bounce_pool *pool, ssize_t bytes);
size_t bounce_pool_inflight(const struct bounce_pool *pool);

/* cache.c */
int bounce_cache_init(struct bounce_pool *pool);
void bounce_cache_exit(struct bounce_cache *cache);
struct folio *bounce_cache_pop(struct bounce_cache *cache, unsigned int order);
void bounce_cache_push(struct bounce_cache *cache, struct folio *folio);
size_t bounce_cache_bytes(struct bounce_cache *cache);
void bounce_cache_will_grow(struct bounce_cache *cache);

/* memcg.c */
struct bounce_memcg {
	struct mem_cgroup *memcg;	/* to be charged, or NULL */
	struct mem_cgroup *old;
	bool switched;
};

void bounce_memcg_begin(struct bounce_memcg *charge, struct bio *bio);
void bounce_memcg_end(struct bounce_memcg *charge);
bool bounce_memcg_same(struct folio *folio, struct mem_cgroup *memcg);
bool bounce_memcg_has_room(struct folio *folio);

/* Is the folio charged to @memcg? Without accounting none is charged to any. */
static inline bool bounce_memcg_is(struct folio *folio, struct mem_cgroup *memcg)
{
	return !memcg_kmem_online() || bounce_memcg_same(folio, memcg);
}

/* May a folio that is not used be kept, although it stays charged? */
static inline bool bounce_memcg_may_keep(struct folio *folio)
{
	return !folio_memcg_kmem(folio) || bounce_memcg_has_room(folio);
}

/* Takes the folio at hand, if there is one. */
static inline struct folio *bounce_mag_take(struct bounce_mag *mag, unsigned int order)
{
	if (order >= BOUNCE_HANDY || !READ_ONCE(mag->handy[order]))
		return NULL;
	return xchg(&mag->handy[order], NULL);
}

/* Makes it the folio at hand, unless there is one. */
static inline bool bounce_mag_give(struct bounce_mag *mag, struct folio *folio)
{
	unsigned int order = folio_order(folio);

	return order < BOUNCE_HANDY && !READ_ONCE(mag->handy[order]) &&
	       !cmpxchg(&mag->handy[order], NULL, folio);
}

/* A folio of finished I/O, or NULL. */
static inline struct folio *bounce_cache_get(struct bounce_cache *cache,
					     unsigned int order)
{
	return bounce_mag_take(raw_cpu_ptr(cache->mags), order) ?:
	       bounce_cache_pop(cache, order);
}

/* Keeps a folio of finished I/O for the next one, or frees it. */
static inline void bounce_cache_put(struct bounce_cache *cache, struct folio *folio)
{
	/* the device below may still read it, as TCP does: it must not be used again */
	if (unlikely(folio_ref_count(folio) != 1 || !bounce_memcg_may_keep(folio)))
		folio_put(folio);
	else if (!bounce_mag_give(raw_cpu_ptr(cache->mags), folio))
		bounce_cache_push(cache, folio);
}

/* reserve.c */
void bounce_reserve_init(struct bounce_reserve *reserve, size_t block);
int bounce_reserve_resize(struct bounce_pool *pool, unsigned int blocks);
void bounce_reserve_exit(struct bounce_pool *pool);
unsigned int bounce_reserve_most(const struct bounce_reserve *reserve);

/* What a bio wants of the reserve. */
struct bounce_want {
	unsigned int need;	/* blocks, at least */
	unsigned int most;	/* as many if there are more */
	bool swap;		/* swap-out, which may take the last quarter */
	size_t limit;		/* max_inflight of the pool when the bio was over it */
};

unsigned int bounce_reserve_get(struct bounce_pool *pool, const struct bounce_want *want,
				struct list_head *list);
void bounce_reserve_put(struct bounce_pool *pool, struct folio *folio);

/* May a bio that was over the limit be within it now? */
static inline bool bounce_limit_raised(const struct bounce_pool *pool, size_t limit)
{
	return READ_ONCE(pool->max_inflight) > limit;
}

static inline size_t bounce_reserve_block(const struct bounce_pool *pool)
{
	return PAGE_SIZE << pool->reserve.order;
}

static inline bool bounce_is_reserve(const struct bounce_pool *pool,
				     const struct folio *folio)
{
	return folio->private == pool;
}

/* folio.c */
size_t bounce_folio_most(const struct bounce_pool *pool);

struct bounce_ask {
	size_t min;			/* the size must be a multiple of this */
	bool nowait;
	bool clear;			/* no data of an earlier use may be left */
	struct mem_cgroup *memcg;	/* as bounce_memcg_begin() returned it */
};

void bounce_folio_clear(struct folio *folio, size_t size);
struct folio *bounce_folio_get(struct bounce_pool *pool, size_t *size,
			       const struct bounce_ask *ask);

/* vecs.c */
int bounce_vecs_get(struct bounce_pool *pool, struct bio *bio, size_t total,
		    size_t minsize, unsigned int max_vecs, unsigned int flags);
void bounce_vecs_trim(struct bounce_pool *pool, struct bio *bio, size_t size);
void bounce_vecs_undo(struct bounce_pool *pool, struct bio *bio);
void bounce_vecs_put(struct bounce_pool *pool, struct bio *bio);
int bounce_short_copy(struct bounce_pool *pool);

/* Returns how many bytes were not copied: memory that went bad ends the copy early. */
static inline size_t bounce_copy(void *to, const void *from, size_t len)
{
	if (bounce_inject_copy())
		return len;
	return copy_mc_to_kernel(to, from, len);
}

#endif /* _BOUNCE_POOL_H */
