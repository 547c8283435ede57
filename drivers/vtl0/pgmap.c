// SPDX-License-Identifier: GPL-2.0
/*
 * Gives the chunks of a range their struct pages and takes them away again.
 *
 * memremap_pages() does not survive a failed allocation in the middle: the sections
 * added so far stay, add_pages() warns, and x86 uses a page table of the direct map
 * that it could not allocate (alloc_low_pages()). So vtl0_pgmaps_add() first checks
 * that there is enough memory, and a kernel thread does the work: the allocations of
 * a task that is being killed fail half-way.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/io.h>
#include <linux/kmemleak.h>
#include <linux/memory_hotplug.h>
#include <linux/memremap.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/swap.h>
#include <linux/workqueue.h>

#include "vtl0.h"

static struct workqueue_struct *pgmap_wq;

/* Work items that remove the chunks of one range, besides the caller. */
#define DEL_WORKERS 31U

/* Free memory to ask for besides the memmap: page tables of the direct map, a margin. */
#define MARGIN_BYTES (16ULL << 20)

struct add_work {
	struct work_struct work;
	struct vtl0_range *range;
	unsigned int done;
	unsigned int failed;
	int ret;
};

/*
 * mf_generic_kill_procs() signals the processes that map a single page, with the
 * address in each. It takes a large folio only as a whole. So this function zaps the
 * entries of a large folio instead: later faults map its good pages one by one, and a
 * fault on a bad page raises SIGBUS in the thread that touches it.
 */
static int memory_failure_range(struct dev_pagemap *pgmap, unsigned long pfn,
				unsigned long nr_pages, int flags)
{
	struct folio *folio = pfn_folio(pfn);
	unsigned long i;

	for (i = 0; i < nr_pages; i++)
		vtl0_poison(pfn + i);
	/* without counts let the generic handler look into the page tables */
	if (!folio_test_large(folio) && (folio_mapped(folio) || !COMPAT_COUNTS_MAPPINGS))
		return -EOPNOTSUPP;
	vtl0_zap(PFN_PHYS(folio_pfn(folio)), folio_size(folio));
	return 0;
}

static const struct dev_pagemap_ops pgmap_ops = {
	.memory_failure = memory_failure_range,
};

/* Folio number @n of a chunk. */
static struct folio *chunk_folio(const struct vtl0_chunk *chunk, u64 n)
{
	return pfn_folio(PHYS_PFN(chunk->piece.start) + (n << chunk->piece.order));
}

static u64 chunk_folios(const struct vtl0_chunk *chunk)
{
	return chunk->piece.length >> (PAGE_SHIFT + chunk->piece.order);
}

static void give_identity(const struct vtl0_chunk *chunk)
{
	u64 n;

	for (n = 0; n < chunk_folios(chunk); n++) {
		vtl0_identity_give(chunk_folio(chunk, n));
		if (!(n % 4096))
			cond_resched();
	}
}

static void del_chunk(struct vtl0_chunk *chunk)
{
	memunmap_pages(chunk->pgmap);
	kfree(chunk->pgmap);
	chunk->pgmap = NULL;
}

static int add_chunk(struct vtl0_chunk *chunk, int node)
{
	struct dev_pagemap *pgmap;
	int ret;

	if (vtl0_inject_pgmap())
		return -ENOMEM;
	pgmap = kzalloc_obj(*pgmap);
	if (!pgmap)
		return -ENOMEM;
	pgmap->type = MEMORY_DEVICE_GENERIC;
	pgmap->ops = &pgmap_ops;
	pgmap->nr_range = 1;
	pgmap->range.start = chunk->piece.start;
	pgmap->range.end = chunk->piece.start + chunk->piece.length - 1;
	pgmap->vmemmap_shift = chunk->piece.order;
	ret = PTR_ERR_OR_ZERO(memremap_pages(pgmap, node));
	if (ret) {
		/* if it failed early, its index still points to the pgmap */
		kmemleak_ignore(pgmap);
		return ret;
	}
	chunk->pgmap = pgmap;
	if (!vtl0_write_back(chunk->piece.start)) {
		pr_notice_ratelimited("%#llx would be mapped uncached (MTRR, or a mapping of /dev/mem)\n",
				      chunk->piece.start);
		del_chunk(chunk);
		return -EBUSY;
	}
	give_identity(chunk);
	return 0;
}

static void add_chunks(struct work_struct *work)
{
	struct add_work *w = container_of(work, struct add_work, work);

	for (w->done = 0; w->done < w->range->nr_chunks; w->done++) {
		w->ret = add_chunk(&w->range->chunks[w->done], w->range->node);
		if (w->ret)
			break;
		cond_resched();
	}
	w->failed = w->done;
	if (w->ret)
		while (w->done--)
			del_chunk(&w->range->chunks[w->done]);
}

static bool enough_memory(u64 bytes)
{
	u64 need = PHYS_PFN(bytes + bytes / 64 + MARGIN_BYTES);

	return si_mem_available() > 0 && (u64)si_mem_available() > need;
}

/**
 * vtl0_pgmaps_add() - create the struct pages of all chunks of a range
 * @range: claimed, and without struct pages
 * @conflict: out, with -EBUSY: the chunk that is mapped uncached
 *
 * Context: under vtl0_lock; sleeps, for seconds where the memmap is large.
 * Return: 0, or an errno with all pgmaps of the range removed again. If
 * memremap_pages() itself ran out of memory half-way, sections of one chunk stay;
 * vtl0_claim() then refuses their addresses.
 */
