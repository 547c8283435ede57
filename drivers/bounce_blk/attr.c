// SPDX-License-Identifier: GPL-2.0
/*
 * The attributes of a device: /sys/kernel/config/bounce_blk/NAME/ATTRIBUTE. A store
 * parses the value into a local variable and, if it is valid, sets the field under
 * dev->lock.
 */
#include <linux/slab.h>

#include "dev.h"

#define MAX_RESERVE_KIB		(SZ_1G / SZ_1K)
#define MAX_BOUNCE_KIB		(SZ_16M / SZ_1K)
#define PAGE_KIB		(PAGE_SIZE / SZ_1K)

/* For fields that are fixed while the disk is live: 0 if it is not. */
static int check_idle(struct bounce_dev *dev)
{
	lockdep_assert_held(&dev->lock);
	return dev->disk ? -EBUSY : 0;
}

/* strlen() stops at a NUL: refuse text that has one. */
static bool is_text(const char *page, size_t count)
{
	return strlen(page) == count;
}

/* A decimal number and nothing else. */
static int parse(const char *page, size_t count, unsigned int min,
		 unsigned int max, unsigned int *value)
{
	unsigned int v;

	if (!is_text(page, count) || *page == '+' || kstrtouint(page, 10, &v) ||
	    v < min || v > max)
		return -EINVAL;
	*value = v;
	return 0;
}

/* The valid values of an attribute that is a number, and when it may be written. */
struct number {
	unsigned int min;
	unsigned int max;
	bool live;		/* also while the disk is live */
	/* a further condition; called with dev->lock held */
	bool (*fits)(const struct bounce_dev *dev, unsigned int value);
};

static const struct number idle_bool = { .max = 1 };

static ssize_t show_number(struct bounce_dev *dev, const unsigned int *field,
			   char *page)
{
	guard(mutex)(&dev->lock);
	return sysfs_emit(page, "%u\n", *field);
}

static ssize_t store_number(struct bounce_dev *dev, unsigned int *field,
			    const struct number *number, const char *page,
			    size_t count)
{
	unsigned int value;

	if (parse(page, count, number->min, number->max, &value))
		return -EINVAL;
	guard(mutex)(&dev->lock);
	if (!number->live && check_idle(dev))
		return -EBUSY;
	if (number->fits && !number->fits(dev, value))
		return -EINVAL;
	bounce_disk_configure(dev, field, value);
	return count;
}

static ssize_t bounce_backing_show(struct config_item *item, char *page)
{
	struct bounce_dev *dev = to_bounce_dev(item);

	guard(mutex)(&dev->lock);
	return sysfs_emit(page, "%s\n", dev->config.backing);
}

static ssize_t bounce_backing_store(struct config_item *item, const char *page,
				    size_t count)
{
	struct bounce_dev *dev = to_bounce_dev(item);
	size_t len = strcspn(page, "\n");
	char *backing;

	/* one line without a NUL */
	if (!len || len + (page[len] == '\n') != count)
		return -EINVAL;
	backing = kstrndup(page, len, GFP_KERNEL);
	if (!backing)
		return -ENOMEM;
	mutex_lock(&dev->lock);
	if (check_idle(dev))
		count = -EBUSY;
	else
		swap(dev->config.backing, backing);
	mutex_unlock(&dev->lock);
	kfree(backing);
	return count;
}

static ssize_t bounce_mode_show(struct config_item *item, char *page)
{
	struct bounce_dev *dev = to_bounce_dev(item);

	guard(mutex)(&dev->lock);
	return sysfs_emit(page, "%s\n", bounce_mode_names[dev->config.options.mode]);
}

static ssize_t bounce_mode_store(struct config_item *item, const char *page,
				 size_t count)
{
	int mode = __sysfs_match_string(bounce_mode_names, BOUNCE_NR_MODES, page);
	struct bounce_dev *dev = to_bounce_dev(item);
	int ret = 0;

	if (mode < 0 || !is_text(page, count))
		return -EINVAL;
	guard(mutex)(&dev->lock);
	if (dev->disk)
		ret = bounce_limits_set_mode(dev, mode);
	else
		dev->config.options.mode = mode;
	return ret ?: count;
}

static ssize_t bounce_detect_show(struct config_item *item, char *page)
{
	struct bounce_dev *dev = to_bounce_dev(item);

	guard(mutex)(&dev->lock);
	return sysfs_emit(page, "%s\n", bounce_detect_names[dev->config.options.detect]);
}

static ssize_t bounce_detect_store(struct config_item *item, const char *page,
				   size_t count)
{
	int detect = __sysfs_match_string(bounce_detect_names, BOUNCE_NR_DETECTS, page);
	struct bounce_dev *dev = to_bounce_dev(item);

	if (detect < 0 || !is_text(page, count))
		return -EINVAL;
	guard(mutex)(&dev->lock);
	bounce_disk_configure(dev, &dev->config.options.detect, detect);
	return count;
}

static const struct number detect_every_number = {
	.min = 1, .max = UINT_MAX, .live = true,
};

static ssize_t bounce_detect_every_show(struct config_item *item, char *page)
{
	struct bounce_dev *dev = to_bounce_dev(item);

	return show_number(dev, &dev->config.options.detect_every, page);
}

static ssize_t bounce_detect_every_store(struct config_item *item,
					 const char *page, size_t count)
{
	struct bounce_dev *dev = to_bounce_dev(item);

	return store_number(dev, &dev->config.options.detect_every, &detect_every_number, page, count);
}

static ssize_t bounce_reserve_kib_show(struct config_item *item, char *page)
{
	struct bounce_dev *dev = to_bounce_dev(item);

	return show_number(dev, &dev->config.options.reserve_kib, page);
}

