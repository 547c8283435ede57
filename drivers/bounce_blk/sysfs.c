// SPDX-License-Identifier: GPL-2.0
/*
 * The attributes in /sys/block/bounce-NAME/bounce/: statistics, and "refresh".
 *
 * They take no lock: del_gendisk() removes them and waits for their readers, before
 * put_lower_and_disk() clears private_data and bounce_engine_exit() frees the counters.
 */
#include <linux/sysfs.h>

#include "dev.h"

static struct bounce_engine *engine_of(struct device *device)
{
	struct bounce_dev *dev = dev_to_disk(device)->private_data;

	return &dev->engine;
}

/* A counter of the engine */
#define SHOW(device, buf, field) \
	sysfs_emit(buf, "%llu\n", bounce_sum(engine_of(device), field))

/*
 * A counter of the pool, by its offset there. All counters of all processors are added up
 * for one of them: they are read seldom, and counting has to be cheap.
 */
static ssize_t show_pool(struct device *device, char *buf, size_t offset)
{
	struct bounce_pool_stats stats;

	bounce_pool_get_stats(engine_of(device)->pool, &stats);
	return sysfs_emit(buf, "%llu\n", *(u64 *)((char *)&stats + offset));
}

#define SHOW_POOL(device, buf, field) \
	show_pool(device, buf, offsetof(struct bounce_pool_stats, field))

static ssize_t read_passed_bios_show(struct device *device,
				     struct device_attribute *attr, char *buf)
{
	return SHOW(device, buf, bios[BOUNCE_READ_PASSED]);
}

static ssize_t read_bounced_bios_show(struct device *device,
				      struct device_attribute *attr, char *buf)
{
	return SHOW(device, buf, bios[BOUNCE_READ_BOUNCED]);
}

static ssize_t write_passed_bios_show(struct device *device,
				      struct device_attribute *attr, char *buf)
{
	return SHOW(device, buf, bios[BOUNCE_WRITE_PASSED]);
}

static ssize_t write_bounced_bios_show(struct device *device,
				       struct device_attribute *attr, char *buf)
{
	return SHOW(device, buf, bios[BOUNCE_WRITE_BOUNCED]);
}

static ssize_t read_passed_bytes_show(struct device *device,
				      struct device_attribute *attr, char *buf)
{
	return SHOW(device, buf, bytes[BOUNCE_READ_PASSED]);
}

static ssize_t read_bounced_bytes_show(struct device *device,
				       struct device_attribute *attr, char *buf)
{
	return SHOW(device, buf, bytes[BOUNCE_READ_BOUNCED]);
}

static ssize_t write_passed_bytes_show(struct device *device,
				       struct device_attribute *attr, char *buf)
{
	return SHOW(device, buf, bytes[BOUNCE_WRITE_PASSED]);
}

static ssize_t write_bounced_bytes_show(struct device *device,
					struct device_attribute *attr, char *buf)
{
	return SHOW(device, buf, bytes[BOUNCE_WRITE_BOUNCED]);
}

static ssize_t splits_show(struct device *device,
			   struct device_attribute *attr, char *buf)
{
	return SHOW(device, buf, splits);
}

/* A line each, as in the "stat" file of vtl0: counters that are read together. */
static ssize_t orders_show(struct device *device, struct device_attribute *attr,
			   char *buf)
{
	struct bounce_pool_stats stats;
	ssize_t len = 0;
	unsigned int i;

	bounce_pool_get_stats(engine_of(device)->pool, &stats);
	for (i = 0; i < BOUNCE_ORDERS; i++)
		len += sysfs_emit_at(buf, len, "order_%u %llu\n", i, stats.orders[i]);
	return len;
}

static ssize_t inflight_bytes_show(struct device *device,
				   struct device_attribute *attr, char *buf)
{
	return SHOW_POOL(device, buf, inflight_bytes);
}

static ssize_t inflight_peak_show(struct device *device,
				  struct device_attribute *attr, char *buf)
{
	return SHOW_POOL(device, buf, inflight_peak);
}

static ssize_t cached_bytes_show(struct device *device,
				 struct device_attribute *attr, char *buf)
{
	return SHOW_POOL(device, buf, cached_bytes);
}

static ssize_t over_limit_show(struct device *device,
			       struct device_attribute *attr, char *buf)
{
	return SHOW_POOL(device, buf, over_limit);
}

static ssize_t reserve_uses_show(struct device *device,
				 struct device_attribute *attr, char *buf)
{
	return SHOW_POOL(device, buf, reserve_uses);
}

static ssize_t reserve_waits_show(struct device *device,
				  struct device_attribute *attr, char *buf)
{
	return SHOW_POOL(device, buf, reserve_waits);
}

static ssize_t held_folios_show(struct device *device,
				struct device_attribute *attr, char *buf)
{
	return SHOW_POOL(device, buf, held_folios);
}

static ssize_t short_copies_show(struct device *device,
				 struct device_attribute *attr, char *buf)
{
	return SHOW_POOL(device, buf, short_copies);
}

static ssize_t nowait_refusals_show(struct device *device,
				    struct device_attribute *attr, char *buf)
{
	return SHOW(device, buf, nowait_refusals);
}

static ssize_t integrity_refusals_show(struct device *device,
				       struct device_attribute *attr, char *buf)
{
	return SHOW(device, buf, integrity_refusals);
}

