// SPDX-License-Identifier: GPL-2.0
/*
 * Allocates folios to bounce with, keeps a few for reuse, and guards the reserve.
 * It does not know what the folios are used for; see bounce.c.
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/shrinker.h>

#include "inject.h"
#include "mem.h"

/* Enough for a queue of medium I/O; given back when memory gets short. */
#define STASH_LIMIT SZ_8M

/*
 * No attempt may dip into the kernel's own reserves, not even when the caller
 * is reclaiming memory: that is what ours is for.
 */
#define GFP_TRY (__GFP_NOMEMALLOC | __GFP_NORETRY | __GFP_NOWARN)

static struct folio *stash_pop(struct bounce_mem *mem, unsigned int order)
{
	struct folio *folio;
	unsigned long flags;

	spin_lock_irqsave(&mem->lock, flags);
	folio = list_first_entry_or_null(&mem->stash[order], struct folio, lru);
	if (folio) {
		list_del(&folio->lru);
		mem->stashed -= folio_size(folio);
	}
	spin_unlock_irqrestore(&mem->lock, flags);
	return folio;
}

static bool stash_push(struct bounce_mem *mem, struct folio *folio)
{
	unsigned long flags;
	bool fits = false;

	/* Somebody below may still look at it, for example to send it again. */
	if (folio_ref_count(folio) != 1)
		return false;
	spin_lock_irqsave(&mem->lock, flags);
	if (mem->stashed + folio_size(folio) <= mem->stash_limit) {
		list_add(&folio->lru, &mem->stash[folio_order(folio)]);
		mem->stashed += folio_size(folio);
		fits = true;
	}
	spin_unlock_irqrestore(&mem->lock, flags);
	return fits;
}

static unsigned long stash_count(struct shrinker *shrinker,
				 struct shrink_control *sc)
{
	struct bounce_mem *mem = shrinker->private_data;

	/* An estimate, so without the lock. */
	return context_unsafe(READ_ONCE(mem->stashed)) >> PAGE_SHIFT ?: SHRINK_EMPTY;
}

/* Frees the largest first: they help most. Returns pages. */
static unsigned long stash_free(struct bounce_mem *mem, unsigned long nr)
{
	unsigned long freed = 0;
	struct folio *folio;
	int order;

	for (order = BOUNCE_ORDERS - 1; order >= 0; order--) {
		while (freed < nr && (folio = stash_pop(mem, order))) {
			freed += folio_nr_pages(folio);
			folio_put(folio);
		}
	}
	return freed;
}

static unsigned long stash_scan(struct shrinker *shrinker,
				struct shrink_control *sc)
{
	return stash_free(shrinker->private_data, sc->nr_to_scan) ?: SHRINK_STOP;
}

static int stash_init(struct bounce_mem *mem, const char *name)
	__context_unsafe(/* nobody else has it yet */)
{
	unsigned int i;

	for (i = 0; i < BOUNCE_ORDERS; i++)
		INIT_LIST_HEAD(&mem->stash[i]);
	mem->stash_limit = STASH_LIMIT;
	mem->shrinker = shrinker_alloc(0, "bounce_blk:%s", name);
	if (!mem->shrinker)
		return -ENOMEM;
	mem->shrinker->count_objects = stash_count;
	mem->shrinker->scan_objects = stash_scan;
	mem->shrinker->private_data = mem;
	shrinker_register(mem->shrinker);
	return 0;
}

static void reserve_free(struct bounce_mem *mem)
	__context_unsafe(/* nobody else has it any more */)
{
	struct folio *folio, *next;

	WARN_ON_ONCE(mem->nr_free != mem->nr_reserve);
	list_for_each_entry_safe(folio, next, &mem->reserve, lru) {
		folio->private = NULL;
		folio_put(folio);
	}
}

