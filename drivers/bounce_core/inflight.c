// SPDX-License-Identifier: GPL-2.0
/*
 * Counts the bytes in flight, of each pool and of all together, and keeps them within the
 * limit. Blocks of the reserves do not count.
 */
#include <linux/atomic.h>
#include <linux/percpu.h>

#include "core.h"
#include "pool.h"

/* Bytes in flight from all pools. */
static struct bounce_counter all_inflight;

static int init_counter(struct bounce_counter *counter)
{
	counter->parts = alloc_percpu(long);
	return counter->parts ? 0 : -ENOMEM;
}

/* The exact sum, when no processor adds. */
static long sum_of(const struct bounce_counter *counter)
{
	long sum = atomic_long_read(&counter->sum);
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(*per_cpu_ptr(counter->parts, cpu));
	return sum;
}

/* Adds the part of this processor, when it has become large, to the sum. */
static noinline void fold(struct bounce_counter *counter)
{
	/* another processor will do if the task moves: only the total counts */
	long part = this_cpu_read(*counter->parts);

	atomic_long_add(part, &counter->sum);
	this_cpu_sub(*counter->parts, part);
}

/* Adds @n; true if @sum has changed. */
static bool add_to(struct bounce_counter *counter, long n)
{
	if (likely(abs(this_cpu_add_return(*counter->parts, n)) < BOUNCE_COUNTER_BATCH))
		return false;
	fold(counter);
	return true;
}

/*
 * Adds up the processors' parts only when they could make the difference. A part that
 * fold() moves meanwhile may count twice or not at all: the limit is not exact.
 */
static bool is_over(const struct bounce_counter *counter, long limit)
{
	long most = atomic_long_read(&counter->sum) +
		    (long)BOUNCE_COUNTER_BATCH * num_possible_cpus();

	return unlikely(most > limit) && sum_of(counter) > limit;
}

static noinline void raise_peak(struct bounce_pool *pool)
{
	long now = atomic_long_read(&pool->inflight.sum);
	long peak = atomic_long_read(&pool->peak);

	while (now > peak && !atomic_long_try_cmpxchg(&pool->peak, &peak, now))
		;
	/* keep as much as was in flight at a time: it may be needed again */
	if (now > READ_ONCE(pool->cache.depot_limit))
		WRITE_ONCE(pool->cache.depot_limit, now);
}

/**
 * bounce_pool_charge() - add to the bytes in flight, if the limit allows
 * @pool: the pool
 * @bytes: to add
 *
 * Context: any.
 * Return: false, with nothing added, if all pools together would then have more than
 * max_inflight of this one.
 */
bool bounce_pool_charge(struct bounce_pool *pool, size_t bytes)
{
	add_to(&all_inflight, bytes);
	if (is_over(&all_inflight, READ_ONCE(pool->max_inflight))) {
		add_to(&all_inflight, -(long)bytes);
		bounce_pool_count(pool, over_limit);
		return false;
	}
	if (add_to(&pool->inflight, bytes))
		raise_peak(pool);
	return true;
}

/**
 * bounce_pool_uncharge() - subtract from the bytes in flight
 * @pool: the pool
 * @bytes: to subtract; a negative number adds, without a limit
 *
 * Context: any.
 */
void bounce_pool_uncharge(struct bounce_pool *pool, ssize_t bytes)
{
	add_to(&all_inflight, -bytes);
	add_to(&pool->inflight, -bytes);
}

/**
 * bounce_pool_inflight() - bytes in flight, without those of the reserve
 * @pool: the pool
 *
 * Context: any; exact if no processor adds meanwhile.
 * Return: the bytes.
 */
size_t bounce_pool_inflight(const struct bounce_pool *pool)
{
	return max(sum_of(&pool->inflight), 0);
}

/**
 * bounce_inflight_init() - initialise the counter of a pool
 * @pool: the pool
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int bounce_inflight_init(struct bounce_pool *pool)
{
	return init_counter(&pool->inflight);
}

/**
 * bounce_inflight_exit() - undo bounce_inflight_init()
 * @pool: the pool, with nothing in flight
 *
 * Context: may sleep.
 */
void bounce_inflight_exit(struct bounce_pool *pool)
{
	WARN_ON_ONCE(sum_of(&pool->inflight));
	free_percpu(pool->inflight.parts);
}

/**
 * bounce_all_inflight_init() - initialise the counter that all pools share
 *
 * Return: 0 or -ENOMEM.
 */
int bounce_all_inflight_init(void)
{
	return init_counter(&all_inflight);
}

/**
 * bounce_all_inflight_exit() - undo bounce_all_inflight_init()
 */
void bounce_all_inflight_exit(void)
{
	free_percpu(all_inflight.parts);
}