static ssize_t checks_show(struct device *device,
			   struct device_attribute *attr, char *buf)
{
	return SHOW(device, buf, checks);
}

/* Of direct I/O only: the page cache writes changed pages again. */
static ssize_t mutations_show(struct device *device,
			      struct device_attribute *attr, char *buf)
{
	return SHOW(device, buf, mutations[BOUNCE_SOURCE_DIRECT]);
}

static ssize_t mutations_page_cache_show(struct device *device,
					 struct device_attribute *attr, char *buf)
{
	return SHOW(device, buf, mutations[BOUNCE_SOURCE_CACHE]);
}

static ssize_t mutations_swap_show(struct device *device,
				   struct device_attribute *attr, char *buf)
{
	return SHOW(device, buf, mutations[BOUNCE_SOURCE_SWAP]);
}

static ssize_t mutations_kernel_show(struct device *device,
				     struct device_attribute *attr, char *buf)
{
	return SHOW(device, buf, mutations[BOUNCE_SOURCE_KERNEL]);
}

static ssize_t mutations_kthread_show(struct device *device,
				      struct device_attribute *attr, char *buf)
{
	return SHOW(device, buf, mutations_kthread);
}

/* 32 lines of 77 bytes at most, which a page has room for. */
static ssize_t mutators_show(struct device *device,
			     struct device_attribute *attr, char *buf)
{
	return bounce_engine_show_mutators(engine_of(device), buf, PAGE_SIZE);
}

/*
 * The same as in configfs, where a udev rule for the device below does not know the path.
 * Without dev->lock: bounce_disk_kill() holds it while del_gendisk() waits for this
 * function.
 */
static ssize_t refresh_store(struct device *device, struct device_attribute *attr,
			     const char *buf, size_t count)
{
	static const struct bounce_range range = { .min = 1, .max = 1 };
	unsigned int on;

	if (bounce_range_parse(&range, buf, count, &on))
		return -EINVAL;
	bounce_limits_refresh(dev_to_disk(device)->private_data);
	return count;
}

static DEVICE_ATTR_WO(refresh);
static DEVICE_ATTR_RO(read_passed_bios);
static DEVICE_ATTR_RO(read_bounced_bios);
static DEVICE_ATTR_RO(write_passed_bios);
static DEVICE_ATTR_RO(write_bounced_bios);
static DEVICE_ATTR_RO(read_passed_bytes);
static DEVICE_ATTR_RO(read_bounced_bytes);
static DEVICE_ATTR_RO(write_passed_bytes);
static DEVICE_ATTR_RO(write_bounced_bytes);
static DEVICE_ATTR_RO(splits);
static DEVICE_ATTR_RO(orders);
static DEVICE_ATTR_RO(inflight_bytes);
static DEVICE_ATTR_RO(inflight_peak);
static DEVICE_ATTR_RO(cached_bytes);
static DEVICE_ATTR_RO(over_limit);
static DEVICE_ATTR_RO(reserve_uses);
static DEVICE_ATTR_RO(reserve_waits);
static DEVICE_ATTR_RO(held_folios);
static DEVICE_ATTR_RO(short_copies);
static DEVICE_ATTR_RO(nowait_refusals);
static DEVICE_ATTR_RO(integrity_refusals);
static DEVICE_ATTR_RO(checks);
static DEVICE_ATTR_RO(mutations);
static DEVICE_ATTR_RO(mutations_page_cache);
static DEVICE_ATTR_RO(mutations_swap);
static DEVICE_ATTR_RO(mutations_kernel);
static DEVICE_ATTR_RO(mutations_kthread);
static DEVICE_ATTR_RO(mutators);

static struct attribute *bounce_attrs[] = {
	&dev_attr_refresh.attr,
	&dev_attr_read_passed_bios.attr,
	&dev_attr_read_bounced_bios.attr,
	&dev_attr_write_passed_bios.attr,
	&dev_attr_write_bounced_bios.attr,
	&dev_attr_read_passed_bytes.attr,
	&dev_attr_read_bounced_bytes.attr,
	&dev_attr_write_passed_bytes.attr,
	&dev_attr_write_bounced_bytes.attr,
	&dev_attr_splits.attr,
	&dev_attr_orders.attr,
	&dev_attr_inflight_bytes.attr,
	&dev_attr_inflight_peak.attr,
	&dev_attr_cached_bytes.attr,
	&dev_attr_over_limit.attr,
	&dev_attr_reserve_uses.attr,
	&dev_attr_reserve_waits.attr,
	&dev_attr_held_folios.attr,
	&dev_attr_short_copies.attr,
	&dev_attr_nowait_refusals.attr,
	&dev_attr_integrity_refusals.attr,
	&dev_attr_checks.attr,
	&dev_attr_mutations.attr,
	&dev_attr_mutations_page_cache.attr,
	&dev_attr_mutations_swap.attr,
	&dev_attr_mutations_kernel.attr,
	&dev_attr_mutations_kthread.attr,
	&dev_attr_mutators.attr,
	NULL,
};

static const struct attribute_group bounce_group = {
	.name	= "bounce",
	.attrs	= bounce_attrs,
};

const struct attribute_group *bounce_disk_groups[] = {
	&bounce_group,
	NULL,
};
