/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A pool and its three sources of folios: the cache, the page allocator, and the
 * reserve. Private to bounce_core.
 */
#ifndef _BOUNCE_POOL_H
#define _BOUNCE_POOL_H

#include <linux/bounce.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/percpu_counter.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include "compat.h"

struct mem_cgroup;
struct shrinker;

/* A count that may be this far off a CPU costs no shared cache line. */
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

/* Folios of finished I/O that one processor keeps, by order. */
struct bounce_mag {
	spinlock_t lock;	/* taken in interrupts; before the depot's */
	struct list_head list[BOUNCE_ORDERS] __guarded_by(&lock);

	size_t kept __guarded_by(&lock);	/* bytes */
};

/*
 * The page allocator would clear each folio (init_on_alloc), which costs as
 * much as the copy. What a processor has too much of goes to the depot, where
 * a processor that submits more than it completes gets it from.
 */
struct bounce_cache {
	struct bounce_mag __percpu *mags;
	size_t mag_limit;	/* bytes in each */
	size_t depot_limit;	/* follows the peak of the bytes in flight */
	struct shrinker *shrinker;
	struct bounce_mag depot ____cacheline_aligned_in_smp;
};

/*
 * Blocks for when nothing can be allocated. Each one that is out belongs to I/O
 * that was submitted, or will be before its owner sleeps: it comes back by
 * itself. @turn lets one task of each kind wait at a time, so that a large
 * request is not starved by small ones.
 *
 * Lock order: @turn, then @lock. @lock is taken in interrupts.
 */
struct bounce_reserve {
	unsigned int order;
	struct mutex turn[2];	/* of swap-out: [1] */
	struct wait_queue_head wait;
	spinlock_t lock;	/* taken in interrupts */
	struct list_head free __guarded_by(&lock);

	/* Back, but the device below has not let go of them yet. */
	struct list_head held __guarded_by(&lock);

	unsigned int nr_free __guarded_by(&lock);
	unsigned int nr_have __guarded_by(&lock);	/* blocks, also those out */
	unsigned int nr_want;		/* ... that there are to be */
};

struct bounce_pool {
	char *name;
	size_t minsize;
	size_t max_inflight;
	struct bounce_pool_counters __percpu *counters;

	/* The largest folio to be had until @most_until (jiffies); 0: not known. */
	size_t most;
	unsigned long most_until;

	struct percpu_counter inflight;
	atomic_long_t peak;
	struct bounce_cache cache;
	struct bounce_reserve reserve;
};

/* pool.c */
bool bounce_pool_charge(struct bounce_pool *pool, size_t bytes);
void bounce_pool_uncharge(struct bounce_pool *pool, ssize_t bytes);

/* cache.c */
int bounce_cache_init(struct bounce_pool *pool);
void bounce_cache_exit(struct bounce_cache *cache);
struct folio *bounce_cache_pop(struct bounce_cache *cache, unsigned int order,
			       struct mem_cgroup *memcg);
void bounce_cache_push(struct bounce_cache *cache, struct folio *folio);
size_t bounce_cache_bytes(struct bounce_cache *cache);

/* reserve.c */
void bounce_reserve_init(struct bounce_reserve *reserve, size_t block);
int bounce_reserve_resize(struct bounce_pool *pool, unsigned int blocks);
void bounce_reserve_exit(struct bounce_pool *pool);
unsigned int bounce_reserve_most(const struct bounce_reserve *reserve);
unsigned int bounce_reserve_get(struct bounce_pool *pool, unsigned int need,
				unsigned int most, bool swap,
				struct list_head *list);
void bounce_reserve_put(struct bounce_pool *pool, struct folio *folio);

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
	size_t min;			/* a multiple of this is needed */
	bool nowait;
	bool clear;			/* nothing of its last user may be left */
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
size_t bounce_copy(void *to, const void *from, size_t len);
int bounce_short_copy(struct bounce_pool *pool);

/* memcg.c */
struct bounce_memcg {
	struct mem_cgroup *memcg;	/* to be charged; NULL: nobody */
	struct mem_cgroup *old;
	bool switched;
};

void bounce_memcg_begin(struct bounce_memcg *charge, struct bio *bio);
void bounce_memcg_end(struct bounce_memcg *charge);
bool bounce_memcg_is(struct folio *folio, struct mem_cgroup *memcg);

#endif /* _BOUNCE_POOL_H */
