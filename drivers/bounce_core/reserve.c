// SPDX-License-Identifier: GPL-2.0
/*
 * The reserve: folios for I/O when none can be allocated. One request gets a quarter of
 * it at most, and the last quarter is for swap-out alone: so I/O that takes long to
 * end, such as that of a throttled cgroup, cannot stop reclaim.
 */
#include <linux/mm.h>
#include <linux/sched.h>

#include "pool.h"

/* Jiffies until the reference counts of the folios in @held are read again. */
#define HELD_POLL (HZ / 20 ?: 1)

/**
 * bounce_reserve_init() - initialise a reserve without blocks
 * @reserve: the reserve
 * @block: bytes of a block; rounded up to a folio
 */
void bounce_reserve_init(struct bounce_reserve *reserve, size_t block)
	__context_unsafe(/* no other task can reach it yet */)
{
	reserve->order = get_order(block);
	mutex_init(&reserve->turn[0]);
	mutex_init(&reserve->turn[1]);
	init_waitqueue_head(&reserve->wait);
	spin_lock_init(&reserve->lock);
	INIT_LIST_HEAD(&reserve->free);
	INIT_LIST_HEAD(&reserve->held);
}

/**
 * bounce_reserve_most() - how many blocks one request gets at most
 * @reserve: the reserve
 *
 * Context: any.
 * Return: a quarter of the reserve, 1 at least.
 */
unsigned int bounce_reserve_most(const struct bounce_reserve *reserve)
{
	return max(READ_ONCE(reserve->nr_want) / 4, 1u);
}

static void free_block(struct folio *folio)
{
	folio->private = NULL;
	folio_put(folio);
}

static void free_list(struct list_head *list)
{
	struct folio *folio, *next;

	list_for_each_entry_safe(folio, next, list, lru)
		free_block(folio);
}

/* Moves free blocks to @list until there are @nr_want. */
static void trim(struct bounce_reserve *reserve, struct list_head *list)
{
	unsigned long flags;

	spin_lock_irqsave(&reserve->lock, flags);
	while (reserve->nr_have > reserve->nr_want && reserve->nr_free) {
		list_move(reserve->free.next, list);
		reserve->nr_free--;
		reserve->nr_have--;
	}
	spin_unlock_irqrestore(&reserve->lock, flags);
}

static int grow(struct bounce_pool *pool, unsigned int blocks)
{
	struct bounce_reserve *reserve = &pool->reserve;
	unsigned int have;

	spin_lock_irq(&reserve->lock);
	have = reserve->nr_have;
	spin_unlock_irq(&reserve->lock);
	for (; have < blocks; have++) {
		struct folio *folio = folio_alloc(GFP_KERNEL | __GFP_NOWARN |
						  __GFP_RETRY_MAYFAIL,
						  reserve->order);

		if (!folio)
			return -ENOMEM;
		/* Marks a folio of the reserve for bounce_is_reserve(). */
		folio->private = pool;
		spin_lock_irq(&reserve->lock);
		list_add(&folio->lru, &reserve->free);
		reserve->nr_free++;
		reserve->nr_have++;
		spin_unlock_irq(&reserve->lock);
		cond_resched();
	}
	return 0;
}

/**
 * bounce_reserve_resize() - change the number of blocks, also while some are taken
 * @pool: the pool
 * @blocks: the new number; blocks beyond it are freed, those taken when they come back
 *
 * Context: may sleep; allocates with GFP_KERNEL. Callers must serialise.
 * Return: 0, or -ENOMEM, and then the number is the old one.
 */
int bounce_reserve_resize(struct bounce_pool *pool, unsigned int blocks)
{
	struct bounce_reserve *reserve = &pool->reserve;
	LIST_HEAD(list);
	int ret;

	ret = grow(pool, blocks);
	if (!ret)
		WRITE_ONCE(reserve->nr_want, blocks);
	trim(reserve, &list);
	free_list(&list);
	wake_up(&reserve->wait);
	return ret;
}

/**
 * bounce_reserve_exit() - free the blocks
 * @pool: the pool, without blocks that are taken
 */
void bounce_reserve_exit(struct bounce_pool *pool)
	__context_unsafe(/* no other task can reach it any more */)
{
	struct bounce_reserve *reserve = &pool->reserve;

	list_splice_init(&reserve->held, &reserve->free);
	WARN_ON_ONCE(list_count_nodes(&reserve->free) != reserve->nr_have);
	free_list(&reserve->free);
}

