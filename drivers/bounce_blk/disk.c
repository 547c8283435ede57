// SPDX-License-Identifier: GPL-2.0
/*
 * Brings the disk of a bounce device up and down, and says what it can do.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/blk-integrity.h>

#include "dev.h"

/* ------------------------------------------------------------------ */
/* The device below */

/* While the device below still works: what is dirty above would be lost. */
static void sync_above(struct gendisk *disk)
{
	struct block_device *part;
	unsigned long idx;

	rcu_read_lock();
	xa_for_each(&disk->part_tbl, idx, part) {
		if (!kobject_get_unless_zero(&part->bd_device.kobj))
			continue;
		rcu_read_unlock();
		bdev_mark_dead(part, false);
		put_device(&part->bd_device);
		rcu_read_lock();
	}
	rcu_read_unlock();
}

/*
 * It is gone, or will be when this returns (not @surprise): so are we, for
 * everybody above. Runs with bd_holder_lock held.
 */
static void lower_dead(struct block_device *bdev, bool surprise)
	__releases(&bdev->bd_holder_lock)
{
	struct bounce_dev *dev = bdev->bd_holder;
	/* Pairs with alloc_disk_for(). */
	struct gendisk *disk = smp_load_acquire(&dev->disk);

	/*
	 * bd_holder_lock keeps our claim on @bdev, and so @dev; from then on
	 * @inflight keeps @dev, the disk and the module.
	 */
	if (disk && !percpu_ref_tryget_live(&dev->inflight))
		disk = NULL;
	mutex_unlock(&bdev->bd_holder_lock);
	if (!disk)
		return;
	if (!surprise)
		sync_above(disk);
	blk_mark_disk_dead(disk);
	percpu_ref_put(&dev->inflight);
}