/* The value is set only if the memory could be allocated. */
static ssize_t bounce_reserve_kib_store(struct config_item *item,
					const char *page, size_t count)
{
	struct bounce_dev *dev = to_bounce_dev(item);
	unsigned int value;
	int ret = 0;

	if (parse(page, count, PAGE_KIB, MAX_RESERVE_KIB, &value))
		return -EINVAL;
	guard(mutex)(&dev->lock);
	if (dev->disk)
		ret = bounce_pool_set_reserve(dev->engine.pool, value * (size_t)SZ_1K);
	if (ret)
		return ret;
	dev->config.options.reserve_kib = value;
	return count;
}

/* A multiple of the page size and, while live, of the block size below. */
static bool max_bounce_fits(const struct bounce_dev *dev, unsigned int value)
{
	return !(value % PAGE_KIB) &&
	       !(dev->disk && value * SZ_1K % dev->block);
}

static const struct number max_bounce_number = {
	.min = PAGE_KIB, .max = MAX_BOUNCE_KIB, .live = true, .fits = max_bounce_fits,
};

static ssize_t bounce_max_bounce_kib_show(struct config_item *item, char *page)
{
	struct bounce_dev *dev = to_bounce_dev(item);

	return show_number(dev, &dev->config.options.max_bounce_kib, page);
}

static ssize_t bounce_max_bounce_kib_store(struct config_item *item,
					   const char *page, size_t count)
{
	struct bounce_dev *dev = to_bounce_dev(item);

	return store_number(dev, &dev->config.options.max_bounce_kib, &max_bounce_number, page, count);
}

static const struct number max_inflight_number = { .max = UINT_MAX, .live = true };

static ssize_t bounce_max_inflight_kib_show(struct config_item *item, char *page)
{
	struct bounce_dev *dev = to_bounce_dev(item);

	return show_number(dev, &dev->config.options.max_inflight_kib, page);
}

static ssize_t bounce_max_inflight_kib_store(struct config_item *item,
					     const char *page, size_t count)
{
	struct bounce_dev *dev = to_bounce_dev(item);

	return store_number(dev, &dev->config.options.max_inflight_kib, &max_inflight_number, page,
			    count);
}

static ssize_t bounce_read_only_show(struct config_item *item, char *page)
{
	struct bounce_dev *dev = to_bounce_dev(item);

	return show_number(dev, &dev->config.read_only, page);
}

static ssize_t bounce_read_only_store(struct config_item *item,
				      const char *page, size_t count)
{
	struct bounce_dev *dev = to_bounce_dev(item);

	return store_number(dev, &dev->config.read_only, &idle_bool, page, count);
}

static ssize_t bounce_partscan_show(struct config_item *item, char *page)
{
	struct bounce_dev *dev = to_bounce_dev(item);

	return show_number(dev, &dev->config.partscan, page);
}

static ssize_t bounce_partscan_store(struct config_item *item, const char *page,
				     size_t count)
{
	struct bounce_dev *dev = to_bounce_dev(item);

	return store_number(dev, &dev->config.partscan, &idle_bool, page, count);
}

static ssize_t bounce_refresh_store(struct config_item *item, const char *page,
				    size_t count)
{
	struct bounce_dev *dev = to_bounce_dev(item);
	unsigned int on;

	if (parse(page, count, 1, 1, &on))
		return -EINVAL;
	guard(mutex)(&dev->lock);
	if (!dev->disk)
		return -ENODEV;
	bounce_limits_refresh(dev);
	return count;
}

static ssize_t bounce_power_show(struct config_item *item, char *page)
{
	struct bounce_dev *dev = to_bounce_dev(item);

	guard(mutex)(&dev->lock);
	return sysfs_emit(page, "%d\n", !!dev->disk);
}

static ssize_t bounce_power_store(struct config_item *item, const char *page,
				  size_t count)
{
	struct bounce_dev *dev = to_bounce_dev(item);
	unsigned int on;
	int ret = 0;

	if (parse(page, count, 0, 1, &on))
		return -EINVAL;
	guard(mutex)(&dev->lock);
	if (on && !dev->disk)
		ret = bounce_disk_up(dev);
	else if (!on && dev->disk)
		ret = bounce_disk_down(dev);
	return ret ?: count;
}

static ssize_t bounce_disk_show(struct config_item *item, char *page)
{
	struct bounce_dev *dev = to_bounce_dev(item);

	guard(mutex)(&dev->lock);
	return sysfs_emit(page, "%s\n", dev->disk ? dev->disk->disk_name : "");
}

CONFIGFS_ATTR(bounce_, backing);
CONFIGFS_ATTR(bounce_, mode);
CONFIGFS_ATTR(bounce_, detect);
CONFIGFS_ATTR(bounce_, detect_every);
CONFIGFS_ATTR(bounce_, reserve_kib);
CONFIGFS_ATTR(bounce_, max_bounce_kib);
CONFIGFS_ATTR(bounce_, max_inflight_kib);
CONFIGFS_ATTR(bounce_, read_only);
CONFIGFS_ATTR(bounce_, partscan);
CONFIGFS_ATTR(bounce_, power);
CONFIGFS_ATTR_RO(bounce_, disk);
CONFIGFS_ATTR_WO(bounce_, refresh);

struct configfs_attribute *bounce_config_attrs[] = {
	&bounce_attr_backing,
	&bounce_attr_mode,
	&bounce_attr_detect,
	&bounce_attr_detect_every,
	&bounce_attr_reserve_kib,
	&bounce_attr_max_bounce_kib,
	&bounce_attr_max_inflight_kib,
	&bounce_attr_read_only,
	&bounce_attr_partscan,
	&bounce_attr_power,
	&bounce_attr_disk,
	&bounce_attr_refresh,
	NULL,
};
