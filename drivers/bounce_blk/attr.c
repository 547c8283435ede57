// SPDX-License-Identifier: GPL-2.0
/*
 * The attributes of a device: /sys/kernel/config/bounce_blk/NAME/ATTRIBUTE. A store
 * parses the value into a local variable and, if it is valid, sets the field under
 * dev->lock.
 */
#include <linux/slab.h>

#include "dev.h"

/* An attribute whose value is a number, or the word for it. */
struct number {
	const struct bounce_range *range;
	size_t field;		/* offset in struct bounce_config */
	bool live;		/* may be written while there is a disk */
	/* sets the value, with dev->lock held; NULL: bounce_disk_configure() does */
	int (*set)(struct bounce_dev *dev, unsigned int value);
};

#define FIELD(name) offsetof(struct bounce_config, name)

/* Not kstrtobool(): it takes "y" and "on", which no attribute shows. */
static const struct bounce_range bool_range = { .max = 1 };

static unsigned int *field_of(struct bounce_dev *dev, const struct number *number)
{
	return (void *)&dev->config + number->field;
}

static ssize_t show_number(struct config_item *item, const struct number *number,
			   char *page)
{
	struct bounce_dev *dev = to_bounce_dev(item);
	unsigned int value;

	guard(mutex)(&dev->lock);
	value = *field_of(dev, number);
	if (number->range->words)
		return sysfs_emit(page, "%s\n", number->range->words[value]);
	return sysfs_emit(page, "%u\n", value);
}

static ssize_t store_number(struct config_item *item, const struct number *number,
			    const char *page, size_t count)
{
	struct bounce_dev *dev = to_bounce_dev(item);
	unsigned int value;
	int ret = 0;

	if (bounce_range_parse(number->range, page, count, &value))
		return -EINVAL;
	guard(mutex)(&dev->lock);
	if (dev->disk && !number->live)
		return -EBUSY;
	if (number->set)
		ret = number->set(dev, value);
	else
		bounce_disk_configure(dev, field_of(dev, number), value);
	return ret ?: count;
}

static ssize_t bounce_backing_show(struct config_item *item, char *page)
{
	struct bounce_dev *dev = to_bounce_dev(item);

	/* bounce_backing_store() frees the string */
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
	if (dev->disk)
		count = -EBUSY;
	else
		swap(dev->config.backing, backing);
	mutex_unlock(&dev->lock);
	/* the old string, or the new one if it was refused */
	kfree(backing);
	return count;
}

/* The limits of the queue depend on the mode, and it stays if they are refused. */
static int set_mode(struct bounce_dev *dev, unsigned int value)
	__must_hold(&dev->lock)
{
	int ret;

	if (dev->disk) {
		ret = bounce_limits_set_mode(dev, value);
		if (ret == -EBUSY)
			bounce_openers_report(dev->disk);
		return ret;
	}
	dev->config.options.mode = value;
	return 0;
}

static const struct number mode = {
	.range	= &bounce_ranges[BOUNCE_OPTION_MODE],
	.field	= FIELD(options.mode),
	.live	= true,
	.set	= set_mode,
};

static ssize_t bounce_mode_show(struct config_item *item, char *page)
{
	return show_number(item, &mode, page);
}

static ssize_t bounce_mode_store(struct config_item *item, const char *page,
				 size_t count)
{
	return store_number(item, &mode, page, count);
}

static const struct number detect = {
	.range	= &bounce_ranges[BOUNCE_OPTION_DETECT],
	.field	= FIELD(options.detect),
	.live	= true,
};

static ssize_t bounce_detect_show(struct config_item *item, char *page)
{
	return show_number(item, &detect, page);
}

static ssize_t bounce_detect_store(struct config_item *item, const char *page,
				   size_t count)
{
	return store_number(item, &detect, page, count);
}

static const struct number detect_every = {
	.range	= &bounce_ranges[BOUNCE_OPTION_DETECT_EVERY],
	.field	= FIELD(options.detect_every),
	.live	= true,
};

static ssize_t bounce_detect_every_show(struct config_item *item, char *page)
{
	return show_number(item, &detect_every, page);
}

static ssize_t bounce_detect_every_store(struct config_item *item,
					 const char *page, size_t count)
{
	return store_number(item, &detect_every, page, count);
}

/*
 * The largest atomic write depends on the reserve. The queue is not frozen for the
 * allocation, which may wait for swap-out to this very disk; until the limits are stacked
 * again an atomic write that is too large now fails if no memory is free.
 */
static int set_reserve_kib(struct bounce_dev *dev, unsigned int value)
	__must_hold(&dev->lock)
{
	int ret;

	if (dev->disk) {
		ret = bounce_pool_set_reserve(dev->engine.pool, value * (size_t)SZ_1K);
		if (ret)
			return ret;
		bounce_limits_refresh(dev);
	}
	/* a device that is off has no pool: bounce_disk_up() allocates the reserve */
	dev->config.options.reserve_kib = value;
	return 0;
}