static const struct blk_holder_ops lower_ops = {
	.mark_dead	= lower_dead,
};

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
	if (dev->max_bounce % dev->block) {
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

static int open_lower(struct bounce_dev *dev)
{
	struct file *file;
	int ret;

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
	dev->max_bounce = dev->config.max_bounce_kib * SZ_1K;
	ret = check_lower(dev);
	if (ret)
		bdev_fput(file);
	return ret;
}

/* ------------------------------------------------------------------ */
/* Memory */

static void inflight_idle(struct percpu_ref *ref)
{
	complete(&container_of(ref, struct bounce_dev, inflight)->idle);
}

static int alloc_memory(struct bounce_dev *dev)
{
	int ret;

	dev->stats = alloc_percpu(struct bounce_stats);
	if (!dev->stats)
		return -ENOMEM;
	ret = bounce_mem_init(&dev->mem, config_item_name(&dev->item),
			      dev->config.reserve_kib * (size_t)SZ_1K, dev->block,
			      dev->stats);
	if (ret)
		goto free_stats;
	ret = bioset_init(&dev->bios, BIO_POOL_SIZE, offsetof(struct bounce_io, bio),
			  BIOSET_NEED_BVECS | BIOSET_PERCPU_CACHE);
	if (ret)
		goto exit_mem;
	init_completion(&dev->idle);
	ret = percpu_ref_init(&dev->inflight, inflight_idle, 0, GFP_KERNEL);
	if (ret)
		goto exit_bios;
	return 0;

exit_bios:
	bioset_exit(&dev->bios);
exit_mem:
	bounce_mem_exit(&dev->mem);
free_stats:
	free_percpu(dev->stats);
	return ret;
}

static void free_memory(struct bounce_dev *dev)
{
	percpu_ref_exit(&dev->inflight);
	bioset_exit(&dev->bios);
	bounce_mem_exit(&dev->mem);
	free_percpu(dev->stats);
}

/* ------------------------------------------------------------------ */
/* The disk */

static int bounce_open(struct gendisk *disk, blk_mode_t mode)
{
	struct bounce_dev *dev = disk->private_data;

	lockdep_assert_held(&disk->open_mutex);
	if (dev->closing)
		return -ENXIO;
	/* Nobody tells us of a new size, so this is when it is asked for. */
	if (!test_bit(GD_DEAD, &disk->state) &&
	    get_capacity(disk) != bdev_nr_sectors(dev->lower))
		set_capacity_and_notify(disk, bdev_nr_sectors(dev->lower));
	return 0;
}

static const struct block_device_operations bounce_fops = {
	.owner		= THIS_MODULE,
	.open		= bounce_open,
	.submit_bio	= bounce_submit_bio,
	.ioctl		= bounce_ioctl,
	.compat_ioctl	= bounce_compat_ioctl,
};

/*
 * Stacked first, ours afterwards: stacking takes over what the device below says
 * of itself, also where we make it otherwise.
 */
static void set_limits(struct bounce_dev *dev, struct queue_limits *lim)
{
	enum bounce_mode mode = dev->config.mode;

	blk_set_stacking_limits(lim);
	/* Stacking only makes it worse, and a sector is more than NVMe wants. */
	lim->dma_alignment = 0;
	lim->features |= BLK_FEAT_IO_STAT | BLK_FEAT_NOWAIT;
	if (mode == BOUNCE_MODE_NONE)
		lim->features |= BLK_FEAT_ATOMIC_WRITES | BLK_FEAT_PCI_P2PDMA;
	queue_limits_stack_bdev(lim, dev->lower, 0, config_item_name(&dev->item));
	/* What may be discarded below at once is all that there is for us. */
	lim->max_hw_discard_sectors = bdev_max_discard_sectors(dev->lower);
	/*
	 * A disk that has found out that it cannot write zeroes leaves one of its two
	 * limits behind, and together they are not valid.
	 */
	if (lim->max_hw_wzeroes_unmap_sectors != lim->max_write_zeroes_sectors)
		lim->max_hw_wzeroes_unmap_sectors = 0;
	/* Not stacked. */
	lim->max_write_streams = bdev_max_write_streams(dev->lower);
	if (lim->max_write_streams)
		lim->write_stream_granularity =
			bdev_limits(dev->lower)->write_stream_granularity;

	/*
	 * The block layer drops what a disk without a cache does not need, below as
	 * here: whether that one has a cache is known when the bio gets there.
	 */
	lim->features |= BLK_FEAT_WRITE_CACHE | BLK_FEAT_FUA;

	/* What is copied needs nobody's help to be stable. */
	lim->features &= ~BLK_FEAT_STABLE_WRITES;
	if ((mode == BOUNCE_MODE_NONE || mode == BOUNCE_MODE_GUEST) &&
	    bdev_stable_writes(dev->lower))
		lim->features |= BLK_FEAT_STABLE_WRITES;

	if (mode == BOUNCE_MODE_NONE) {
		queue_limits_stack_integrity_bdev(lim, dev->lower);
		return;
	}
	/* The CPU copies what is in other devices; the one below never sees it. */
	lim->features |= BLK_FEAT_PCI_P2PDMA;
	if (mode == BOUNCE_MODE_ALL) {
		/* No buffer but ours goes down; 1 is the least that can be said. */
		lim->dma_alignment = 1;
		lim->virt_boundary_mask = 0;
		lim->seg_boundary_mask = BLK_SEG_BOUNDARY_MASK;
		lim->max_segment_size = UINT_MAX;
		lim->max_segments = BIO_MAX_VECS;
	}
}

static int alloc_disk_for(struct bounce_dev *dev)
{
	struct queue_limits lim;
	struct gendisk *disk;

	set_limits(dev, &lim);
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
	dev->closing = false;
	/* Pairs with lower_dead(): last, so that it finds @inflight. */
	smp_store_release(&dev->disk, disk);
	return 0;
}

static int publish_disk(struct bounce_dev *dev)
{
	int ret = device_add_disk(NULL, dev->disk, bounce_disk_groups);

	if (ret) {
		pr_err("%s: cannot add the disk: %pe\n",
		       config_item_name(&dev->item), ERR_PTR(ret));
		return ret;
	}
	/* Only a link for people; the claim is what protects. */
	dev->linked = !bd_link_disk_holder(dev->lower, dev->disk);
	return 0;
}

/*
 * No bio can come any more; those below come back by themselves, as do ioctls and
 * lower_dead(). The claim goes before the disk.
 */
static void put_lower_and_disk(struct bounce_dev *dev)
{
	struct gendisk *disk = dev->disk;

	/* Pairs with get_live() in ioctl.c: killing takes a grace period. */
	WRITE_ONCE(disk->private_data, NULL);
	percpu_ref_kill(&dev->inflight);
	wait_for_completion(&dev->idle);
	bdev_fput(dev->lower_file);
	WRITE_ONCE(dev->disk, NULL);
	put_disk(disk);
}

int bounce_disk_up(struct bounce_dev *dev)
{
	int ret;

	lockdep_assert_held(&dev->lock);
	ret = open_lower(dev);
	if (ret)
		return ret;
	ret = alloc_memory(dev);
	if (ret)
		goto put_lower;
	ret = alloc_disk_for(dev);
	if (ret)
		goto free_memory;
	ret = publish_disk(dev);
	if (ret)
		goto put_both;
	return 0;

put_both:
	put_lower_and_disk(dev);
	free_memory(dev);
	return ret;
free_memory:
	free_memory(dev);
put_lower:
	bdev_fput(dev->lower_file);
	return ret;
}

/* Whoever still has it open gets EIO from here on, also after the next power on. */
void bounce_disk_kill(struct bounce_dev *dev)
{
	lockdep_assert_held(&dev->lock);
	if (dev->linked)
		bd_unlink_disk_holder(dev->lower, dev->disk);
	dev->linked = false;
	del_gendisk(dev->disk);
	put_lower_and_disk(dev);
	free_memory(dev);
}

int bounce_disk_down(struct bounce_dev *dev)
{
	struct gendisk *disk = dev->disk;

	lockdep_assert_held(&dev->lock);
	mutex_lock(&disk->open_mutex);
	if (disk_openers(disk)) {
		mutex_unlock(&disk->open_mutex);
		return -EBUSY;
	}
	dev->closing = true;
	mutex_unlock(&disk->open_mutex);
	bounce_disk_kill(dev);
	return 0;
}
