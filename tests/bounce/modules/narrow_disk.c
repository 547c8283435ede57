// SPDX-License-Identifier: GPL-2.0
/*
 * A disk in memory, /dev/narrow, that takes few segments at a time. A real disk with
 * such limits would do something wrong with a request beyond them; this one counts
 * it and lets it fail.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/blk-mq.h>
#include <linux/bvec.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/vmalloc.h>

#define DISK_SIZE SZ_32M

static unsigned int max_segments = 1;
module_param(max_segments, uint, 0444);
MODULE_PARM_DESC(max_segments, "Segments of a request at most (default 1)");

static unsigned int max_segment_size = PAGE_SIZE;
module_param(max_segment_size, uint, 0444);
MODULE_PARM_DESC(max_segment_size, "Bytes of a segment at most (default: a page)");

static unsigned int chunk_sectors;
module_param(chunk_sectors, uint, 0444);
MODULE_PARM_DESC(chunk_sectors, "A request must not cross a multiple of that (default 0: any)");

static unsigned int user_sectors;
static int user_sectors_set(const char *text, const struct kernel_param *kp);
static const struct kernel_param_ops user_sectors_ops = {
	.set	= user_sectors_set,
	.get	= param_get_uint,
};

module_param_cb(user_sectors, &user_sectors_ops, &user_sectors, 0644);
MODULE_PARM_DESC(user_sectors, "The limit max_user_sectors; one of 1 is not valid above (default 0)");

static bool silent;
module_param(silent, bool, 0444);
MODULE_PARM_DESC(silent, "Do not tell the block layer of these limits (default 0)");

static unsigned int requests;
module_param(requests, uint, 0444);
MODULE_PARM_DESC(requests, "Reads and writes so far");

static unsigned int violations;
module_param(violations, uint, 0444);
MODULE_PARM_DESC(violations, "Requests beyond the limits so far");

static struct blk_mq_tag_set tags;
static struct gendisk *disk;
static u8 *data;
static int major;

/* Not by queue_limits_commit_update(), which would refuse what is not valid. */
static int user_sectors_set(const char *text, const struct kernel_param *kp)
{
	int ret = param_set_uint(text, kp);

	if (!ret && disk)
		disk->queue->limits.max_user_sectors = user_sectors;
	return ret;
}

/* The fewest segments that a driver can make of a request if it merges all it may. */
static unsigned int nr_segments(struct request *rq)
{
	unsigned int nr = 0, len = 0;
	struct req_iterator iter;
	phys_addr_t end = 0;
	struct bio_vec bv;

	rq_for_each_bvec(bv, rq, iter) {
		if (!nr || bvec_phys(&bv) != end)
			len = 0;
		nr += DIV_ROUND_UP(len + bv.bv_len, max_segment_size) -
			DIV_ROUND_UP(len, max_segment_size);
		len += bv.bv_len;
		end = bvec_phys(&bv) + bv.bv_len;
	}
	return nr;
}

static void copy(struct request *rq)
{
	u8 *at = data + blk_rq_pos(rq) * SECTOR_SIZE;
	struct req_iterator iter;
	struct bio_vec bv;

	rq_for_each_segment(bv, rq, iter) {
		if (op_is_write(req_op(rq)))
			memcpy_from_bvec(at, &bv);
		else
			memcpy_to_bvec(&bv, at);
		at += bv.bv_len;
	}
}

/* There is one queue, and its requests come one after the other. */
static blk_status_t narrow_queue_rq(struct blk_mq_hw_ctx *hctx,
				    const struct blk_mq_queue_data *bd)
{
	struct request *rq = bd->rq;
	blk_status_t status = BLK_STS_OK;

	blk_mq_start_request(rq);
	requests++;
	if (nr_segments(rq) > max_segments) {
		violations++;
		status = BLK_STS_IOERR;
	} else {
		copy(rq);
	}
	blk_mq_end_request(rq, status);
	return BLK_STS_OK;
}

static const struct blk_mq_ops narrow_mq_ops = {
	.queue_rq	= narrow_queue_rq,
};

static const struct block_device_operations narrow_fops = {
	.owner		= THIS_MODULE,
};

static int make_disk(void)
{
	struct queue_limits lim = { };

	if (!silent) {
		lim.max_segments = max_segments;
		lim.max_segment_size = max_segment_size;
		lim.chunk_sectors = chunk_sectors;
	}
	disk = blk_mq_alloc_disk(&tags, &lim, NULL);
	if (IS_ERR(disk))
		return PTR_ERR(disk);
	disk->fops = &narrow_fops;
	disk->major = major;
	disk->minors = 1;
	strscpy(disk->disk_name, "narrow");
	set_capacity(disk, DISK_SIZE >> SECTOR_SHIFT);
	return 0;
}

static int __init narrow_init(void)
{
	int ret = -ENOMEM;

	if (!max_segment_size)
		return -EINVAL;
	data = vzalloc(DISK_SIZE);
	if (!data)
		return ret;
	tags = (struct blk_mq_tag_set) {
		.ops = &narrow_mq_ops, .nr_hw_queues = 1, .queue_depth = 1,
		.numa_node = NUMA_NO_NODE,
	};
	ret = blk_mq_alloc_tag_set(&tags);
	if (ret)
		goto free_data;
	major = register_blkdev(0, "narrow");
	ret = major;
	if (ret < 0)
		goto free_tags;
	ret = make_disk();
	if (ret)
		goto unregister;
	ret = add_disk(disk);
	if (ret)
		goto put_disk;
	return 0;

put_disk:
	put_disk(disk);
unregister:
	unregister_blkdev(major, "narrow");
free_tags:
	blk_mq_free_tag_set(&tags);
free_data:
	vfree(data);
	return ret;
}

static void __exit narrow_exit(void)
{
	del_gendisk(disk);
	put_disk(disk);
	unregister_blkdev(major, "narrow");
	blk_mq_free_tag_set(&tags);
	vfree(data);
}

module_init(narrow_init);
module_exit(narrow_exit);

MODULE_DESCRIPTION("A disk that takes few segments at a time");
MODULE_LICENSE("GPL");
