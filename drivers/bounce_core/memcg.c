// SPDX-License-Identifier: GPL-2.0
/*
 * Charges the memory of a bio to the cgroup that the bio is accounted to, which need not
 * be that of the task: for writeback it is not. Says which folios may stay charged.
 */
#include <linux/blk-cgroup.h>
#include <linux/cgroup.h>
#include <linux/memcontrol.h>
#include <linux/page_counter.h>
#include <linux/sched/mm.h>

#include "pool.h"

#if defined(CONFIG_MEMCG) && defined(CONFIG_BLK_CGROUP)

/* The bio's cgroup, with a reference, if it is not that of the task; or NULL. */
static struct mem_cgroup *other_memcg(struct bio *bio)
{
	struct cgroup_subsys_state *css = bio_blkcg_css(bio);
	bool own;

	if (!css)
		return NULL;
	rcu_read_lock();
	own = css == task_css(current, io_cgrp_id);
	rcu_read_unlock();
	if (own)
		return NULL;
	css = cgroup_get_e_css(css->cgroup, &memory_cgrp_subsys);
	return mem_cgroup_from_css(css);
}

static struct mem_cgroup *chargeable(struct mem_cgroup *memcg)
{
	/* The root has no parent, and is charged for nothing. */
	return memcg && parent_mem_cgroup(memcg) ? memcg : NULL;
}

/**
 * bounce_memcg_begin() - charge allocations with __GFP_ACCOUNT to the cgroup of a bio
 * @charge: gets that cgroup, for bounce_memcg_is(), and what bounce_memcg_end() undoes
 * @bio: the bio
 *
 * Context: a task, which calls bounce_memcg_end() itself.
 */
void bounce_memcg_begin(struct bounce_memcg *charge, struct bio *bio)
{
	*charge = (struct bounce_memcg){};
	if (!memcg_kmem_online())
		return;
	charge->memcg = other_memcg(bio);
	if (charge->memcg) {
		charge->switched = true;
		charge->old = set_active_memcg(charge->memcg);
		return;
	}
	rcu_read_lock();
	/* only compared, never dereferenced */
	charge->memcg = chargeable(mem_cgroup_from_task(current));
	rcu_read_unlock();
}

/**
 * bounce_memcg_end() - undo bounce_memcg_begin()
 * @charge: as filled in there
 */
void bounce_memcg_end(struct bounce_memcg *charge)
{
	if (!charge->switched)
		return;
	set_active_memcg(charge->old);
	css_put(&charge->memcg->css);
}

/**
 * bounce_memcg_same() - is a folio charged to this cgroup?
 * @folio: the folio
 * @memcg: the cgroup; NULL and the root are the same, as neither is charged
 *
 * Context: any.
 * Return: true if it is.
 */
bool bounce_memcg_same(struct folio *folio, struct mem_cgroup *memcg)
{
	bool same;

	rcu_read_lock();
	same = chargeable(folio_memcg_check(folio)) == chargeable(memcg);
	rcu_read_unlock();
	return same;
}

/**
 * bounce_memcg_has_room() - may a folio that is not used stay charged for a while?
 * @folio: the folio, charged to a cgroup
 *
 * Context: any.
 * Return: false if that cgroup, or one above it, uses more than half of memory.max or
 * memory.high.
 */
bool bounce_memcg_has_room(struct folio *folio)
{
	struct page_counter *counter;
	struct mem_cgroup *memcg;
	bool room = true;

	rcu_read_lock();
	memcg = folio_memcg_check(folio);
	counter = memcg ? &memcg->memory : NULL;
	for (; counter && room; counter = counter->parent) {
		unsigned long limit = min(READ_ONCE(counter->max), READ_ONCE(counter->high));

		/* a limit that is not set is not worth a look at the usage, which changes often */
		room = limit == PAGE_COUNTER_MAX || page_counter_read(counter) <= limit / 2;
	}
	rcu_read_unlock();
	return room;
}

#else

void bounce_memcg_begin(struct bounce_memcg *charge, struct bio *bio)
{
	*charge = (struct bounce_memcg){};
}

void bounce_memcg_end(struct bounce_memcg *charge)
{
}

bool bounce_memcg_same(struct folio *folio, struct mem_cgroup *memcg)
{
	return true;
}

bool bounce_memcg_has_room(struct folio *folio)
{
	return true;
}

#endif
