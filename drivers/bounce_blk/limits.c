// SPDX-License-Identifier: GPL-2.0
/*
 * The queue limits of the disk: those of the device below, with the changes that
 * bouncing makes. They follow the device below while the disk is live.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/blk-integrity.h>
#include <linux/blk-mq.h>

#include "dev.h"

/* Features that can be set in /sys/block/DISK/queue. */
#define USER_FEATURES (BLK_FEAT_ROTATIONAL | BLK_FEAT_ADD_RANDOM | \
		       BLK_FEAT_IO_STAT | BLK_FEAT_STABLE_WRITES)

/**
 * bounce_limits_stack() - stack the limits of the device below, and change them for bouncing
 * @dev: the device, with @lower open
 * @lim: filled in; the changes come last, as stacking would overwrite them
 *
 * The limits below are read without a lock, as md and dm do: their driver reports each
 * change, and bounce_limits_refresh() reads them again.
 */
void bounce_limits_stack(struct bounce_dev *dev, struct queue_limits *lim)
{
	blk_set_stacking_limits(lim);
	/* Stacking only raises it, and the default of 511 is more than NVMe needs. */
	lim->dma_alignment = 0;
	lim->features |= BLK_FEAT_IO_STAT | BLK_FEAT_NOWAIT | BLK_FEAT_POLL |
			 BLK_FEAT_ATOMIC_WRITES;
	/* not each blk_stack_limits() clears this one */
	if (blk_queue_pci_p2pdma(bdev_get_queue(dev->lower)))
		lim->features |= BLK_FEAT_PCI_P2PDMA;
	queue_limits_stack_bdev(lim, dev->lower, 0, config_item_name(&dev->item));
	/* The hardware limit of this disk is what the user allows for the one below. */
	lim->max_hw_discard_sectors = bdev_max_discard_sectors(dev->lower);
	/*
	 * A disk whose driver found out that it cannot write zeroes clears one of two
	 * limits only, and blk_validate_limits() refuses the pair.
	 */
	compat_drop_stale_wzeroes(lim);
	/* blk_stack_limits() leaves them out */
	compat_stack_write_streams(lim, dev->lower);

	bounce_engine_set_limits(&dev->engine, lim);
	if (dev->engine.mode == BOUNCE_MODE_NONE)
		queue_limits_stack_integrity_bdev(lim, dev->lower);
}

/* Carries over what the user has set in /sys/block/DISK/queue: where @now and @old differ. */
static void keep_user(struct queue_limits *lim, const struct queue_limits *now,
		      const struct queue_limits *old)
{
	lim->features ^= (now->features ^ old->features) & USER_FEATURES;
	lim->flags |= now->flags & ~BLK_FLAG_MISALIGNED;
	if (now->max_user_sectors != old->max_user_sectors)
		lim->max_user_sectors = now->max_user_sectors;
	if (now->max_user_discard_sectors != old->max_user_discard_sectors)
		lim->max_user_discard_sectors = now->max_user_discard_sectors;
	if (now->max_user_wzeroes_unmap_sectors != old->max_user_wzeroes_unmap_sectors)
		lim->max_user_wzeroes_unmap_sectors =
			now->max_user_wzeroes_unmap_sectors;
}

/* A disk that dies has no sectors any more, which is not to be taken for its new size. */
static void follow_size(struct bounce_dev *dev)
{
	sector_t sectors = bdev_nr_sectors(dev->lower);

	/* pairs with test_and_set_bit() in front of set_capacity() where a disk dies */
	smp_rmb();
	if (!test_bit(GD_DEAD, &dev->disk->state) &&
	    !test_bit(GD_DEAD, &dev->lower->bd_disk->state))
		set_capacity_and_notify(dev->disk, sectors);
}

/*
 * Commits stacked limits. The queue is frozen; limits_lock is held and released here.
 * After an error @stacked of the device stays that of the limits in force, so the next
 * bounce_limits_refresh() finds a difference and tries again: each open of the disk does.
 */
