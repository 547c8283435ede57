// SPDX-License-Identifier: GPL-2.0
/*
 * Tests the running kernel for a bug when the module is loaded. The version of the kernel does
 * not tell, as distributions backport fixes.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bio.h>
#include <linux/gfp.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "vtl0.h"

static bool allow_data_loss;
module_param(allow_data_loss, bool, 0444);
MODULE_PARM_DESC(allow_data_loss, "Load although this kernel loses data where one transfer mixes this memory with other (default no)");

/* A page outside of the memmap, with the fields that bio_add_page() reads. */
struct trial {
	struct dev_pagemap pgmap;
	struct folio device;
};

/* Does a bio with a page of device memory take a page of RAM, too? */
static bool takes_ram(struct trial *trial, struct page *ram)
{
	struct page *device = &trial->device.page;
	struct bio_vec vecs[2];
	struct bio bio;
	int added;

	trial->pgmap.type = MEMORY_DEVICE_GENERIC;
	set_page_zone(device, ZONE_DEVICE);
	compat_set_pgmap(&trial->device, &trial->pgmap);
	bio_init(&bio, NULL, vecs, ARRAY_SIZE(vecs), REQ_OP_WRITE);
	__bio_add_page(&bio, device, PAGE_SIZE, 0);
	added = bio_add_page(&bio, ram, PAGE_SIZE, 0);
	bio_uninit(&bio);
	return added == PAGE_SIZE;
}

/**
 * vtl0_trial() - test whether direct I/O can mix device memory and RAM
 *
 * In Linux 6.17 to 6.18.26 and 6.19 bio_add_page() refuses to put pages of different
 * kinds into a bio, and its caller ignores that: the transfer reports its full length and
 * moves other data.
 *
 * Return: 0, -EOPNOTSUPP after saying why, -ENOMEM.
 */
int vtl0_trial(void)
{
	struct trial *trial = kzalloc_obj(*trial);
	struct page *ram = alloc_page(GFP_KERNEL);
	int ret = -ENOMEM;

	if (trial && ram)
		ret = takes_ram(trial, ram) || allow_data_loss ? 0 : -EOPNOTSUPP;
	if (ret == -EOPNOTSUPP)
		pr_err("this kernel loses data where direct I/O mixes this memory with other: install Linux 6.18.30 or later, or load with allow_data_loss=1\n");
	if (ram)
		__free_page(ram);
	kfree(trial);
	return ret;
}
