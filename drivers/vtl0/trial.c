// SPDX-License-Identifier: GPL-2.0
/*
 * Tests the running kernel for two bugs when the module is loaded. The version of the kernel does
 * not tell, as distributions backport fixes.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <kunit/visibility.h>
#include <linux/bio.h>
#include <linux/blk-mq.h>
#include <linux/build_bug.h>
#include <linux/module.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include "vtl0.h"

static bool allow_data_loss;
module_param(allow_data_loss, bool, 0444);
MODULE_PARM_DESC(allow_data_loss, "Load although this kernel can lose data where direct I/O mixes this memory with other (default no)");

/*
 * Two pages outside of the memmap, with the fields that the block layer reads, and a request of
 * them. page_to_phys() only computes, so the two have adjacent physical addresses. No memory is
 * there, and none of the functions below reads it.
 */
struct trial {
	struct dev_pagemap pgmap;
	struct page ram;
	struct folio device;
	struct bio bios[2];
	struct bio_vec vecs[2];
	struct request_queue queue;
	struct request rq;
	struct scatterlist segments[2];
};

static_assert(offsetof(struct trial, device) == offsetofend(struct trial, ram));

static struct trial *alloc_trial(void)
{
	struct trial *trial = kzalloc_obj(*trial);

	if (!trial)
		return NULL;
	trial->pgmap.type = MEMORY_DEVICE_GENERIC;
	set_page_zone(&trial->device.page, ZONE_DEVICE);
	compat_set_pgmap(&trial->device, &trial->pgmap);
	trial->queue.limits.seg_boundary_mask = ULONG_MAX;
	trial->queue.limits.max_segment_size = UINT_MAX;
	return trial;
}

/* Does a bio with a page of device memory take a page of RAM, too? */
static bool takes_ram(struct trial *trial)
{
	struct bio *bio = &trial->bios[0];
	int added;

	bio_init(bio, NULL, trial->vecs, ARRAY_SIZE(trial->vecs), REQ_OP_WRITE);
	__bio_add_page(bio, &trial->device.page, PAGE_SIZE, 0);
	added = bio_add_page(bio, &trial->ram, PAGE_SIZE, 0);
	bio_uninit(bio);
	return added == PAGE_SIZE;
}

/*
 * Does a request of two bios with a page each have both pages in one segment? Before Linux
 * 6.12.88, 6.18.30 and 7.0.7 biovec_phys_mergeable() compares addresses only (CVE-2026-46115).
 */
static bool joins(struct trial *trial)
{
	struct page *pages[] = { &trial->ram, &trial->device.page };
	struct request *rq = &trial->rq;
	struct bio *bios = trial->bios;
	unsigned int i, nr_segments;

	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		bio_init(&bios[i], NULL, &trial->vecs[i], 1, REQ_OP_WRITE);
		__bio_add_page(&bios[i], pages[i], PAGE_SIZE, 0);
	}
	bios[0].bi_next = &bios[1];
	rq->q = &trial->queue;
	rq->bio = &bios[0];
	rq->biotail = &bios[1];
	rq->nr_phys_segments = ARRAY_SIZE(trial->segments);
	sg_init_table(trial->segments, ARRAY_SIZE(trial->segments));
	nr_segments = blk_rq_map_sg(rq, trial->segments);
	for (i = 0; i < ARRAY_SIZE(pages); i++)
		bio_uninit(&bios[i]);
	return nr_segments == 1;
}

/**
 * vtl0_joins() - test whether a request joins adjacent pages in one segment, for KUnit
 * @mixed: one page is RAM and the other is device memory; else both are RAM
 *
 * Return: 1, 0, or -ENOMEM.
 */
int vtl0_joins(bool mixed)
{
	struct trial *trial = alloc_trial();
	int ret;

	if (!trial)
		return -ENOMEM;
	if (!mixed)
		set_page_zone(&trial->device.page, page_zonenum(&trial->ram));
	ret = joins(trial);
	kfree(trial);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(vtl0_joins);

/**
 * vtl0_trial() - test whether direct I/O can mix device memory and RAM
 *
 * In Linux 6.17 to 6.18.26 and 6.19 bio_add_page() refuses to put pages of different
 * kinds into a bio, and its caller ignores that: the transfer reports its full length and
 * moves other data. Where a request joins such pages, see joins(), the driver uses the
 * address of one kind for both, and that of PCI memory (P2PDMA) is another on the bus.
 *
 * Return: 0, -EOPNOTSUPP after saying why, -ENOMEM.
 */
int vtl0_trial(void)
{
	struct trial *trial;
	bool faulty;

	if (allow_data_loss)
		return 0;
	trial = alloc_trial();
	if (!trial)
		return -ENOMEM;
	faulty = !takes_ram(trial) ||
		 (COMPAT_MAY_JOIN ? joins(trial) : COMPAT_JOINS_BY_VERSION);
	kfree(trial);
	if (faulty)
		pr_err("this kernel can lose data where direct I/O mixes this memory with other: install 6.12.88 or later of Linux 6.12, 6.18.30 or later of 6.18, 7.0.7 or later, or load with allow_data_loss=1\n");
	return faulty ? -EOPNOTSUPP : 0;
}
