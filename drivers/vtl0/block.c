// SPDX-License-Identifier: GPL-2.0
/*
 * Creates a pgmap for each chunk, or one for several chunks. Struct pages are created in
 * blocks of min_align bytes. Where a range begins or ends inside such a block, the whole
 * block gets struct pages, as folios of order 0, in one pgmap that all ranges in the block
 * share.
 */
#include <linux/err.h>
#include <linux/kmemleak.h>
#include <linux/memremap.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/wait.h>
#include <linux/xarray.h>

#include "vtl0.h"

/*
 * mf_generic_kill_procs() signals the processes that map a single page, with the
 * address in each. It handles a large folio only as a whole. So this function zaps the
 * entries of a large folio instead: later faults map its good pages one by one, and a
 * fault on a bad page raises SIGBUS in the thread that touches that page.
 */
static int memory_failure_range(struct dev_pagemap *pgmap, unsigned long pfn,
				unsigned long nr_pages, int flags)
{
	struct folio *folio = pfn_folio(pfn);
	unsigned long i;

	for (i = 0; i < nr_pages; i++)
		vtl0_poison(pfn + i);
	/* kernels that do not count these mappings: let the handler look into page tables */
	if (!folio_test_large(folio) && (folio_mapped(folio) || !COMPAT_COUNTS_MAPPINGS))
		return -EOPNOTSUPP;
	vtl0_zap(PFN_PHYS(folio_pfn(folio)), folio_size(folio));
	return 0;
}

static const struct dev_pagemap_ops pgmap_ops = {
	.memory_failure = memory_failure_range,
};

static struct dev_pagemap *add_pgmap(u64 start, u64 length, unsigned int order, int node)
{
	struct dev_pagemap *pgmap;
	int ret;

	if (vtl0_inject_pgmap())
		return ERR_PTR(-ENOMEM);
	pgmap = kzalloc_obj(*pgmap);
	if (!pgmap)
		return ERR_PTR(-ENOMEM);
	pgmap->type = MEMORY_DEVICE_GENERIC;
	pgmap->ops = &pgmap_ops;
	pgmap->nr_range = 1;
	pgmap->range.start = start;
	pgmap->range.end = start + length - 1;
	pgmap->vmemmap_shift = order;
	ret = PTR_ERR_OR_ZERO(memremap_pages(pgmap, node));
	if (!ret)
		return pgmap;
	/* if its xarray could not be filled, mm/memremap.c still points to the pgmap */
	kmemleak_ignore(pgmap);
	return ERR_PTR(ret);
}

static void del_pgmap(struct dev_pagemap *pgmap)
{
	memunmap_pages(pgmap);
	kfree(pgmap);
}

/* A block of min_align bytes; @users is the number of chunks that share its pgmap. */
struct block {
	struct dev_pagemap *pgmap;
	unsigned int users;
};

/* Protects the blocks. Not held in memunmap_pages(), which sleeps for grace periods. */
static DEFINE_MUTEX(blocks_lock);
/* by block_number(); written under blocks_lock */
static DEFINE_XARRAY(blocks);
/* on a block without users while memunmap_pages() works on it */
#define BLOCK_GOES XA_MARK_0
/* woken when such a block is gone */
static DECLARE_WAIT_QUEUE_HEAD(block_gone);

static bool is_edge(const struct vtl0_chunk *chunk)
{
	return !IS_ALIGNED(chunk->piece.start | chunk->piece.length, vtl0_geometry.min_align);
}

static unsigned long block_number(const struct vtl0_chunk *chunk)
{
	return chunk->piece.start / vtl0_geometry.min_align;
}

static struct block *new_block(unsigned long nr, int node)
{
	u64 align = vtl0_geometry.min_align;
	struct block *block = kzalloc_obj(*block);
	int ret;

	if (!block)
		return ERR_PTR(-ENOMEM);
	block->pgmap = add_pgmap(nr * align, align, 0, node);
	if (IS_ERR(block->pgmap)) {
		ret = PTR_ERR(block->pgmap);
		goto free;
	}
	ret = xa_err(xa_store(&blocks, nr, block, GFP_KERNEL));
	if (ret)
		goto pgmap;
	return block;

pgmap:
	del_pgmap(block->pgmap);
free:
	kfree(block);
	return ERR_PTR(ret);
}

/* Wait until put_block() is not unmapping block @nr, and take blocks_lock. */
static void lock_block(unsigned long nr)
	__acquires(&blocks_lock)
{
	mutex_lock(&blocks_lock);
	while (xa_get_mark(&blocks, nr, BLOCK_GOES)) {
		mutex_unlock(&blocks_lock);
		wait_event(block_gone, !xa_get_mark(&blocks, nr, BLOCK_GOES));
		mutex_lock(&blocks_lock);
	}
}

static struct dev_pagemap *get_block(unsigned long nr, int node)
{
	struct dev_pagemap *pgmap;
	struct block *block;

	lock_block(nr);
	block = xa_load(&blocks, nr) ?: new_block(nr, node);
	if (IS_ERR(block)) {
		pgmap = ERR_CAST(block);
	} else {
		block->users++;
		pgmap = block->pgmap;
	}
	mutex_unlock(&blocks_lock);
	return pgmap;
}

static void put_block(unsigned long nr)
{
	struct block *block;
	bool last;

	mutex_lock(&blocks_lock);
	block = xa_load(&blocks, nr);
	last = !--block->users;
	if (last)
		xa_set_mark(&blocks, nr, BLOCK_GOES);
	mutex_unlock(&blocks_lock);
	if (!last)
		return;
	/* BLOCK_GOES makes get_block() wait */
	del_pgmap(block->pgmap);
	kfree(block);
	mutex_lock(&blocks_lock);
	xa_erase(&blocks, nr);
	mutex_unlock(&blocks_lock);
	wake_up_all(&block_gone);
}

/**
 * vtl0_chunk_add() - give a chunk its struct pages
 * @chunk: has none; they are allocated on its NUMA node, unless another range shares them
 *
 * Context: a kernel thread, see pgmap.c; sleeps.
 * Return: 0, or an errno of memremap_pages().
 */
int vtl0_chunk_add(struct vtl0_chunk *chunk)
{
	struct vtl0_piece *p = &chunk->piece;
	struct dev_pagemap *pgmap;

	if (is_edge(chunk))
		pgmap = get_block(block_number(chunk), chunk->node);
	else
		pgmap = add_pgmap(p->start, p->length, p->order, chunk->node);
	if (IS_ERR(pgmap))
		return PTR_ERR(pgmap);
	chunk->pgmap = pgmap;
	return 0;
}

/**
 * vtl0_chunk_del() - take the struct pages of a chunk away
 * @chunk: has struct pages, and each of its folios is idle
 *
 * Context: sleeps for several RCU grace periods.
 */
void vtl0_chunk_del(struct vtl0_chunk *chunk)
{
	if (is_edge(chunk))
		put_block(block_number(chunk));
	else
		del_pgmap(chunk->pgmap);
	chunk->pgmap = NULL;
}