static int commit(struct bounce_dev *dev, const struct queue_limits *now,
		  const struct queue_limits *stacked)
	__releases(&dev->disk->queue->limits_lock)
{
	struct queue_limits lim = *stacked;
	int ret;

	keep_user(&lim, now, &dev->stacked);
	ret = queue_limits_commit_update(dev->disk->queue, &lim);
	if (ret)
		pr_err_ratelimited("%s: the limits of %pg are not valid: %pe\n",
				   dev->disk->disk_name, dev->lower, ERR_PTR(ret));
	else
		dev->stacked = *stacked;
	return ret;
}

/* The block size must not change while the disk may be open. */
static bool block_changed(struct bounce_dev *dev, const struct queue_limits *lim)
{
	if (lim->logical_block_size == dev->block)
		return false;
	pr_warn_ratelimited("%s: blocks of %pg have %u bytes now, and had %u: power off and on to follow\n",
			    dev->disk->disk_name, dev->lower,
			    lim->logical_block_size, dev->block);
	return true;
}

/**
 * bounce_limits_refresh() - follow changes of the device below
 * @dev: a device that has a disk, dead or not
 *
 * Takes over the size, the queue limits and whether it is read-only. The queue is
 * frozen only if limits have changed; that waits for I/O that waits for memory.
 *
 * Context: sleeps. Calls that race are ordered by @stack_lock, so the newer size stays.
 */
void bounce_limits_refresh(struct bounce_dev *dev)
{
	struct request_queue *queue = dev->disk->queue;
	struct queue_limits now, lim;
	unsigned int memflags;

	guard(mutex)(&dev->stack_lock);
	now = queue_limits_start_update(queue);
	follow_size(dev);
	bounce_limits_stack(dev, &lim);
	if (!memcmp(&lim, &dev->stacked, sizeof(lim)) || block_changed(dev, &lim)) {
		queue_limits_cancel_update(queue);
	} else {
		memflags = blk_mq_freeze_queue(queue);
		commit(dev, &now, &lim);
		blk_mq_unfreeze_queue(queue, memflags);
	}
	set_disk_ro(dev->disk, dev->config.read_only || bdev_read_only(dev->lower));
}

/*
 * A file system that attaches protection information looks for the integrity profile once more
 * when a read has ended, which neither a freeze of the queue nor bounce_engine_drain() waits
 * for. So the profile of mode none has to stay as long as such a file system may be mounted.
 */
static bool integrity_is_in_use(struct bounce_dev *dev)
	__must_hold(&dev->disk->open_mutex)
{
	/* set before the queue was frozen */
	if (!disk_openers(dev->disk))
		dev->engine.passed_integrity = false;
	return dev->engine.passed_integrity;
}

/**
 * bounce_limits_set_mode() - change the mode of a device that has a disk
 * @dev: the device
 * @mode: for bios that are submitted from now on
 *
 * Context: with @dev->lock held; sleeps.
 * Return: 0, or an errno, and then the mode is the old one: -EBUSY if the disk is open, I/O with
 * protection information has passed, and it would not any more.
 */
int bounce_limits_set_mode(struct bounce_dev *dev, enum bounce_mode mode)
{
	struct request_queue *queue = dev->disk->queue;
	enum bounce_mode old = dev->config.options.mode;
	struct queue_limits now, lim;
	unsigned int memflags;
	int ret = -EBUSY;

	lockdep_assert_held(&dev->lock);
	guard(mutex)(&dev->disk->open_mutex);
	guard(mutex)(&dev->stack_lock);
	now = queue_limits_start_update(queue);
	memflags = blk_mq_freeze_queue(queue);
	dev->engine.mode = mode;
	bounce_limits_stack(dev, &lim);
	if (old == BOUNCE_MODE_NONE && mode != old && integrity_is_in_use(dev))
		queue_limits_cancel_update(queue);
	else
		ret = commit(dev, &now, &lim);
	if (ret)
		dev->engine.mode = old;
	else
		dev->config.options.mode = mode;
	blk_mq_unfreeze_queue(queue, memflags);
	return ret;
}