static int reserve_fill(struct bounce_mem *mem, size_t bytes)
	__context_unsafe(/* nobody else has it yet */)
{
	unsigned int want = bytes >> (PAGE_SHIFT + mem->reserve_order);
	struct folio *folio;

	while (mem->nr_reserve < want) {
		folio = folio_alloc(GFP_KERNEL | __GFP_NOWARN | __GFP_RETRY_MAYFAIL,
				    mem->reserve_order);
		if (!folio)
			return -ENOMEM;
		/* How bounce_mem_put() knows it. */
		folio->private = mem;
		list_add(&folio->lru, &mem->reserve);
		mem->nr_free = ++mem->nr_reserve;
		cond_resched();
	}
	return 0;
}

int bounce_mem_init(struct bounce_mem *mem, const char *name, size_t reserve,
		    size_t block, struct bounce_stats __percpu *stats)
	__context_unsafe(/* nobody else has it yet */)
{
	int ret;

	memset(mem, 0, sizeof(*mem));
	mem->stats = stats;
	spin_lock_init(&mem->lock);
	mutex_init(&mem->turn);
	init_waitqueue_head(&mem->wait);
	INIT_LIST_HEAD(&mem->reserve);
	mem->reserve_order = get_order(block);
	ret = reserve_fill(mem, reserve);
	if (!ret)
		ret = stash_init(mem, name);
	if (ret)
		reserve_free(mem);
	return ret;
}

void bounce_mem_exit(struct bounce_mem *mem)
{
	shrinker_free(mem->shrinker);
	stash_free(mem, ULONG_MAX);
	reserve_free(mem);
}

static struct folio *try_order(struct bounce_mem *mem, unsigned int order,
			       gfp_t gfp)
{
	struct folio *folio;

	if (bounce_inject_alloc(order))
		return NULL;
	folio = stash_pop(mem, order);
	if (!folio)
		folio = folio_alloc(gfp | GFP_TRY, order);
	if (folio)
		bounce_count(mem->stats, orders[order]);
	return folio;
}

struct folio *bounce_mem_get(struct bounce_mem *mem, size_t *size, size_t min,
			     bool nowait)
{
	/* What the smallest folio holds need not be asked for in bits. */
	size_t floor = min(*size, PAGE_SIZE << get_order(min));
	struct folio *folio;

	for (;;) {
		/* Nobody is woken up for what need not be. */
		folio = try_order(mem, get_order(*size),
				  *size > floor ? 0 : GFP_NOWAIT);
		if (folio || *size <= floor)
			break;
		*size = rounddown_pow_of_two(*size - 1);
	}
	if (!folio && !nowait)
		folio = try_order(mem, get_order(*size), GFP_NOIO);
	return folio;
}

static unsigned int reserve_take(struct bounce_mem *mem, unsigned int need,
				 unsigned int most, struct list_head *list)
{
	unsigned int i, nr = 0;

	spin_lock_irq(&mem->lock);
	if (mem->nr_free >= need)
		nr = min(mem->nr_free, most);
	for (i = 0; i < nr; i++)
		list_move(mem->reserve.next, list);
	mem->nr_free -= nr;
	spin_unlock_irq(&mem->lock);
	return nr;
}

unsigned int bounce_mem_reserve(struct bounce_mem *mem, unsigned int need,
				unsigned int most, struct list_head *list)
{
	unsigned int nr;

	might_sleep();
	if (WARN_ON_ONCE(!need || most < need) || need > mem->nr_reserve)
		return 0;

	mutex_lock(&mem->turn);
	nr = reserve_take(mem, need, most, list);
	if (!nr) {
		bounce_count(mem->stats, reserve_waits);
		wait_event(mem->wait, (nr = reserve_take(mem, need, most, list)));
	}
	mutex_unlock(&mem->turn);
	bounce_count(mem->stats, reserve_uses);
	return nr;
}

static void reserve_put(struct bounce_mem *mem, struct folio *folio)
{
	unsigned long flags;

	spin_lock_irqsave(&mem->lock, flags);
	list_add(&folio->lru, &mem->reserve);
	mem->nr_free++;
	spin_unlock_irqrestore(&mem->lock, flags);
	wake_up(&mem->wait);
}

void bounce_mem_put(struct bounce_mem *mem, struct folio *folio)
{
	if (folio->private == mem)
		reserve_put(mem, folio);
	else if (!stash_push(mem, folio))
		folio_put(folio);
}
