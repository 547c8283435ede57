// SPDX-License-Identifier: GPL-2.0
/*
 * Adds and removes the disk of a bounce device.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "dev.h"

/* ------------------------------------------------------------------ */
/* The engine between the disk and the device below */

static int init_engine(struct bounce_dev *dev)
{
	struct bounce_engine_params params = {
		.name		= config_item_name(&dev->item),
		.lower		= dev->lower,
		.accounts	= true,
		.options	= &dev->config.options,
	};

	return bounce_engine_init(&dev->engine, &params);
}

static void bounce_submit_bio(struct bio *bio)
{
	struct bounce_dev *dev = bio->bi_bdev->bd_disk->private_data;

	bounce_engine_submit(&dev->engine, bio);
}

/* ------------------------------------------------------------------ */
/* The disk */

static int bounce_open(struct gendisk *disk, blk_mode_t mode)
{
	struct bounce_dev *dev = disk->private_data;

	lockdep_assert_held(&disk->open_mutex);
	if (dev->closing || test_bit(GD_DEAD, &disk->state))
		return -ENXIO;
	/* Not all devices report their changes to the holder. */
	bounce_limits_refresh(dev);
	return 0;
}

COMPAT_GETGEO(bounce_getgeo)

static const struct block_device_operations bounce_fops = {
	.owner		= THIS_MODULE,
	.open		= bounce_open,
	.submit_bio	= bounce_submit_bio,
	.ioctl		= bounce_ioctl,
	.compat_ioctl	= bounce_compat_ioctl,
	.getgeo		= COMPAT_GETGEO_OP(bounce_getgeo),
};

static int alloc_disk_for(struct bounce_dev *dev)
{
	struct queue_limits lim;
	struct gendisk *disk;

	bounce_limits_stack(dev, &lim);
	dev->stacked = lim;
	disk = blk_alloc_disk(&lim, NUMA_NO_NODE);
	if (IS_ERR(disk)) {
		pr_err("%s: no disk: %pe\n", config_item_name(&dev->item), disk);
		return PTR_ERR(disk);
	}
	disk->fops = &bounce_fops;
	disk->private_data = dev;
	snprintf(disk->disk_name, sizeof(disk->disk_name), BOUNCE_DISK_PREFIX "%s",
		 config_item_name(&dev->item));
	set_capacity(disk, bdev_nr_sectors(dev->lower));
	set_disk_ro(disk, dev->config.read_only);
	if (!dev->config.partscan)
		disk->flags |= GENHD_FL_NO_PART;
	dev->engine.disk = disk;
	dev->closing = false;
	/* Pairs with get_holder(): last, so that it finds @inflight. */
	smp_store_release(&dev->disk, disk);
	return 0;
}

/*
 * The claim of the device below protects it; the holders link shows that to users and
 * to udev. device_add_disk() sends its uevent before the link can exist, so another one
 * is sent.
 */
static int publish_disk(struct bounce_dev *dev)
{
	int ret = device_add_disk(NULL, dev->disk, bounce_disk_groups);

	if (ret)
		goto failed;
	ret = bd_link_disk_holder(dev->lower, dev->disk);
	if (!ret && bounce_lower_is_dead(dev)) {
		bd_unlink_disk_holder(dev->lower, dev->disk);
		ret = -ENODEV;
	}
	if (ret)
		goto del_disk;
	disk_uevent(dev->disk, KOBJ_ADD);
	bounce_lower_uevent(dev);
	return 0;

del_disk:
	del_gendisk(dev->disk);
failed:
	pr_err("%s: cannot add the disk: %pe\n", config_item_name(&dev->item),
	       ERR_PTR(ret));
	return ret;
}

/*
 * Called when no new bio can arrive. bounce_engine_drain() waits for bios, ioctls and
 * notifications of the device below; the claim is released before the disk is freed.
 */
static void put_lower_and_disk(struct bounce_dev *dev)
{
	struct gendisk *disk = dev->disk;

	/* Pairs with get_live() in ioctl.c: killing takes a grace period. */
	WRITE_ONCE(disk->private_data, NULL);
	bounce_engine_drain(&dev->engine);
	bounce_lower_close(dev);
	WRITE_ONCE(dev->disk, NULL);
	put_disk(disk);
}

