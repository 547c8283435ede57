// SPDX-License-Identifier: GPL-2.0
/*
 * Clears a new range for VTL0_ADD_CLEAR, so that its owner does not see the data of an earlier
 * owner. Several threads clear slices of the range, as one thread does not reach the
 * bandwidth of the memory. They write through the direct map.
 */
#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "vtl0.h"

#define SLICE_BYTES (32ULL << 20)

static struct workqueue_struct *clear_wq;

/* A range that several threads clear slice by slice. */
struct clear_job {
	u64 start;
	u64 length;
	/* number of the first slice that no thread has taken */
	atomic64_t next;
	/* the parameter of vtl0_clear() */
	const bool *stop;
};

struct clear_work {
	struct work_struct work;
	struct clear_job *job;
};

static void clear_slice(const struct clear_job *job, u64 start, u64 end)
{
	unsigned long pfn;

	for (pfn = PHYS_PFN(start); pfn < PHYS_PFN(end) && !READ_ONCE(*job->stop); pfn++) {
		/* a write could raise a machine check, and a touch by user space is SIGBUS */
		if (!vtl0_bad_any(pfn, 1))
			clear_page(page_address(pfn_to_page(pfn)));
		if (!(pfn % 256))
			cond_resched();
	}
}

static void clear_slices(struct clear_job *job)
{
	u64 offset;

	for (;;) {
		offset = (atomic64_inc_return(&job->next) - 1) * SLICE_BYTES;
		if (offset >= job->length || READ_ONCE(*job->stop))
			return;
		clear_slice(job, job->start + offset,
			    job->start + min(offset + SLICE_BYTES, job->length));
	}
}

static void clear_work(struct work_struct *work)
{
	clear_slices(container_of(work, struct clear_work, work)->job);
}

/**
 * vtl0_clear() - fill a range with zeroes
 * @range: has struct pages, and no other code can reach it yet
 * @stop: becomes true when the add was interrupted; clearing then ends early
 *
 * Pages that are known to be bad are left out. Without memory for work items the
 * calling thread clears all slices.
 *
 * Context: sleeps, for as long as it takes to write that much memory.
 * Return: 0, or -EINTR if it was stopped.
 */
int vtl0_clear(const struct vtl0_range *range, const bool *stop)
{
	struct clear_job job = { .start = range->start, .length = range->length, .stop = stop };
	u64 slices = DIV_ROUND_UP_ULL(range->length, SLICE_BYTES);
	unsigned int nr = min_t(u64, slices, num_online_cpus()) - 1, i;
	struct clear_work *works = nr ? kvcalloc(nr, sizeof(*works), GFP_KERNEL) : NULL;

	if (!works)
		nr = 0;
	for (i = 0; i < nr; i++) {
		works[i].job = &job;
		INIT_WORK(&works[i].work, clear_work);
		queue_work(clear_wq, &works[i].work);
	}
	clear_slices(&job);
	for (i = 0; i < nr; i++)
		flush_work(&works[i].work);
	kvfree(works);
	return READ_ONCE(*stop) ? -EINTR : 0;
}

int vtl0_clear_init(void)
{
	clear_wq = alloc_workqueue("vtl0_clear", WQ_UNBOUND, 0);
	return clear_wq ? 0 : -ENOMEM;
}

void vtl0_clear_exit(void)
{
	destroy_workqueue(clear_wq);
}
