// SPDX-License-Identifier: GPL-2.0
/*
 * The device below: opens and claims it, and hands on what it says to its holder.
 * That it is gone, is to be synced, frozen or thawed concerns all that is on top of
 * our disk and of its partitions.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/completion.h>
#include <linux/workqueue.h>

#include "dev.h"

/*
 * The first block device of @disk from index *@idx on, and its index; with a
 * reference, so that the caller may sleep. Index 0 is all of the disk.
 */
static struct block_device *get_bdev(struct gendisk *disk, unsigned long *idx)
{
	struct block_device *bdev;
	unsigned long from = *idx;

	rcu_read_lock();
	xa_for_each_start(&disk->part_tbl, *idx, bdev, from)
		if (kobject_get_unless_zero(&bdev->bd_device.kobj))
			break;
	rcu_read_unlock();
	return bdev;
}

static void put_bdev(struct block_device *bdev)
{
	put_device(&bdev->bd_device);
}

/* ------------------------------------------------------------------ */
/* What it says */

/*
 * The device that holds @bdev, or NULL if it is not live. bd_holder_lock keeps our
 * claim on @bdev, and so the device; from here on @inflight keeps the device, its
 * disk and the module.
 */
static struct bounce_dev *get_holder(struct block_device *bdev)
	__releases(&bdev->bd_holder_lock)
{
	struct bounce_dev *dev = bdev->bd_holder;

	/* Pairs with alloc_disk_for(). */
	if (!smp_load_acquire(&dev->disk) ||
	    !percpu_ref_tryget_live(&dev->engine.inflight))
		dev = NULL;
	mutex_unlock(&bdev->bd_holder_lock);
	return dev;
}

static void put_holder(struct bounce_dev *dev)
{
	percpu_ref_put(&dev->engine.inflight);
}

/* Thaws what freeze_above() froze, once. */
static int thaw_above(struct bounce_dev *dev)
{
	struct block_device *bdev;
	unsigned long idx;

	xa_for_each(&dev->frozen, idx, bdev) {
		if (xa_erase(&dev->frozen, idx) != bdev)
			continue;
		bdev_thaw(bdev);
		put_bdev(bdev);
	}
	return 0;
}

static int freeze_above(struct bounce_dev *dev)
{
	struct block_device *bdev;
	unsigned long idx;
	int ret = 0;

	for (idx = 0; !ret && (bdev = get_bdev(dev->disk, &idx)); idx++) {
		ret = bdev_freeze(bdev);
		if (ret) {
			put_bdev(bdev);
			break;
		}
		ret = xa_err(xa_store(&dev->frozen, idx, bdev, GFP_KERNEL));
		if (ret) {
			bdev_thaw(bdev);
			put_bdev(bdev);
		}
	}
	if (ret)
		thaw_above(dev);
	return ret;
}

struct above_work {
	struct work_struct work;
	struct completion done;
	struct bounce_dev *dev;
	int (*fn)(struct bounce_dev *dev);
	int ret;
};

static void above_work(struct work_struct *work)
{
	struct above_work *above = container_of(work, struct above_work, work);

	above->ret = above->fn(above->dev);
	complete(&above->done);
}

/*
 * Freezing and thawing take bd_fsfreeze_mutex of the device above with that of the
 * device below held. Devices are stacked one way only, but lockdep takes the two for
 * one, so this is left to another task.
 */
static int in_worker(struct bounce_dev *dev, int (*fn)(struct bounce_dev *dev))
{
	struct above_work above = { .dev = dev, .fn = fn };

	init_completion(&above.done);
	INIT_WORK_ONSTACK(&above.work, above_work);
	queue_work(system_dfl_wq, &above.work);
	wait_for_completion(&above.done);
	destroy_work_on_stack(&above.work);
	return above.ret;
}

static int lower_freeze(struct block_device *bdev)
	__releases(&bdev->bd_holder_lock)
{
	struct bounce_dev *dev = get_holder(bdev);
	int ret = 0;

	if (dev) {
		ret = in_worker(dev, freeze_above);
		put_holder(dev);
	}
	/* What the block layer does for a device without a holder. */
	return ret ?: sync_blockdev(bdev);
}

/* Device mapper thaws a device when it has got a new table. */
static int lower_thaw(struct block_device *bdev)
	__releases(&bdev->bd_holder_lock)
{
	struct bounce_dev *dev = get_holder(bdev);

	if (dev) {
		bounce_limits_refresh(dev);
		in_worker(dev, thaw_above);
		put_holder(dev);
	}
	return 0;
}

static void sync_bdev(struct block_device *bdev)
{
	mutex_lock(&bdev->bd_holder_lock);
	if (bdev->bd_holder_ops && bdev->bd_holder_ops->sync)
		bdev->bd_holder_ops->sync(bdev);
	else
		mutex_unlock(&bdev->bd_holder_lock);
	sync_blockdev(bdev);
}

static void lower_sync(struct block_device *bdev)
	__releases(&bdev->bd_holder_lock)
{
	struct bounce_dev *dev = get_holder(bdev);
	struct block_device *part;
	unsigned long idx;

	if (dev) {
		for (idx = 0; (part = get_bdev(dev->disk, &idx)); idx++) {
			sync_bdev(part);
			put_bdev(part);
		}
		put_holder(dev);
	}
	sync_blockdev(bdev);
}

/* While the device below still works: what is dirty above would be lost. */
static void write_back(struct gendisk *disk)
{
	struct block_device *part;
	unsigned long idx;

	for (idx = 0; (part = get_bdev(disk, &idx)); idx++) {
		bdev_mark_dead(part, false);
		put_bdev(part);
	}
}