static int start(struct bounce_dev *dev)
	__must_hold(&dev->lock)
{
	int ret;

	ret = bounce_lower_open(dev);
	if (ret)
		return ret;
	ret = init_engine(dev);
	if (ret)
		goto close_lower;
	ret = alloc_disk_for(dev);
	if (ret)
		goto exit_engine;
	ret = publish_disk(dev);
	if (ret)
		goto put_both;
	return 0;

put_both:
	put_lower_and_disk(dev);
	bounce_engine_exit(&dev->engine);
	return ret;
exit_engine:
	bounce_engine_exit(&dev->engine);
close_lower:
	bounce_lower_close(dev);
	return ret;
}

/**
 * bounce_disk_up() - power on: open the device below and add the disk
 * @dev: a device without a disk
 *
 * Context: with @dev->lock held; sleeps. Logs the reason of a failure.
 * Return: 0; -ENOENT if rmdir has begun; else an errno of the table in the admin guide.
 */
int bounce_disk_up(struct bounce_dev *dev)
{
	int ret;

	lockdep_assert_held(&dev->lock);
	ret = bounce_pin(dev);
	if (ret)
		return ret;
	ret = start(dev);
	if (ret)
		bounce_unpin(dev);
	return ret;
}

/**
 * bounce_disk_kill() - power off, also while the disk is open
 * @dev: a device that has a disk
 *
 * I/O on open files of the disk fails from here on, also after the next power on.
 *
 * Context: with @dev->lock held; sleeps, until I/O below has ended.
 */
void bounce_disk_kill(struct bounce_dev *dev)
{
	lockdep_assert_held(&dev->lock);
	bd_unlink_disk_holder(dev->lower, dev->disk);
	bounce_lower_uevent(dev);
	del_gendisk(dev->disk);
	put_lower_and_disk(dev);
	bounce_engine_exit(&dev->engine);
	bounce_unpin(dev);
}

/**
 * bounce_disk_dead() - power off after the device below was removed
 * @work: of the device; lower_dead() queued it, and the disk may have been powered off
 *	since, and on again
 */
void bounce_disk_dead(struct work_struct *work)
{
	struct bounce_dev *dev = container_of(work, struct bounce_dev, dead);

	guard(mutex)(&dev->lock);
	if (!dev->disk || !test_bit(GD_DEAD, &dev->disk->state))
		return;
	pr_info("%s: the device below has gone, powered off\n",
		dev->disk->disk_name);
	bounce_disk_kill(dev);
}

/* Lets opens fail from here on, or returns -EBUSY if the disk is open. */
static int close_disk(struct bounce_dev *dev)
{
	struct gendisk *disk = dev->disk;

	guard(mutex)(&disk->open_mutex);
	if (disk_openers(disk))
		return -EBUSY;
	dev->closing = true;
	return 0;
}

/**
 * bounce_disk_down() - power off, unless the disk is open
 * @dev: a device that has a disk
 *
 * Context: with @dev->lock held; sleeps. Logs which processes have the disk open.
 * Return: 0 or -EBUSY.
 */
int bounce_disk_down(struct bounce_dev *dev)
{
	int ret = 0;

	lockdep_assert_held(&dev->lock);
	/* openers of a dead disk cannot use it, so they do not stop this */
	if (!test_bit(GD_DEAD, &dev->disk->state))
		ret = close_disk(dev);
	if (ret)
		bounce_openers_report(dev->disk);
	else
		bounce_disk_kill(dev);
	return ret;
}

/**
 * bounce_disk_configure() - set a field of the configuration, also in the engine
 * @dev: the device
 * @field: the field, in @dev->config
 * @value: a valid value
 *
 * No field depends on another one, and a bio may see the old or the new value, so the queue is
 * not frozen: that would wait, with @dev->lock held, for bios that wait for memory, and a
 * larger max_inflight_kib is what lets them go.
 *
 * Context: with @dev->lock held.
 */
void bounce_disk_configure(struct bounce_dev *dev, unsigned int *field,
			   unsigned int value)
{
	const struct bounce_options *options = &dev->config.options;

	lockdep_assert_held(&dev->lock);
	*field = value;
	if (!dev->disk)
		return;
	WRITE_ONCE(dev->engine.detect, options->detect);
	WRITE_ONCE(dev->engine.detect_every, options->detect_every);
	WRITE_ONCE(dev->engine.max_bounce, options->max_bounce_kib * SZ_1K);
	bounce_pool_set_max_inflight(dev->engine.pool,
				     options->max_inflight_kib * (size_t)SZ_1K);
}