/*
 * Moves blocks that the device below no longer references from @held to @free. Returns
 * whether others are left there.
 */
static bool look_at_held(struct bounce_reserve *reserve)
	__must_hold(&reserve->lock)
{
	struct folio *folio, *next;

	list_for_each_entry_safe(folio, next, &reserve->held, lru) {
		if (folio_ref_count(folio) != 1)
			continue;
		list_move(&folio->lru, &reserve->free);
		reserve->nr_free++;
	}
	return !list_empty(&reserve->held);
}

static unsigned int take(struct bounce_reserve *reserve, const struct bounce_want *want,
			 struct list_head *list, bool *held)
{
	unsigned int i, nr = 0, kept;

	spin_lock_irq(&reserve->lock);
	*held = look_at_held(reserve);
	kept = want->swap ? 0 : reserve->nr_want / 4;
	if (reserve->nr_free >= want->need + kept)
		nr = min3(reserve->nr_free - kept, want->most,
			  max(bounce_reserve_most(reserve), want->need));
	for (i = 0; i < nr; i++)
		list_move(reserve->free.next, list);
	reserve->nr_free -= nr;
	spin_unlock_irq(&reserve->lock);
	return nr;
}

/* As io_wait_event(), but polls @held, as dropping a reference wakes no task. */
static unsigned int wait_and_take(struct bounce_pool *pool, const struct bounce_want *want,
				  struct list_head *list)
{
	struct bounce_reserve *reserve = &pool->reserve;
	DEFINE_WAIT(wait);
	unsigned int nr;
	bool held;

	for (;;) {
		prepare_to_wait(&reserve->wait, &wait, TASK_UNINTERRUPTIBLE);
		nr = take(reserve, want, list, &held);
		/* The reserve may have been made smaller meanwhile, or the limit larger. */
		if (nr || want->need > bounce_reserve_most(reserve) ||
		    bounce_limit_raised(pool, want->limit))
			break;
		io_schedule_timeout(held ? HELD_POLL : MAX_SCHEDULE_TIMEOUT);
	}
	finish_wait(&reserve->wait, &wait);
	return nr;
}

/**
 * bounce_reserve_get() - take blocks of the reserve, and wait until there are enough
 * @pool: the pool
 * @want: how many, and for what
 * @list: the blocks are added here, by their lru
 *
 * Context: sleeps; the caller must not hold blocks of I/O that is not submitted.
 * Return: the number of blocks; 0 if the caller needs more than bounce_reserve_most(), or if
 * the limit of the pool was raised while there were none.
 */
unsigned int bounce_reserve_get(struct bounce_pool *pool, const struct bounce_want *want,
				struct list_head *list)
{
	struct bounce_reserve *reserve = &pool->reserve;
	struct mutex *turn = &reserve->turn[want->swap];
	unsigned int nr;
	bool held;

	might_sleep();
	if (want->need > bounce_reserve_most(reserve))
		return 0;
	/* Sleeping for the mutex counts as I/O wait, too. */
	mutex_lock_io(turn);
	nr = take(reserve, want, list, &held);
	if (!nr) {
		bounce_pool_count(pool, reserve_waits);
		nr = wait_and_take(pool, want, list);
	}
	mutex_unlock(turn);
	if (nr)
		bounce_pool_count(pool, reserve_uses);
	return nr;
}

/**
 * bounce_reserve_put() - give a block back
 * @pool: the pool
 * @folio: the block; is not used again before the device below has dropped its reference
 *
 * Context: any.
 */
void bounce_reserve_put(struct bounce_pool *pool, struct folio *folio)
{
	struct bounce_reserve *reserve = &pool->reserve;
	bool surplus = false, held = folio_ref_count(folio) != 1;
	unsigned long flags;

	spin_lock_irqsave(&reserve->lock, flags);
	if (reserve->nr_have > reserve->nr_want) {
		reserve->nr_have--;
		surplus = true;
	} else if (held) {
		list_add(&folio->lru, &reserve->held);
	} else {
		list_add(&folio->lru, &reserve->free);
		reserve->nr_free++;
	}
	spin_unlock_irqrestore(&reserve->lock, flags);
	if (held)
		bounce_pool_count(pool, held_folios);
	if (surplus)
		free_block(folio);
	/* Also for @held: the waiter then begins to poll. */
	wake_up(&reserve->wait);
}