int vtl0_pgmaps_add(struct vtl0_range *range, struct vtl0_span *conflict)
{
	struct add_work w = { .range = range };

	if (!enough_memory(range->memmap_bytes))
		return -ENOMEM;
	INIT_WORK_ONSTACK(&w.work, add_chunks);
	queue_work(pgmap_wq, &w.work);
	flush_work(&w.work);
	destroy_work_on_stack(&w.work);
	if (w.ret == -EBUSY) {
		const struct vtl0_piece *piece = &range->chunks[w.failed].piece;

		*conflict = (struct vtl0_span) { piece->start, piece->length };
	}
	return w.ret;
}

/* One of the work items that remove a range; @next is the chunk to take next. */
struct del_work {
	struct work_struct work;
	struct vtl0_range *range;
	atomic_t *next;
};

static void del_chunks(struct vtl0_range *range, atomic_t *next)
{
	unsigned int i;

	while ((i = atomic_inc_return(next) - 1) < range->nr_chunks)
		del_chunk(&range->chunks[i]);
}

static void del_chunks_work(struct work_struct *work)
{
	struct del_work *w = container_of(work, struct del_work, work);

	del_chunks(w->range, w->next);
}

/**
 * vtl0_pgmaps_del() - remove the struct pages of a range
 * @range: not in the index; vtl0_pgmaps_idle() found every folio of it idle
 *
 * memunmap_pages() waits for several RCU grace periods, so work items remove the
 * chunks in parallel; without memory for them the caller removes all of them.
 *
 * Context: under vtl0_lock; sleeps.
 */
void vtl0_pgmaps_del(struct vtl0_range *range)
{
	unsigned int nr = min(range->nr_chunks - 1, DEL_WORKERS);
	struct del_work *works = nr ? kcalloc(nr, sizeof(*works), GFP_KERNEL) : NULL;
	atomic_t next = ATOMIC_INIT(0);
	unsigned int i;

	if (!works)
		nr = 0;
	for (i = 0; i < nr; i++) {
		works[i].range = range;
		works[i].next = &next;
		INIT_WORK(&works[i].work, del_chunks_work);
		queue_work(pgmap_wq, &works[i].work);
	}
	del_chunks(range, &next);
	for (i = 0; i < nr; i++)
		flush_work(&works[i].work);
	kfree(works);
}

/* The number of the folio at @address: 0 below the chunk, chunk_folios() above it. */
static u64 first_folio(const struct vtl0_chunk *chunk, u64 address)
{
	const struct vtl0_piece *p = &chunk->piece;
	u64 offset = address > p->start ? min(address - p->start, p->length) : 0;

	return offset >> (PAGE_SHIFT + p->order);
}

/**
 * vtl0_pgmaps_idle() - is every folio of a range at its base reference?
 * @range: live or being removed
 * @from: address of the first folio to look at
 * @busy: out, with -EBUSY: the first folio that is not
 *
 * The answer stays true only if the range can no longer be mapped.
 *
 * Context: under vtl0_lock; sleeps.
 * Return: 0 or -EBUSY.
 */
int vtl0_pgmaps_idle(struct vtl0_range *range, u64 from, struct vtl0_span *busy)
{
	unsigned int i;
	u64 n;

	for (i = 0; i < range->nr_chunks; i++) {
		struct vtl0_chunk *chunk = &range->chunks[i];

		for (n = first_folio(chunk, from); n < chunk_folios(chunk); n++) {
			struct folio *folio = chunk_folio(chunk, n);

			if (folio_ref_count(folio) != 1) {
				busy->start = PFN_PHYS(folio_pfn(folio));
				busy->length = folio_size(folio);
				return -EBUSY;
			}
			if (!(n % 4096))
				cond_resched();
		}
	}
	return 0;
}

/**
 * vtl0_pgmaps_count() - count the mappings and references of a range
 * @range: live or being removed
 * @mappings: out: page-table entries that map it, or VTL0_MAPPINGS_UNKNOWN
 * @held: out: folios with references beyond the base one and their mappings
 *
 * Takes no lock, so a folio that is just being mapped may count as held. Both are 0
 * while the range is in state ADDING.
 *
 * Context: as vtl0_range_info(); sleeps, and takes long for order-0 ranges.
 */
void vtl0_pgmaps_count(struct vtl0_range *range, u64 *mappings, u64 *held)
{
	unsigned int i;
	u64 n;

	*mappings = 0;
	*held = 0;
	/* pairs with vtl0_range_set_state(): struct pages before LIVE */
	if (smp_load_acquire(&range->state) == VTL0_STATE_ADDING)
		return;
	for (i = 0; i < range->nr_chunks; i++) {
		struct vtl0_chunk *chunk = &range->chunks[i];

		for (n = 0; n < chunk_folios(chunk); n++) {
			struct folio *folio = chunk_folio(chunk, n);
			int mapped = folio_mapcount(folio);

			*mappings += mapped;
			*held += folio_ref_count(folio) > 1 + mapped;
			if (!(n % 4096))
				cond_resched();
		}
	}
	if (!COMPAT_COUNTS_MAPPINGS)
		*mappings = VTL0_MAPPINGS_UNKNOWN;
}

int vtl0_pgmaps_init(void)
{
	pgmap_wq = alloc_workqueue("vtl0_pgmap", WQ_UNBOUND, 0);
	return pgmap_wq ? 0 : -ENOMEM;
}

void vtl0_pgmaps_exit(void)
{
	destroy_workqueue(pgmap_wq);
}
