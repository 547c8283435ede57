/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory to bounce with: large folios when they are there for the asking, small
 * ones otherwise, and a reserve that lets I/O go on when there are none at all.
 */
#ifndef _BOUNCE_MEM_H
#define _BOUNCE_MEM_H

#include <linux/list.h>
#include <linux/mm_types.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include "stats.h"

struct shrinker;

/*
 * Lock order: @turn, then @lock. @lock is taken in interrupts. Nothing is
 * allocated under either.
 */
struct bounce_mem {
	struct bounce_stats __percpu *stats;

	/*
	 * Folios of finished I/O, kept for the next one: the page allocator
	 * would clear them (init_on_alloc), which costs as much as the copy.
	 */
	spinlock_t lock;	/* of the lists and what counts them */
	struct list_head stash[BOUNCE_ORDERS] __guarded_by(&lock);

	/* Bytes in them. */
	size_t stashed __guarded_by(&lock);
	size_t stash_limit;
	struct shrinker *shrinker;

	/*
	 * Blocks for when nothing can be allocated. Each one that is out
	 * belongs to I/O that was submitted, or will be before its owner
	 * sleeps: it comes back by itself. @turn lets one task wait at a time,
	 * so that a large request is not starved by small ones.
	 */
	struct mutex turn;	/* to wait for the reserve */
	struct wait_queue_head wait;
	struct list_head reserve __guarded_by(&lock);
	unsigned int nr_free __guarded_by(&lock);
	unsigned int nr_reserve;
	unsigned int reserve_order;
};

/* @block: the smallest piece that can be used, a power of 2. */
int bounce_mem_init(struct bounce_mem *mem, const char *name, size_t reserve,
		    size_t block, struct bounce_stats __percpu *stats);
/* All folios must be back. */
void bounce_mem_exit(struct bounce_mem *mem);

/*
 * A folio for *@size bytes, or for less: *@size then is a power of two, a page
 * and @min at least. NULL when not even that can be had. Does not touch the
 * reserve; does not sleep if @nowait.
 */
struct folio *bounce_mem_get(struct bounce_mem *mem, size_t *size, size_t min,
			     bool nowait);

/*
 * Move @need blocks of the reserve to @list, and up to @most if there are more;
 * sleeps until there are @need. Returns how many, 0 when the reserve is smaller
 * than @need. The caller must not hold blocks of I/O that is not submitted.
 */
unsigned int bounce_mem_reserve(struct bounce_mem *mem, unsigned int need,
				unsigned int most, struct list_head *list);

static inline size_t bounce_mem_block(const struct bounce_mem *mem)
{
	return PAGE_SIZE << mem->reserve_order;
}

/* Of either kind, in any context. */
void bounce_mem_put(struct bounce_mem *mem, struct folio *folio);

#endif /* _BOUNCE_MEM_H */
