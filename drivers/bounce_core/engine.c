// SPDX-License-Identifier: GPL-2.0
/*
 * Initialises and ends an engine; its counters, and its changes of queue limits.
 */
#include <linux/module.h>

#include "core.h"

static void inflight_idle(struct percpu_ref *ref)
{
	complete(&container_of(ref, struct bounce_engine, inflight)->idle);
}

static int create_pool(struct bounce_engine *engine,
		       const struct bounce_engine_params *params)
{
	struct bounce_pool_params pool = {
		.reserve	= params->options->reserve_kib * (size_t)SZ_1K,
		.minsize	= engine->block,
		.max_inflight	= params->options->max_inflight_kib * (size_t)SZ_1K,
	};

	engine->pool = bounce_pool_create(params->name, &pool);
	return PTR_ERR_OR_ZERO(engine->pool);
}

static void copy_params(struct bounce_engine *engine,
			const struct bounce_engine_params *params)
{
	engine->lower = params->lower;
	engine->disk = params->disk;
	engine->offset = params->offset;
	engine->accounts = params->accounts;
	engine->submit = params->submit;
	engine->mode = params->options->mode;
	engine->detect = params->options->detect;
	engine->detect_every = params->options->detect_every;
	engine->max_bounce = params->options->max_bounce_kib * SZ_1K;
	engine->block = bdev_logical_block_size(params->lower);
}

/*
 * A set with a cache for each processor is faster. But with an empty cache that of 7.1 gives
 * no bio of few vecs to a caller that may not sleep, although there is memory.
 */
static int init_bios(struct bounce_engine *engine)
{
	unsigned int front_pad = offsetof(struct bounce_io, bio);
	int ret;

	ret = bioset_init(&engine->bios, BIO_POOL_SIZE, front_pad,
			  BIOSET_NEED_BVECS | BIOSET_PERCPU_CACHE);
	if (ret)
		return ret;
	ret = bioset_init(&engine->uncached, BIO_POOL_SIZE, front_pad, BIOSET_NEED_BVECS);
	if (ret)
		goto exit_bios;
	ret = bioset_init(&engine->swap, BIO_POOL_SIZE, front_pad, BIOSET_NEED_BVECS);
	if (ret)
		goto exit_uncached;
	return 0;

exit_uncached:
	bioset_exit(&engine->uncached);
exit_bios:
	bioset_exit(&engine->bios);
	return ret;
}

static void exit_bios(struct bounce_engine *engine)
{
	bioset_exit(&engine->swap);
	bioset_exit(&engine->uncached);
	bioset_exit(&engine->bios);
}

/**
 * bounce_engine_init() - initialise an engine
 * @engine: the engine
 * @params: its parameters; not kept
 *
 * Context: may sleep.
 * Return: 0; -EINVAL if reserve_kib is less than one block of the device below or
 * max_bounce_kib is no multiple of it; -ENOMEM.
 */
int bounce_engine_init(struct bounce_engine *engine,
		       const struct bounce_engine_params *params)
{
	int ret;

	memset(engine, 0, sizeof(*engine));
	copy_params(engine, params);
	if (!engine->max_bounce || engine->max_bounce % engine->block)
		return -EINVAL;
	bounce_mutators_init(&engine->mutators);
	init_completion(&engine->idle);
	engine->stats = alloc_percpu(struct bounce_stats);
	if (!engine->stats)
		return -ENOMEM;
	ret = create_pool(engine, params);
	if (ret)
		goto free_stats;
	ret = init_bios(engine);
	if (ret)
		goto destroy_pool;
	ret = percpu_ref_init(&engine->inflight, inflight_idle, 0, GFP_KERNEL);
	if (ret)
		goto exit_bios;
	return 0;

exit_bios:
	exit_bios(engine);
destroy_pool:
	bounce_pool_destroy(engine->pool);
free_stats:
	free_percpu(engine->stats);
	return ret;
}
EXPORT_SYMBOL_GPL(bounce_engine_init);

