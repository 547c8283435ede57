/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A bounce device exists from mkdir to rmdir, its disk from power on to power off. The
 * files: config.c mkdir and rmdir, pin.c refusal of rmdir, attr.c attributes, disk.c
 * life of the disk, lower.c the device below, limits.c queue limits, openers.c
 * processes that have the disk open, ioctl.c ioctls for the driver below, query.c which
 * of them only read, sysfs.c statistics. drivers/bounce_core handles the bios.
 */
#ifndef _BOUNCE_DEV_H
#define _BOUNCE_DEV_H

#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/configfs.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "compat.h"
#include "engine.h"

struct hd_geometry;

#define BOUNCE_DISK_PREFIX "bounce-"

/* The values of the attributes; see Documentation/admin-guide/bounce_blk.rst. */
struct bounce_config {
	char *backing;		/* path or major:minor, never NULL once set */
	struct bounce_options options;
	unsigned int read_only;
	unsigned int partscan;
};

/*
 * Lock order: @lock, then the disk's open_mutex, or the one of the device below
 * (which may be another bounce device's disk), then @stack_lock, then limits_lock of the
 * disk's queue.
 * The I/O path takes none of them: the fields that it reads are constant while the disk
 * is live, change with the queue frozen, or are read once for each bio.
 */
struct bounce_dev {
	struct config_item item;
	struct mutex lock;		/* protects all that changes while live */
	/* from the look at the limits below until @stacked has them: commit drops limits_lock */
	struct mutex stack_lock;
	struct bounce_config config;	/* changes under @lock */
	struct work_struct dead;	/* bounce_disk_dead() */
	unsigned long pinned;		/* bit 0: rmdir is refused */

	/* Valid since power on; @disk is NULL while the device is off (@lock). */
	struct gendisk *disk;
	struct file *lower_file;
	struct block_device *lower;
	bool closing;			/* refuses opens; disk->open_mutex */
	struct queue_limits stacked;	/* as committed last; @stack_lock */
	struct xarray frozen;		/* block devices that freeze_above() froze */
	unsigned int block;		/* logical block size, in bytes */
	/*
	 * Its @inflight counts bios and ioctls below, and calls of the holder operations;
	 * it is killed when no new ones can arrive.
	 */
	struct bounce_engine engine;
};

static inline struct bounce_dev *to_bounce_dev(struct config_item *item)
{
	return container_of(item, struct bounce_dev, item);
}

/* disk.c */
int bounce_disk_up(struct bounce_dev *dev) __must_hold(&dev->lock);
int bounce_disk_down(struct bounce_dev *dev) __must_hold(&dev->lock);
void bounce_disk_kill(struct bounce_dev *dev) __must_hold(&dev->lock);
void bounce_disk_dead(struct work_struct *work);
void bounce_disk_configure(struct bounce_dev *dev, unsigned int *field,
			   unsigned int value) __must_hold(&dev->lock);

/* lower.c */
int bounce_lower_open(struct bounce_dev *dev) __must_hold(&dev->lock);
void bounce_lower_close(struct bounce_dev *dev);
bool bounce_lower_is_dead(struct bounce_dev *dev);
void bounce_lower_uevent(struct bounce_dev *dev);

/* pin.c: between pin and unpin configfs refuses rmdir */
int bounce_pin(struct bounce_dev *dev);
void bounce_unpin(struct bounce_dev *dev);

/* limits.c */
void bounce_limits_stack(struct bounce_dev *dev, struct queue_limits *lim);
void bounce_limits_refresh(struct bounce_dev *dev);
int bounce_limits_set_mode(struct bounce_dev *dev, enum bounce_mode mode)
	__must_hold(&dev->lock);

/* openers.c */
void bounce_openers_report(struct gendisk *disk);

/* ioctl.c */
int bounce_ioctl(struct block_device *bdev, blk_mode_t mode, unsigned int cmd,
		 unsigned long arg);
int bounce_compat_ioctl(struct block_device *bdev, blk_mode_t mode,
			unsigned int cmd, unsigned long arg);
int bounce_getgeo(struct gendisk *disk, struct hd_geometry *geo);

/* query.c */
bool bounce_query(unsigned int cmd, unsigned long arg);

/* sysfs.c */
extern const struct attribute_group *bounce_disk_groups[];

/* attr.c; ends with NULL */
extern struct configfs_attribute *bounce_config_attrs[];

/* config.c */
int bounce_config_init(void);
void bounce_config_exit(void);

#endif /* _BOUNCE_DEV_H */
