// SPDX-License-Identifier: GPL-2.0
/*
 * From a bio of ours to one or more bios for the device below, and back.
 *
 * A bio is handled a part at a time: memory for one part, submit it, then hand
 * the rest to the block layer again, which comes back with it only after the part
 * has gone down. So nobody sleeps for memory while holding a part that cannot
 * move, and one bio_set and one reserve are enough, also for devices on top of
 * each other.
 */
#include <linux/pgmap_bio.h>
#include <linux/rcupdate.h>
#include <linux/workqueue.h>
#include <trace/events/block.h>

#include "bounce.h"
#include "dev.h"

static enum bounce_way way_of(const struct bio *bio, bool bounced)
{
	return op_is_write(bio_op(bio)) ?
		(bounced ? BOUNCE_WRITE_BOUNCED : BOUNCE_WRITE_PASSED) :
		(bounced ? BOUNCE_READ_BOUNCED : BOUNCE_READ_PASSED);
}

/* Bios may be mixed, so every vec counts; one vec has one kind of memory. */
static bool has_device_pages(struct bio *bio, bool p2pdma_only)
{
	struct page __pgmap *page;
	struct bvec_iter iter;
	struct bio_vec bv;

	pgmap_bio_for_each_bvec(page, bv, bio, iter) {
		if (pgmap_is_device(page) &&
		    (!p2pdma_only || pgmap_is_p2pdma(page)))
			return true;
	}
	return false;
}

static bool wants_bounce(struct bounce_dev *dev, struct bio *bio)
{
	enum bounce_mode mode = dev->config.mode;

	/* Discards and the like have a size, but no data. */
	if (mode == BOUNCE_MODE_NONE || !bio_has_data(bio))
		return false;
	if (mode == BOUNCE_MODE_ALL ||
	    (mode == BOUNCE_MODE_WRITE && op_is_write(bio_op(bio))))
		return true;
	return has_device_pages(bio, mode == BOUNCE_MODE_WRITE);
}

/* ------------------------------------------------------------------ */
/* The end */

/*
 * Some drivers find out at the first command that the device cannot do it, and
 * take it out of their limits. The block layer then does it in another way, if
 * our limits say so, too.
 */
static void withdraw(struct bounce_io *io)
{
	struct request_queue *queue = io->dev->disk->queue;
	struct block_device *lower = io->dev->lower;

	if (bio_op(&io->bio) == REQ_OP_DISCARD && !bdev_max_discard_sectors(lower))
		blk_queue_disable_discard(queue);

	if (bio_op(&io->bio) == REQ_OP_WRITE_ZEROES &&
	    !bdev_write_zeroes_sectors(lower)) {
		blk_queue_disable_write_zeroes(queue);
		/* Left over, it would make all later changes of limits invalid. */
		queue->limits.max_hw_wzeroes_unmap_sectors = 0;
	}
}

static void end_bounce(struct bounce_io *io)
{
	struct bounce_mem *mem = &io->dev->mem;
	struct iov_iter to;

	if (op_is_write(bio_op(&io->bio))) {
		bounce_iov_iter_end(mem, &io->bio, io->bio.bi_status, false);
		return;
	}
	bounce_iter_of(io->orig, &io->iter, &to);
	bounce_read_end(mem, &io->bio, io->bio.bi_status ? NULL : &to);
}

static void finish(struct bounce_io *io)
{
	blk_status_t status = io->bio.bi_status;
	struct bounce_dev *dev = io->dev;
	struct bio *orig = io->orig;

	if (io->check)
		bounce_detect_end(io);
	if (io->bounced)
		end_bounce(io);
	if (io->accounted)
		bdev_end_io_acct(orig->bi_bdev, bio_op(orig),
				 io->iter.bi_size >> SECTOR_SHIFT, io->start);
	if (unlikely(status == BLK_STS_TARGET))
		withdraw(io);
	if (status && !orig->bi_status)
		orig->bi_status = status;
	bio_put(&io->bio);
	percpu_ref_put(&dev->inflight);
	/* The device may be gone now. */
	bio_endio(orig);
}

static bool needs_task(const struct bounce_io *io)
{
	if (io->check)
		return true;
	return io->bounced && !op_is_write(bio_op(&io->bio)) && !io->bio.bi_status;
}

/*
 * A copy does not sleep, it only takes long: in a task it may happen where it is,
 * also where bios must not be completed otherwise, such as below blk-mq's RCU.
 */
static bool may_take_long(void)
{
	return in_task() && !irqs_disabled();
}

/*
 * The task that ended the last bio, or said that the device below is gone, may
 * have been preempted on its way out of here, with nothing left that holds the
 * module.
 */
static void wait_for_leavers(void)
{
	synchronize_rcu_tasks();
}

#if COMPAT_HAVE_BIO_COMPLETE_IN_TASK

static bool moved_to_task(struct bounce_io *io)
{
	/* Comes back to end_io(), where it then says no. */
	return bio_complete_in_task(&io->bio);
}

int bounce_io_init(void)
{
	return 0;
}

void bounce_io_exit(void)
{
	wait_for_leavers();
}

#else

static struct workqueue_struct *bounce_wq;

static void finish_work(struct work_struct *work)
{
	finish(container_of(work, struct bounce_io, work));
}

static bool moved_to_task(struct bounce_io *io)
{
	INIT_WORK(&io->work, finish_work);
	queue_work(bounce_wq, &io->work);
	return true;
}

int bounce_io_init(void)
{
	bounce_wq = alloc_workqueue("bounce_blk", WQ_MEM_RECLAIM | WQ_PERCPU, 0);
	return bounce_wq ? 0 : -ENOMEM;
}

