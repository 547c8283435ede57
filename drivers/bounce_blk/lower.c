// SPDX-License-Identifier: GPL-2.0
/*
 * Opens and claims the device below, and implements its holder operations: removal,
 * sync, freeze and thaw of that device are passed on to the disk of the bounce device
 * and to its partitions.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/completion.h>
#include <linux/workqueue.h>

#include "dev.h"

/*
 * Returns the first block device of @disk whose index is *@idx or more, and sets *@idx
 * to its index; 0 is the whole disk. It has a reference, so the caller may sleep.
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
/* Holder operations */

/*
 * Returns the bounce device that holds @bdev, or NULL if it is not live. Until
 * bd_holder_lock is released here, it keeps the claim on @bdev and so the device; then
 * @inflight keeps the device, its disk and the module, until put_holder().
 */
static struct bounce_dev *get_holder(struct block_device *bdev)
	__releases(&bdev->bd_holder_lock)
{
	struct bounce_dev *dev = bdev->bd_holder;

	/* pairs with alloc_disk_for() */
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

/* Thaws the block devices that freeze_above() froze, each once. */
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
 * The caller holds bd_fsfreeze_mutex of the device below, and freezing and thawing take
 * that of the device above. Devices are stacked in one direction only, but lockdep has
 * one class for both mutexes, so a worker does it.
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
	/* as the block layer does for a device without a holder */
	return ret ?: sync_blockdev(bdev);
}

/* Device mapper thaws a device after a change of its table: limits may be new. */
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

/* Writes dirty pages of the disk back while the device below still works. */
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
 * The device below was removed, or is about to be (not @surprise): marks the disk as
 * dead. bounce_disk_dead() does the rest, which waits for I/O.
 */
static void lower_dead(struct block_device *bdev, bool surprise)
	__releases(&bdev->bd_holder_lock)
{
	struct bounce_dev *dev = get_holder(bdev);
	sector_t size;

	if (!dev)
		return;
	/* a frozen file system cannot be shut down, and would stay frozen for ever */
	thaw_above(dev);
	if (!surprise)
		write_back(dev->disk);
	/*
	 * blk_mark_disk_dead() sets the capacity to 0, and VMMs read zeroes behind the
	 * end of a disk. With its old capacity all I/O fails instead.
	 */
	size = get_capacity(dev->disk);
	blk_mark_disk_dead(dev->disk);
	set_capacity(dev->disk, size);
	/* rmdir is allowed from here on */
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
	if (config->options.max_bounce_kib * SZ_1K % dev->block) {
		pr_err("%s: max_bounce_kib %u is no multiple of the block size %u of %s\n",
		       name, config->options.max_bounce_kib, dev->block, config->backing);
		return -EINVAL;
	}
	if (config->options.reserve_kib * (u64)SZ_1K < dev->block) {
		pr_err("%s: reserve_kib %u is less than the block size %u of %s\n",
		       name, config->options.reserve_kib, dev->block, config->backing);
		return -EINVAL;
	}
	return 0;
}

/**
 * bounce_lower_open() - open and claim the device that "backing" names
 * @dev: the device; gets @lower_file, @lower and @block
 *
 * Context: with @dev->lock held; sleeps. Logs the reason of a failure.
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
 * bounce_lower_close() - release the claim and close the device below
 * @dev: the device; its @inflight is dead and idle, or never was live, so no holder
 *	operation can use it
 *
 * bdev_fput() releases the claim at once, and the file when the task leaves the kernel.
 */
void bounce_lower_close(struct bounce_dev *dev)
{
	thaw_above(dev);
	bdev_fput(dev->lower_file);
}

/**
 * bounce_lower_is_dead() - was the device below removed before @disk was set?
 * @dev: the device, with @disk set
 *
 * Pairs with get_holder(), which runs after GD_DEAD was set.
 *
 * Return: true if so; if false, lower_dead() will see @disk when it is removed.
 */
bool bounce_lower_is_dead(struct bounce_dev *dev)
{
	smp_mb(); /* orders the store of dev->disk before the test */
	return test_bit(GD_DEAD, &dev->lower->bd_disk->state);
}

/**
 * bounce_lower_uevent() - send change uevents for a device that got or lost a holder
 * @dev: the device, with @lower open
 *
 * For the device below and its partitions, so that udev looks at their holders again.
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
