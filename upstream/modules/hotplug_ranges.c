// SPDX-License-Identifier: GPL-2.0
/*
 * Adds ranges of memory as a driver of device memory does, and removes them again, over
 * and over: always others, and never neighbours. There need not be any memory there.
 * The last range stays until the module is removed.
 */
#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/memremap.h>
#include <linux/module.h>
#include <linux/overflow.h>
#include <linux/range.h>
#include <linux/sizes.h>
#include <linux/slab.h>

/* Of one dev_pagemap: removing one takes some milliseconds, and each range none. */
#define BATCH 64

static u64 start = 1ULL << 40;
static unsigned int count = BATCH;
static u64 first_add_ns, last_add_ns, last_range;
static struct dev_pagemap *pgmap;

static int add(unsigned int first, unsigned int nr)
{
	void *va;
	unsigned int i;

	memset(pgmap, 0, struct_size(pgmap, ranges, BATCH));
	pgmap->type = MEMORY_DEVICE_GENERIC;
	pgmap->nr_range = nr;
	for (i = 0; i < nr; i++) {
		pgmap->ranges[i].start = start + (u64)(first + i) * 2 * SZ_2M;
		pgmap->ranges[i].end = pgmap->ranges[i].start + SZ_2M - 1;
	}
	va = memremap_pages(pgmap, 0);
	return PTR_ERR_OR_ZERO(va);
}

/* Returns the time for each of some ranges, or an error. */
static s64 add_and_remove(unsigned int first)
{
	ktime_t begin = ktime_get();
	s64 ns;
	int ret = add(first, BATCH);

	if (ret)
		return ret;
	ns = ktime_to_ns(ktime_sub(ktime_get(), begin)) / BATCH;
	memunmap_pages(pgmap);
	return ns;
}

static int __init ranges_init(void)
{
	unsigned int done;
	s64 ret = 0;

	pgmap = kzalloc(struct_size(pgmap, ranges, BATCH), GFP_KERNEL);
	if (!pgmap)
		return -ENOMEM;
	for (done = 0; done < count; done += BATCH) {
		ret = add_and_remove(done);
		if (ret < 0)
			goto free;
		if (!done)
			first_add_ns = ret;
		last_add_ns = ret;
	}
	ret = add(done, 1);
	if (ret)
		goto free;
	last_range = pgmap->range.start;
	return 0;
free:
	kfree(pgmap);
	return ret;
}

static void __exit ranges_exit(void)
{
	memunmap_pages(pgmap);
	kfree(pgmap);
}

module_init(ranges_init);
module_exit(ranges_exit);
module_param(start, ullong, 0444);
MODULE_PARM_DESC(start, "physical address from which on there is no memory");
module_param(count, uint, 0444);
MODULE_PARM_DESC(count, "number of ranges to add and remove, a multiple of 64");
module_param(first_add_ns, ullong, 0444);
MODULE_PARM_DESC(first_add_ns, "time to add one of the first ranges");
module_param(last_add_ns, ullong, 0444);
MODULE_PARM_DESC(last_add_ns, "time to add one of the last ranges");
module_param(last_range, ullong, 0444);
MODULE_PARM_DESC(last_range, "physical address of the range that stays");
MODULE_DESCRIPTION("Adds and removes many ranges of device memory");
MODULE_LICENSE("GPL");
