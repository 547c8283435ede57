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

#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/swap.h>
#include <linux/workqueue.h>

#include "vtl0.h"

static struct workqueue_struct *pgmap_wq;

/* Held from the check for free memory until that memory is allocated. */
static DEFINE_MUTEX(add_lock);

/*
 * Work items that remove chunks, besides the caller: each chunk waits for two grace
 * periods, and all wait for the same ones.
 */
#define DEL_WORKERS 255U

/* Free memory to ask for besides the memmap: page tables of the direct map, a margin. */
#define MARGIN_BYTES (16ULL << 20)

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
		compat_init_tails(chunk_folio(chunk, n));
		vtl0_identity_give(chunk_folio(chunk, n));
		if (!(n % 4096))
			cond_resched();
	}
}

static int add_chunk(struct vtl0_chunk *chunk)
{
	int ret = vtl0_chunk_add(chunk);

	if (ret)
		return ret;
	if (!vtl0_write_back(chunk->piece.start)) {
		pr_notice_ratelimited("%#llx would be mapped uncached (MTRR, or a mapping of /dev/mem)\n",
				      chunk->piece.start);
		/* vtl0_pgmaps_del() removes the struct pages */
		return -EBUSY;
	}
	give_identity(chunk);
	return 0;
}

static bool enough_memory(u64 bytes)
{
	u64 need = PHYS_PFN(bytes + bytes / 64 + MARGIN_BYTES);

	return si_mem_available() > 0 && (u64)si_mem_available() > need;
}

/**
 * vtl0_pgmaps_add() - create the struct pages of all chunks of a range
 * @range: checked to be disjoint from everything
 * @stop: another thread sets *@stop if the caller of the add is killed; then no further
 *	chunk is begun
 * @conflict: out, with -EBUSY: the chunk that cannot have struct pages
 *
 * Context: a kernel thread, see above; sleeps, for seconds where the memmap is large.
 * Return: 0, or an errno; then the caller removes with vtl0_pgmaps_del() the struct pages that
 * were created. If core mm itself ran out of memory half-way, sections of one chunk may
 * stay; vtl0_claim() then refuses them.
 */
int vtl0_pgmaps_add(struct vtl0_range *range, const bool *stop, struct vtl0_span *conflict)
{
	struct vtl0_chunk *chunk = NULL;
	int ret = 0;

	mutex_lock(&add_lock);
	if (!enough_memory(range->memmap_bytes))
		ret = -ENOMEM;
	while ((chunk = vtl0_next_chunk(range, chunk))) {
		const struct vtl0_piece *p = &chunk->piece;

		if (ret)
			break;
		ret = READ_ONCE(*stop) ? -EINTR : add_chunk(chunk);
		if (ret == -EBUSY)
			*conflict = (struct vtl0_span) { p->start, p->length };
		cond_resched();
	}
	mutex_unlock(&add_lock);
	return ret;
}

/* Chunks that several threads remove: from @next to @end, then those of more ranges. */
struct del_job {
	spinlock_t lock; /* for all but @batch */
	struct list_head *batch;
	struct vtl0_range *range;
	struct vtl0_chunk *next;
	struct vtl0_chunk *end;
};

struct del_work {
	struct work_struct work;
	struct del_job *job;
};

static struct vtl0_chunk *next_chunk(struct del_job *job)
{
	guard(spinlock)(&job->lock);
	while (job->next == job->end) {
		if (!job->batch || list_is_last(&job->range->batch, job->batch))
			return NULL;
		job->range = list_next_entry(job->range, batch);
		job->next = job->range->chunks;
		job->end = job->next + job->range->nr_slots;
	}
	return job->next++;
}

static void del_chunks(struct del_job *job)
{
	struct vtl0_chunk *chunk;

	while ((chunk = next_chunk(job))) {
		/* an add may have failed before this chunk, or the chunk is VTL0_CHUNK_GONE */
		if (chunk->pgmap)
			vtl0_chunk_del(chunk);
		cond_resched();
	}
}

static void del_chunks_work(struct work_struct *work)
{
	del_chunks(container_of(work, struct del_work, work)->job);
}

/*
 * memunmap_pages() waits for several RCU grace periods, so work items remove @nr_chunks
 * in parallel; without memory for them the caller removes all of them.
 */
