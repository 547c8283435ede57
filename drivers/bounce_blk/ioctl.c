// SPDX-License-Identifier: GPL-2.0
/*
 * Passes ioctls that the block layer does not handle to the driver of the device below,
 * for example those of nvme-cli and smartctl. Their data is not bounced.
 */
#include <linux/capability.h>
#include <linux/hdreg.h>
#include <linux/rcupdate.h>

#include "dev.h"

/*
 * The bounce_dev of an open disk, or NULL if the disk is dead: an open disk can outlive
 * its bounce_dev. Until the caller puts @inflight, bounce_engine_drain() waits.
 */
static struct bounce_dev *get_live(struct gendisk *disk)
{
	struct bounce_dev *dev;

	rcu_read_lock();
	/* pairs with put_lower_and_disk(), which then waits for a grace period */
	dev = READ_ONCE(disk->private_data);
	if (dev && (test_bit(GD_DEAD, &disk->state) ||
		    !percpu_ref_tryget_live(&dev->engine.inflight)))
		dev = NULL;
	rcu_read_unlock();
	return dev;
}

/*
 * May the caller's ioctl go to the driver below? That driver cannot tell a partition of
 * this disk from the whole, so CAP_SYS_RAWIO is needed, as for device mapper. The
 * command may write even if the disk was opened for reading, so a read-only device
 * passes only commands that read.
 */
static int may_pass(const struct bounce_dev *dev, unsigned int cmd, unsigned long arg)
{
	if (!capable(CAP_SYS_RAWIO))
		return -ENOTTY;
	return dev->config.read_only && !bounce_query(cmd, arg) ? -EROFS : 0;
}

static int ask_below(struct block_device *bdev, blk_mode_t mode, unsigned int cmd,
		     unsigned long arg, bool compat)
{
	int (*ioctl)(struct block_device *bdev, blk_mode_t mode, unsigned int cmd,
		     unsigned long arg);
	struct bounce_dev *dev = get_live(bdev->bd_disk);
	const struct block_device_operations *fops;
	int ret;

	if (!dev)
		return -ENODEV;
	fops = dev->lower->bd_disk->fops;
	ioctl = compat ? fops->compat_ioctl : fops->ioctl;
	ret = ioctl ? may_pass(dev, cmd, arg) : -ENOTTY;
	if (!ret)
		ret = ioctl(dev->lower, mode, cmd, arg);
	percpu_ref_put(&dev->engine.inflight);
	return ret;
}

/**
 * bounce_ioctl() - pass an ioctl to the driver of the device below
 * @bdev: the disk or a partition
 * @mode: as the caller has it open
 * @cmd: the number of the ioctl
 * @arg: its argument
 *
 * Context: sleeps.
 * Return: as that driver; -ENODEV if the disk is dead; -ENOTTY without CAP_SYS_RAWIO or if
 * the driver has no ioctls; -EROFS if the device is read-only and @cmd may write.
 */
int bounce_ioctl(struct block_device *bdev, blk_mode_t mode, unsigned int cmd,
		 unsigned long arg)
{
	return ask_below(bdev, mode, cmd, arg, false);
}

/**
 * bounce_compat_ioctl() - bounce_ioctl() for a 32-bit program
 * @bdev: the disk or a partition
 * @mode: as the caller has it open
 * @cmd: the number of the ioctl
 * @arg: its argument
 *
 * Context: sleeps.
 * Return: as bounce_ioctl().
 */
int bounce_compat_ioctl(struct block_device *bdev, blk_mode_t mode,
			unsigned int cmd, unsigned long arg)
{
	return ask_below(bdev, mode, cmd, arg, true);
}

/**
 * bounce_getgeo() - get the geometry of the disk below
 * @disk: the disk
 * @geo: filled in; if the device below is a partition, the cylinders follow its size
 *
 * Context: sleeps.
 * Return: 0; -ENODEV if the disk is dead; -ENOTTY if the driver below has no geometry.
 */
int bounce_getgeo(struct gendisk *disk, struct hd_geometry *geo)
{
	struct bounce_dev *dev = get_live(disk);
	struct gendisk *lower;
	unsigned int cylinder;
	int ret = -ENOTTY;

	if (!dev)
		return -ENODEV;
	lower = dev->lower->bd_disk;
	if (lower->fops->getgeo)
		ret = compat_getgeo(dev->lower, geo);
	cylinder = geo->heads * geo->sectors;
	if (!ret && cylinder && bdev_is_partition(dev->lower))
		geo->cylinders = min_t(sector_t, get_capacity(disk) / cylinder,
				       USHRT_MAX);
	percpu_ref_put(&dev->engine.inflight);
	return ret;
}