/*
 * It is gone, or will be when this returns (not @surprise): so are we, for all that
 * is above. The rest, which waits for I/O, is left to bounce_disk_dead().
 */
static void lower_dead(struct block_device *bdev, bool surprise)
	__releases(&bdev->bd_holder_lock)
{
	struct bounce_dev *dev = get_holder(bdev);
	sector_t size;

	if (!dev)
		return;
	/* A frozen file system could not be shut down, and stays frozen for ever. */
	thaw_above(dev);
	if (!surprise)
		write_back(dev->disk);
	/*
	 * Without its size the disk would be empty: VMMs take what is behind the end
	 * for zeroes. With it all I/O ends with an error.
	 */
	size = get_capacity(dev->disk);
	blk_mark_disk_dead(dev->disk);
	set_capacity(dev->disk, size);
	/* rmdir is allowed from here on. */
	bounce_unpin(dev);
	queue_work(system_dfl_wq, &dev->dead);
	put_holder(dev);
}

static const struct blk_holder_ops lower_ops = {
	.mark_dead	= lower_dead,
	.sync		= lower_sync,
	.freeze		= lower_freeze,
	.thaw		= lower_thaw,
};

/* ------------------------------------------------------------------ */
/* Open and close */

static struct file *open_backing(struct bounce_dev *dev)
{
	blk_mode_t mode = BLK_OPEN_READ;
	unsigned int major, minor;
	struct file *file;
	char end;

	if (!dev->config.read_only)
		mode |= BLK_OPEN_WRITE;
	if (sscanf(dev->config.backing, "%u:%u%c", &major, &minor, &end) != 2)
		return bdev_file_open_by_path(dev->config.backing, mode, dev,
					      &lower_ops);
	if (MAJOR(MKDEV(major, minor)) != major || MINOR(MKDEV(major, minor)) != minor)
		return ERR_PTR(-ENXIO);
	file = bdev_file_open_by_dev(MKDEV(major, minor), mode, dev, &lower_ops);
	if (!IS_ERR(file) && !dev->config.read_only &&
	    bdev_read_only(file_bdev(file))) {
		bdev_fput(file);
		return ERR_PTR(-EACCES);
	}
	return file;
}

static int check_lower(struct bounce_dev *dev)
{
	const char *name = config_item_name(&dev->item);
	const struct bounce_config *config = &dev->config;

	if (bdev_is_zoned(dev->lower)) {
		pr_err("%s: %s is zoned, which this driver does not support\n",
		       name, config->backing);
		return -EOPNOTSUPP;
	}
	if (config->max_bounce_kib * SZ_1K % dev->block) {
		pr_err("%s: max_bounce_kib %u is no multiple of the block size %u of %s\n",
		       name, config->max_bounce_kib, dev->block, config->backing);
		return -EINVAL;
	}
	if (config->reserve_kib * (u64)SZ_1K < dev->block) {
		pr_err("%s: reserve_kib %u is less than the block size %u of %s\n",
		       name, config->reserve_kib, dev->block, config->backing);
		return -EINVAL;
	}
	return 0;
}

/**
 * bounce_lower_open - open and claim what "backing" says
 * @dev:	the device; gets @lower_file, @lower, @block and @max_bounce
 *
 * Context: with @dev->lock held; sleeps. The reason of a failure is in the log.
 * Return: 0, or an errno of the table in the admin guide.
 */
int bounce_lower_open(struct bounce_dev *dev)
{
	struct file *file;
	int ret;

	lockdep_assert_held(&dev->lock);
	if (!*dev->config.backing) {
		pr_err("%s: no backing device was set\n",
		       config_item_name(&dev->item));
		return -ENODEV;
	}
	file = open_backing(dev);
	if (IS_ERR(file)) {
		pr_err("%s: cannot open %s: %pe\n", config_item_name(&dev->item),
		       dev->config.backing, file);
		return PTR_ERR(file);
	}
	dev->lower_file = file;
	dev->lower = file_bdev(file);
	dev->block = bdev_logical_block_size(dev->lower);
	ret = check_lower(dev);
	if (ret)
		bdev_fput(file);
	return ret;
}

/**
 * bounce_lower_close - give the device below back
 * @dev:	the device
 *
 * No callback can come any more, as @inflight is dead and idle, or never was live.
 * The claim goes at once, the file as soon as the task leaves the kernel.
 */
void bounce_lower_close(struct bounce_dev *dev)
{
	thaw_above(dev);
	bdev_fput(dev->lower_file);
}

/**
 * bounce_lower_is_dead - has the device below died before it knew of our disk?
 * @dev:	the device, with @disk set
 *
 * Pairs with get_holder(), which comes after the bit was set.
 *
 * Return: true if so; if false, lower_dead() will come when it dies.
 */
bool bounce_lower_is_dead(struct bounce_dev *dev)
{
	smp_mb(); /* dev->disk was set before */
	return test_bit(GD_DEAD, &dev->lower->bd_disk->state);
}

/**
 * bounce_lower_uevent - let udev look again at what has got or lost a holder
 * @dev:	the device, with @lower open
 *
 * That is the device below, and its partitions, which show what is in it, too.
 * open_mutex keeps them in sysfs.
 */
void bounce_lower_uevent(struct bounce_dev *dev)
{
	struct gendisk *disk = dev->lower->bd_disk;
	struct block_device *bdev;
	unsigned long idx;

	guard(mutex)(&disk->open_mutex);
	if (!disk_live(disk))
		return;
	if (bdev_is_partition(dev->lower)) {
		kobject_uevent(bdev_kobj(dev->lower), KOBJ_CHANGE);
		return;
	}
	xa_for_each(&disk->part_tbl, idx, bdev)
		kobject_uevent(bdev_kobj(bdev), KOBJ_CHANGE);
}