void bounce_io_exit(void)
{
	destroy_workqueue(bounce_wq);
	wait_for_leavers();
}

#endif

static void end_io(struct bio *bio)
{
	struct bounce_io *io = container_of(bio, struct bounce_io, bio);

	if (!needs_task(io) || may_take_long() || !moved_to_task(io))
		finish(io);
}

/* ------------------------------------------------------------------ */
/* The beginning */

static void refuse(struct bounce_dev *dev, struct bio *bio, int err)
{
	if (err == -EAGAIN)
		bounce_count(dev->stats, nowait_refusals);
	bio_endio_status(bio, errno_to_blk_status(err));
}

/* From here on the bio below is on its way, and finish() ends what it is for. */
static void submit_part(struct bounce_dev *dev, struct bio *orig,
			struct bio *bio, struct bvec_iter part, bool bounced)
{
	struct bounce_io *io = container_of(bio, struct bounce_io, bio);
	enum bounce_way way = way_of(orig, bounced);

	percpu_ref_get(&dev->inflight);
	io->dev = dev;
	io->orig = orig;
	io->iter = part;
	io->bounced = bounced;
	io->check = false;
	io->accounted = part.bi_size && blk_queue_io_stat(dev->disk->queue);
	if (io->accounted)
		io->start = bdev_start_io_acct(orig->bi_bdev, bio_op(orig), jiffies);
	if (dev->config.detect && op_is_write(bio_op(orig)) && bio_has_data(orig))
		bounce_detect_submit(io);

	bounce_count(dev->stats, bios[way]);
	bounce_count_add(dev->stats, bytes[way], part.bi_size);
	bio->bi_end_io = end_io;
	trace_block_bio_remap(bio, disk_devt(dev->disk), part.bi_sector);
	submit_bio_noacct(bio);
}

static void submit_passed(struct bounce_dev *dev, struct bio *orig)
{
	gfp_t gfp = orig->bi_opf & REQ_NOWAIT ? GFP_NOWAIT : GFP_NOIO;
	struct bio *bio = bio_alloc_clone(dev->lower, orig, gfp, &dev->bios);

	if (!bio)
		refuse(dev, orig, gfp == GFP_NOWAIT ? -EAGAIN : -ENOMEM);
	else
		submit_part(dev, orig, bio, orig->bi_iter, false);
}

/* A bio for the device below, like @orig, but without its data. */
static struct bio *alloc_bounce(struct bounce_dev *dev, struct bio *orig,
				struct iov_iter *iter, gfp_t gfp)
{
	struct bio *bio = bio_alloc_bioset(dev->lower,
					   iov_iter_npages(iter, BIO_MAX_VECS),
					   orig->bi_opf & ~REQ_NOMERGE, gfp,
					   &dev->bios);

	if (!bio)
		return NULL;
	bio->bi_ioprio = orig->bi_ioprio;
	bio->bi_write_hint = orig->bi_write_hint;
	bio->bi_write_stream = orig->bi_write_stream;
	bio->bi_iter.bi_sector = orig->bi_iter.bi_sector;
	bio_clone_blkg_association(bio, orig);
	return bio;
}

static unsigned int how_for(const struct bio *bio)
{
	if (bio->bi_opf & REQ_NOWAIT)
		return BOUNCE_NOWAIT | BOUNCE_WHOLE;
	return bio->bi_opf & REQ_ATOMIC ? BOUNCE_WHOLE : BOUNCE_SLEEP;
}

static int bounce_into(struct bounce_dev *dev, struct bio *bio,
		       struct iov_iter *iter, unsigned int how)
{
	if (op_is_write(bio_op(bio)))
		return bounce_iov_iter(&dev->mem, bio, iter, dev->max_bounce,
				       dev->block, how);
	return bounce_read_begin(&dev->mem, bio,
				 min(dev->max_bounce, iov_iter_count(iter)),
				 dev->block, how);
}

static void submit_bounced(struct bounce_dev *dev, struct bio *orig)
{
	unsigned int how = how_for(orig);
	struct bvec_iter part = orig->bi_iter;
	struct iov_iter iter;
	struct bio *bio;
	int ret;

	if ((how & BOUNCE_WHOLE) && part.bi_size > dev->max_bounce) {
		refuse(dev, orig, how & BOUNCE_NOWAIT ? -EAGAIN : -EINVAL);
		return;
	}
	bounce_iter_of(orig, &part, &iter);
	bio = alloc_bounce(dev, orig, &iter,
			   how & BOUNCE_NOWAIT ? GFP_NOWAIT : GFP_NOIO);
	ret = bio ? bounce_into(dev, bio, &iter, how) : -EAGAIN;
	if (ret) {
		if (bio)
			bio_put(bio);
		refuse(dev, orig, ret);
		return;
	}

	part.bi_size = bio->bi_iter.bi_size;
	if (part.bi_size == orig->bi_iter.bi_size) {
		submit_part(dev, orig, bio, part, true);
		return;
	}
	/* The rest is a bio of its own, as far as the block layer can see. */
	bounce_count(dev->stats, splits);
	bio_inc_remaining(orig);
	submit_part(dev, orig, bio, part, true);
	trace_block_split(orig, part.bi_sector + (part.bi_size >> SECTOR_SHIFT));
	bio_advance(orig, part.bi_size);
	submit_bio_noacct(orig);
}

void bounce_submit_bio(struct bio *bio)
{
	struct bounce_dev *dev = bio->bi_bdev->bd_disk->private_data;

	if (wants_bounce(dev, bio))
		submit_bounced(dev, bio);
	else
		submit_passed(dev, bio);
}
