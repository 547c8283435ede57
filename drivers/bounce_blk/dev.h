/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One bounce device, from mkdir to rmdir, and its disk, from power on to power
 * off. What happens in which file: config.c attributes, disk.c life of the disk,
 * io.c bios, ioctl.c commands for the device below, detect.c changes in flight,
 * sysfs.c statistics.
 */
#ifndef _BOUNCE_DEV_H
#define _BOUNCE_DEV_H

#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/configfs.h>
#include <linux/mutex.h>
#include <linux/percpu-refcount.h>
#include <linux/sched.h>

#include "compat.h"
#include "mem.h"

#define BOUNCE_DISK_PREFIX "bounce-"

enum bounce_mode {
	BOUNCE_MODE_NONE,	/* nothing */
	BOUNCE_MODE_WRITE,	/* what is written */
	BOUNCE_MODE_ALL,	/* ... and what is read */
	BOUNCE_MODE_GUEST,	/* what is in memory that the kernel does not own */
	BOUNCE_NR_MODES,
};

/* What the attributes say; see Documentation/admin-guide/bounce_blk.rst. */
struct bounce_config {
	char *backing;		/* path or major:minor, never NULL once set */
	enum bounce_mode mode;
	bool detect;
	bool read_only;
	unsigned int detect_every;
	unsigned int reserve_kib;
	unsigned int max_bounce_kib;
};

/*
 * Lock order: @lock, then the disk's open_mutex, or the one of the device below
 * (which may be another bounce device's disk). The I/O path takes neither: what
 * it reads is constant while the disk is live.
 */
struct bounce_dev {
	struct config_item item;
	struct mutex lock;		/* of all that is not constant while live */
	struct bounce_config config;	/* changes under @lock while not live */

	/* Since power on; @disk is also the answer to "is it live?" (@lock). */
	struct gendisk *disk;
	struct file *lower_file;
	struct block_device *lower;
	bool linked;			/* shown as holder of @lower */
	bool closing;			/* refuses opens; disk->open_mutex */
	unsigned int block;		/* logical block size, in bytes */
	unsigned int max_bounce;	/* bytes of one bounced bio */
	struct bio_set bios;
	struct bounce_mem mem;
	struct bounce_stats __percpu *stats;
	atomic_t detect_seq;
	/*
	 * One for each bio and each ioctl below, and lower_dead(); killed when no
	 * more can come.
	 */
	struct percpu_ref inflight;
	struct completion idle;
};

static inline struct bounce_dev *to_bounce_dev(struct config_item *item)
{
	return container_of(item, struct bounce_dev, item);
}

/* What a bio below stands for: all of a bio of ours, or a part of it. */
struct bounce_io {
	struct bounce_dev *dev;
	struct bio *orig;
	struct bvec_iter iter;		/* the part of @orig */
	unsigned long start;		/* for iostat */
	bool accounted;
	bool bounced;
	bool check;			/* compare when it has ended */
	u32 checksum;			/* of the source, when not bounced */
	pid_t pid;			/* who submitted it, if @check */
	char comm[TASK_COMM_LEN];
#if !COMPAT_HAVE_BIO_COMPLETE_IN_TASK
	struct work_struct work;
#endif
	struct bio bio;			/* last: vecs may follow */
};

/* disk.c; with dev->lock held */
int bounce_disk_up(struct bounce_dev *dev) __must_hold(&dev->lock);
/* -EBUSY while open */
int bounce_disk_down(struct bounce_dev *dev) __must_hold(&dev->lock);
/* In any case. */
void bounce_disk_kill(struct bounce_dev *dev) __must_hold(&dev->lock);

/* io.c */
void bounce_submit_bio(struct bio *bio);
int bounce_io_init(void);
void bounce_io_exit(void);

/* ioctl.c */
int bounce_ioctl(struct block_device *bdev, blk_mode_t mode, unsigned int cmd,
		 unsigned long arg);
int bounce_compat_ioctl(struct block_device *bdev, blk_mode_t mode,
			unsigned int cmd, unsigned long arg);

/* detect.c */
void bounce_detect_submit(struct bounce_io *io);
void bounce_detect_end(struct bounce_io *io);

/* sysfs.c */
extern const struct attribute_group *bounce_disk_groups[];

/* config.c */
extern const char *const bounce_mode_names[BOUNCE_NR_MODES];
int bounce_config_init(void);
void bounce_config_exit(void);

#endif /* _BOUNCE_DEV_H */
