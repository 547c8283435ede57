// SPDX-License-Identifier: GPL-2.0
/*
 * How to use include/linux/bounce.h: /dev/bounce_sample, a character device that
 * reads and writes a block device past the page cache. What a program does to its
 * buffer while it is being written does not reach the disk.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/blkdev.h>
#include <linux/bounce.h>
#include <linux/miscdevice.h>
#include <linux/module.h>

#include "compat.h"

static char *disk;
module_param(disk, charp, 0444);
MODULE_PARM_DESC(disk, "Path of the block device");

static struct file *disk_file;
static struct bounce_pool *pool;

/* One bio's worth of the iter; returns how many bytes that was. */
static ssize_t sample_bio(struct block_device *bdev, loff_t pos,
			  struct iov_iter *iter)
{
	blk_opf_t op = iov_iter_rw(iter) == WRITE ? REQ_OP_WRITE : REQ_OP_READ;
	unsigned short nr = bio_bounce_nr_vecs(iter, op);
	struct bio *bio;
	ssize_t size;
	int ret, end;

	bio = bio_kmalloc(nr, GFP_NOIO);
	if (!bio)
		return -ENOMEM;
	bio_init_inline(bio, bdev, nr, op | REQ_SYNC);
	bio->bi_iter.bi_sector = pos >> SECTOR_SHIFT;
	ret = bio_bounce(pool, bio, iter, SIZE_MAX,
			 bdev_logical_block_size(bdev), 0);
	if (ret)
		goto free_bio;
	/* The device below may advance bi_iter. */
	size = bio->bi_iter.bi_size;
	ret = submit_bio_wait(bio);
	end = bio_unbounce(pool, bio, ret, true);
	if (!ret)
		ret = end;
free_bio:
	bio_uninit(bio);
	kfree(bio);
	return ret ?: size;
}

static ssize_t sample_rw(struct kiocb *iocb, struct iov_iter *iter)
{
	struct block_device *bdev = file_bdev(disk_file);
	loff_t size = bdev_nr_bytes(bdev);
	unsigned int mask = bdev_logical_block_size(bdev) - 1;
	ssize_t done = 0, ret = 0;

	if ((iocb->ki_pos | iov_iter_count(iter)) & mask)
		return -EINVAL;
	if (iocb->ki_pos >= size)
		return iov_iter_rw(iter) == WRITE ? -ENOSPC : 0;
	iov_iter_truncate(iter, size - iocb->ki_pos);
	while (iov_iter_count(iter)) {
		ret = sample_bio(bdev, iocb->ki_pos, iter);
		if (ret < 0)
			break;
		iocb->ki_pos += ret;
		done += ret;
	}
	return done ?: ret;
}

static loff_t sample_llseek(struct file *file, loff_t offset, int whence)
{
	return fixed_size_llseek(file, offset, whence,
				 bdev_nr_bytes(file_bdev(disk_file)));
}

static const struct file_operations sample_fops = {
	.owner		= THIS_MODULE,
	.read_iter	= sample_rw,
	.write_iter	= sample_rw,
	.llseek		= sample_llseek,
};

static struct miscdevice sample_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "bounce_sample",
	.fops	= &sample_fops,
	.mode	= 0600,
};

static int __init sample_init(void)
{
	struct bounce_pool_params params = { .reserve = SZ_1M };
	int ret;

	if (!disk)
		return -EINVAL;
	disk_file = bdev_file_open_by_path(disk, BLK_OPEN_READ | BLK_OPEN_WRITE,
					   &sample_misc, NULL);
	if (IS_ERR(disk_file))
		return PTR_ERR(disk_file);
	params.minsize = bdev_logical_block_size(file_bdev(disk_file));
	pool = bounce_pool_create(KBUILD_MODNAME, &params);
	if (IS_ERR(pool)) {
		ret = PTR_ERR(pool);
		goto put_disk;
	}
	ret = misc_register(&sample_misc);
	if (ret)
		goto destroy_pool;
	return 0;

destroy_pool:
	bounce_pool_destroy(pool);
put_disk:
	bdev_fput(disk_file);
	return ret;
}

static void __exit sample_exit(void)
{
	misc_deregister(&sample_misc);
	bounce_pool_destroy(pool);
	bdev_fput(disk_file);
}

module_init(sample_init);
module_exit(sample_exit);

MODULE_DESCRIPTION("Stable direct I/O to a block device, by way of bounce_core");
MODULE_LICENSE("GPL");