static const struct number reserve_kib = {
	.range	= &bounce_ranges[BOUNCE_OPTION_RESERVE_KIB],
	.field	= FIELD(options.reserve_kib),
	.live	= true,
	.set	= set_reserve_kib,
};

static ssize_t bounce_reserve_kib_show(struct config_item *item, char *page)
{
	return show_number(item, &reserve_kib, page);
}

static ssize_t bounce_reserve_kib_store(struct config_item *item,
					const char *page, size_t count)
{
	return store_number(item, &reserve_kib, page, count);
}

/*
 * Parts must end at a block of the device below, which is not known before power on:
 * bounce_lower_open() checks that again.
 */
static int set_max_bounce_kib(struct bounce_dev *dev, unsigned int value)
	__must_hold(&dev->lock)
{
	unsigned int bytes = value * SZ_1K;

	if (bytes % PAGE_SIZE || (dev->disk && bytes % dev->block))
		return -EINVAL;
	bounce_disk_configure(dev, &dev->config.options.max_bounce_kib, value);
	return 0;
}

static const struct number max_bounce_kib = {
	.range	= &bounce_ranges[BOUNCE_OPTION_MAX_BOUNCE_KIB],
	.field	= FIELD(options.max_bounce_kib),
	.live	= true,
	.set	= set_max_bounce_kib,
};

static ssize_t bounce_max_bounce_kib_show(struct config_item *item, char *page)
{
	return show_number(item, &max_bounce_kib, page);
}

static ssize_t bounce_max_bounce_kib_store(struct config_item *item,
					   const char *page, size_t count)
{
	return store_number(item, &max_bounce_kib, page, count);
}

static const struct number max_inflight_kib = {
	.range	= &bounce_ranges[BOUNCE_OPTION_MAX_INFLIGHT_KIB],
	.field	= FIELD(options.max_inflight_kib),
	.live	= true,
};

static ssize_t bounce_max_inflight_kib_show(struct config_item *item, char *page)
{
	return show_number(item, &max_inflight_kib, page);
}

static ssize_t bounce_max_inflight_kib_store(struct config_item *item,
					     const char *page, size_t count)
{
	return store_number(item, &max_inflight_kib, page, count);
}

/* Decides how open_backing() opens the device below, at power on. */
static const struct number read_only = {
	.range	= &bool_range,
	.field	= FIELD(read_only),
};

static ssize_t bounce_read_only_show(struct config_item *item, char *page)
{
	return show_number(item, &read_only, page);
}

static ssize_t bounce_read_only_store(struct config_item *item,
				      const char *page, size_t count)
{
	return store_number(item, &read_only, page, count);
}

/* alloc_disk_for() sets GENHD_FL_NO_PART, before the disk is scanned for partitions. */
static const struct number partscan = {
	.range	= &bool_range,
	.field	= FIELD(partscan),
};

static ssize_t bounce_partscan_show(struct config_item *item, char *page)
{
	return show_number(item, &partscan, page);
}

static ssize_t bounce_partscan_store(struct config_item *item, const char *page,
				     size_t count)
{
	return store_number(item, &partscan, page, count);
}

static int set_refresh(struct bounce_dev *dev, unsigned int value)
	__must_hold(&dev->lock)
{
	if (!dev->disk)
		return -ENODEV;
	bounce_limits_refresh(dev);
	return 0;
}

static const struct bounce_range refresh_range = { .min = 1, .max = 1 };

static const struct number refresh = {
	.range	= &refresh_range,
	.live	= true,
	.set	= set_refresh,
};

static ssize_t bounce_refresh_store(struct config_item *item, const char *page,
				    size_t count)
{
	return store_number(item, &refresh, page, count);
}

/* Writing the present state succeeds, so that scripts may repeat it. */
static int set_power(struct bounce_dev *dev, unsigned int value)
	__must_hold(&dev->lock)
{
	if (value && !dev->disk)
		return bounce_disk_up(dev);
	if (!value && dev->disk)
		return bounce_disk_down(dev);
	return 0;
}

static const struct number power = {
	.range	= &bool_range,
	.live	= true,
	.set	= set_power,
};

/* Has no field in the configuration: bounce_disk_dead() powers off, too. */
static ssize_t bounce_power_show(struct config_item *item, char *page)
{
	struct bounce_dev *dev = to_bounce_dev(item);

	guard(mutex)(&dev->lock);
	return sysfs_emit(page, "%d\n", !!dev->disk);
}

static ssize_t bounce_power_store(struct config_item *item, const char *page,
				  size_t count)
{
	return store_number(item, &power, page, count);
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