/**
 * bounce_engine_drain() - wait for all bios below, when no new one can arrive
 * @engine: the engine
 *
 * After this percpu_ref_tryget_live() of its inflight count fails.
 *
 * Context: may sleep.
 */
void bounce_engine_drain(struct bounce_engine *engine)
{
	percpu_ref_kill(&engine->inflight);
	wait_for_completion(&engine->idle);
}
EXPORT_SYMBOL_GPL(bounce_engine_drain);

/**
 * bounce_engine_exit() - undo bounce_engine_init() of an engine without bios
 * @engine: the engine
 *
 * Context: may sleep.
 */
void bounce_engine_exit(struct bounce_engine *engine)
{
	percpu_ref_exit(&engine->inflight);
	exit_bios(engine);
	bounce_pool_destroy(engine->pool);
	free_percpu(engine->stats);
}
EXPORT_SYMBOL_GPL(bounce_engine_exit);

/* An atomic write is bounced as a whole, so it must fit into a share of the reserve. */
static void limit_atomic_writes(const struct bounce_engine *engine,
				struct queue_limits *lim)
{
	unsigned int most = rounddown_pow_of_two(min_t(size_t, SZ_1G,
						       bounce_pool_max_whole(engine->pool)));

	lim->atomic_write_hw_max = min(lim->atomic_write_hw_max, most);
	lim->atomic_write_hw_unit_max = min(lim->atomic_write_hw_unit_max, most);
	if (lim->atomic_write_hw_unit_max < lim->atomic_write_hw_unit_min)
		lim->features &= ~BLK_FEAT_ATOMIC_WRITES;
}

/**
 * bounce_engine_set_limits() - change stacked limits for the mode of an engine
 * @engine: the engine
 * @lim: limits with those of the device below stacked already, which would overwrite
 *	these changes
 *
 * Context: any.
 */
void bounce_engine_set_limits(const struct bounce_engine *engine,
			      struct queue_limits *lim)
{
	enum bounce_mode mode = engine->mode;

	/*
	 * Always pass flushes and FUA on: the block layer drops them at the device below
	 * if that has no write cache at the time.
	 */
	lim->features |= BLK_FEAT_WRITE_CACHE | BLK_FEAT_FUA;
	/* a copy is stable without the help of file systems */
	lim->features &= ~BLK_FEAT_STABLE_WRITES;
	if (mode != BOUNCE_MODE_WRITE && mode != BOUNCE_MODE_ALL &&
	    bdev_stable_writes(engine->lower))
		lim->features |= BLK_FEAT_STABLE_WRITES;
	if (mode == BOUNCE_MODE_NONE)
		return;
	limit_atomic_writes(engine, lim);
	/*
	 * The CPU copies memory of other devices, which the device below never sees. On
	 * other architectures such memory may allow accesses of certain sizes only.
	 */
	if (IS_ENABLED(CONFIG_X86))
		lim->features |= BLK_FEAT_PCI_P2PDMA;
	else
		lim->features &= ~BLK_FEAT_PCI_P2PDMA;
	if (mode == BOUNCE_MODE_ALL) {
		/* only folios go down; 0 would mean the default of 511, so 1 is the least */
		lim->dma_alignment = 1;
		lim->virt_boundary_mask = 0;
		lim->seg_boundary_mask = BLK_SEG_BOUNDARY_MASK;
		lim->max_segment_size = UINT_MAX;
		lim->max_segments = BIO_MAX_VECS;
	}
}
EXPORT_SYMBOL_GPL(bounce_engine_set_limits);

/**
 * bounce_engine_sum() - read a counter of an engine
 * @engine: the engine
 * @offset: that of the counter in struct bounce_stats
 *
 * Context: any.
 * Return: the sum over all processors.
 */
u64 bounce_engine_sum(const struct bounce_engine *engine, size_t offset)
{
	u64 total = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		total += *(u64 *)((char *)per_cpu_ptr(engine->stats, cpu) + offset);
	return total;
}
EXPORT_SYMBOL_GPL(bounce_engine_sum);
