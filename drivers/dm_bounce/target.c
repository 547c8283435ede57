// SPDX-License-Identifier: GPL-2.0
/*
 * dm-bounce: the engine of bounce_core as a target of device mapper, so that it
 * can be put under a live volume by a reload of its table:
 *
 *	START LENGTH bounce DEVICE OFFSET [#OPTIONS OPTION...]
 *
 * Device mapper splits bios, keeps iostat, suspends and resumes, and stacks the limits
 * of the device below.
 */
#include <linux/blk-integrity.h>
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "target.h"

static int get_lower(struct dm_target *ti, struct bounce_target *bt,
		     struct dm_arg_set *args)
{
	const char *path = dm_shift_arg(args), *offset = dm_shift_arg(args);
	unsigned long long start;
	int ret;

	/* unlike sscanf() of 6.12 this refuses a number that is too large */
	if (*offset == '+' || kstrtoull(offset, 10, &start) || start != (sector_t)start) {
		ti->error = "Invalid offset";
		return -EINVAL;
	}
	bt->start = start;
	ret = dm_get_device(ti, path, dm_table_get_mode(ti->table), &bt->dev);
	if (ret)
		ti->error = "Cannot get the device below";
	return ret;
}

static int init_engine(struct dm_target *ti, struct bounce_target *bt)
{
	struct gendisk *disk = dm_disk(dm_table_get_md(ti->table));
	struct bounce_engine_params params = {
		.name		= disk->disk_name,
		.disk		= disk,
		.lower		= bt->dev->bdev,
		.offset		= bt->start - ti->begin,
		/*
		 * Bios of device mapper have no cgroup. This one gives what goes down that of
		 * the bio from above, which for writeback is not the one of the task.
		 */
		.submit		= dm_submit_bio_remap,
		.options	= &bt->options,
	};
	int ret = bounce_engine_init(&bt->engine, &params);

	if (ret == -EINVAL)
		ti->error = "reserve_kib or max_bounce_kib does not fit the block size";
	else if (ret)
		ti->error = "Cannot get memory for the reserve";
	return ret;
}

static int bounce_ctr(struct dm_target *ti, unsigned int argc, char **argv)
{
	struct dm_arg_set args = { .argc = argc, .argv = argv };
	struct bounce_target *bt;
	int ret;

	if (argc < 2) {
		ti->error = "Needs a device and an offset";
		return -EINVAL;
	}
	bt = kzalloc_obj(*bt);
	if (!bt) {
		ti->error = "Cannot get memory";
		return -ENOMEM;
	}
	ret = get_lower(ti, bt, &args);
	if (ret)
		goto free_target;
	bt->options = bounce_default_options;
	ret = bounce_parse_options(ti, &bt->options, &args);
	if (ret)
		goto put_device;
	ret = init_engine(ti, bt);
	if (ret)
		goto put_device;
	ti->num_flush_bios = 1;
	ti->num_discard_bios = 1;
	ti->num_secure_erase_bios = 1;
	ti->num_write_zeroes_bios = 1;
	ti->flush_bypasses_map = true;
	ti->accounts_remapped_io = true;
	ti->private = bt;
	return 0;

put_device:
	dm_put_device(ti, bt->dev);
free_target:
	kfree(bt);
	return ret;
}

static void bounce_dtr(struct dm_target *ti)
{
	struct bounce_target *bt = ti->private;

	bounce_engine_drain(&bt->engine);
	bounce_engine_exit(&bt->engine);
	dm_put_device(ti, bt->dev);
	kfree(bt);
}

static int remap(struct dm_target *ti, struct bio *bio)
{
	struct bounce_target *bt = ti->private;

	bounce_engine_count_passed(&bt->engine, bio);
	bio_set_dev(bio, bt->dev->bdev);
	bio->bi_iter.bi_sector = bt->start +
				 dm_target_offset(ti, bio->bi_iter.bi_sector);
	return DM_MAPIO_REMAPPED;
}

static int bounce_map(struct dm_target *ti, struct bio *bio)
{
	struct bounce_target *bt = ti->private;
	struct bounce_engine *engine = &bt->engine;
	bool bounce = bounce_engine_wants(engine, bio);
	struct bounce_io *io;
	int ret;

	if (!bounce && !bounce_engine_checks(engine, bio))
		return remap(ti, bio);
	ret = bounce_engine_prepare(engine, bio, bounce, &io);
	if (ret) {
		bounce_engine_refuse(engine, bio, ret);
		return DM_MAPIO_SUBMITTED;
	}
	if (io->part.bi_size < bio->bi_iter.bi_size) {
		/* device mapper calls again with the rest when the part was submitted */
		bounce_engine_count_split(engine);
		dm_accept_partial_bio(bio, io->part.bi_size >> SECTOR_SHIFT);
	}
	bounce_engine_go(io);
	return DM_MAPIO_SUBMITTED;
}

/* 1 if the target covers a part of the device only: then CAP_SYS_RAWIO is needed. */
static int bounce_prepare_ioctl(struct dm_target *ti,
				struct block_device **bdev COMPAT_PREPARE_IOCTL_ARGS)
{
	struct bounce_target *bt = ti->private;

	*bdev = bt->dev->bdev;
	return bt->start || ti->len != bdev_nr_sectors(bt->dev->bdev);
}

static int bounce_iterate_devices(struct dm_target *ti,
				  iterate_devices_callout_fn fn, void *data)
{
	struct bounce_target *bt = ti->private;

	return fn(ti, bt->dev, bt->start, ti->len, data);
}

/*
 * What is bounced carries no protection information, so the device takes none. But if it has had
 * a profile so far, devices stacked on it go on to send some, and so do bios that wait for the
 * resume. Device mapper clones them by the profile of the mapped device, which must not be NULL
 * then: keep one of the same size without a checksum, for which file systems compute nothing.
 */
static void drop_integrity(struct dm_target *ti, struct queue_limits *limits)
{
	struct gendisk *disk = dm_disk(dm_table_get_md(ti->table));
	const struct blk_integrity *now = blk_get_integrity(disk);

	limits->integrity = (struct blk_integrity) { };
	if (!now)
		return;
	limits->integrity.metadata_size = now->metadata_size;
	limits->integrity.interval_exp = now->interval_exp;
}

static void bounce_io_hints(struct dm_target *ti, struct queue_limits *limits)
{
	struct bounce_target *bt = ti->private;

	bounce_engine_set_limits(&bt->engine, limits);
	if (bt->engine.mode != BOUNCE_MODE_NONE)
		drop_integrity(ti, limits);
}

static struct target_type bounce_target = {
	.name		= "bounce",
	.version	= {1, 0, 0},
	.features	= DM_TARGET_NOWAIT | DM_TARGET_PASSES_INTEGRITY |
			  COMPAT_DM_TARGET_ATOMIC_WRITES,
	.module		= THIS_MODULE,
	.ctr		= bounce_ctr,
	.dtr		= bounce_dtr,
	.map		= bounce_map,
	.status		= bounce_status,
	.message	= bounce_message,
	.prepare_ioctl	= bounce_prepare_ioctl,
	.iterate_devices = bounce_iterate_devices,
	.io_hints	= bounce_io_hints,
};
module_dm(bounce);

MODULE_VERSION(PROJECT_VERSION);
MODULE_DESCRIPTION("Device mapper target whose data cannot change in flight");
MODULE_LICENSE("GPL");