static void run_del_job(struct del_job *job, unsigned int nr_chunks)
{
	unsigned int nr = min(nr_chunks ? nr_chunks - 1 : 0, DEL_WORKERS);
	struct del_work *works = nr ? kvcalloc(nr, sizeof(*works), GFP_KERNEL) : NULL;
	unsigned int i;

	if (!works)
		nr = 0;
	spin_lock_init(&job->lock);
	for (i = 0; i < nr; i++) {
		works[i].job = job;
		INIT_WORK(&works[i].work, del_chunks_work);
		queue_work(pgmap_wq, &works[i].work);
	}
	del_chunks(job);
	for (i = 0; i < nr; i++)
		flush_work(&works[i].work);
	kvfree(works);
}

/**
 * vtl0_pgmaps_del() - remove the struct pages of ranges
 * @batch: the ranges, linked by @batch; vtl0_pgmaps_idle() found every folio of them
 *	idle, and no thread can reach one any more
 *
 * Context: sleeps for several RCU grace periods.
 */
void vtl0_pgmaps_del(struct list_head *batch)
{
	struct vtl0_range *range = list_first_entry(batch, struct vtl0_range, batch);
	struct del_job job = {
		.batch = batch,
		.range = range,
		.next = range->chunks,
		.end = range->chunks + range->nr_slots,
	};
	unsigned int nr = 0;

	list_for_each_entry(range, batch, batch)
		nr = min(nr + range->nr_chunks, DEL_WORKERS + 1);
	run_del_job(&job, nr);
}

/**
 * vtl0_pgmaps_del_chunks() - remove the struct pages of some chunks of a range
 * @first: the first chunk; all are as in vtl0_pgmaps_del()
 * @end: behind the last one
 *
 * Context: sleeps for several RCU grace periods.
 */
void vtl0_pgmaps_del_chunks(struct vtl0_chunk *first, struct vtl0_chunk *end)
{
	struct del_job job = { .next = first, .end = end };

	run_del_job(&job, end - first);
}

/* The number of the folio at @address: 0 below the chunk, chunk_folios() above it. */
static u64 first_folio(const struct vtl0_chunk *chunk, u64 address)
{
	const struct vtl0_piece *p = &chunk->piece;
	u64 offset = address > p->start ? min(address - p->start, p->length) : 0;

	return offset >> (PAGE_SHIFT + p->order);
}

/**
 * vtl0_chunk_idle() - is every folio of a chunk at its base reference?
 * @chunk: has struct pages
 * @from: address of the first folio to look at
 * @busy: out, with -EBUSY: the first folio that is not
 *
 * Context: as vtl0_pgmaps_idle().
 * Return: 0 or -EBUSY.
 */
int vtl0_chunk_idle(const struct vtl0_chunk *chunk, u64 from, struct vtl0_span *busy)
{
	u64 n;

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
	return 0;
}

/**
 * vtl0_pgmaps_idle() - is every folio of a range at its base reference?
 * @range: live or being removed
 * @from: address of the first folio to look at
 * @busy: out, with -EBUSY: the first folio that is not
 *
 * The answer stays true only if the range can no longer be mapped.
 *
 * Context: the range must not lose its struct pages meanwhile: it is busy for the
 * caller, or registered inside vtl0_srcu or under vtl0_lock; sleeps.
 * Return: 0 or -EBUSY.
 */
int vtl0_pgmaps_idle(struct vtl0_range *range, u64 from, struct vtl0_span *busy)
{
	struct vtl0_chunk *chunk = NULL;
	int ret;

	while ((chunk = vtl0_next_chunk(range, chunk))) {
		ret = vtl0_chunk_idle(chunk, from, busy);
		if (ret)
			return ret;
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
 * while the range has no struct pages.
 *
 * Context: as vtl0_range_info(); sleeps, and takes long for order-0 ranges.
 */
void vtl0_pgmaps_count(struct vtl0_range *range, u64 *mappings, u64 *held)
{
	struct vtl0_chunk *chunk = NULL;
	u64 n;

	*mappings = 0;
	*held = 0;
	/* pairs with vtl0_range_register(): struct pages before the flag */
	if (!smp_load_acquire(&range->registered))
		return;
	while ((chunk = vtl0_next_chunk(range, chunk))) {
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
