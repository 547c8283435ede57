// SPDX-License-Identifier: GPL-2.0
/*
 * Ends the bios below and, with the last part, the bio from above.
 */
#include <linux/blkdev.h>
#include <linux/rcupdate.h>

#include "core.h"

/* Bytes that may be copied or compared in the context in which a bio ends. */
#define INLINE_MAX SZ_16K

static struct workqueue_struct *bounce_wq;

/*
 * Some drivers learn from the first discard or write-zeroes command that the device does
 * not support it, and clear the limit. Clear it above, too, so that the block layer
 * falls back to another command.
 */
static void withdraw(struct bounce_io *io)
{
	struct request_queue *queue = io->engine->disk->queue;
	struct block_device *lower = io->engine->lower;

	if (bio_op(&io->bio) == REQ_OP_DISCARD && !bdev_max_discard_sectors(lower))
		blk_queue_disable_discard(queue);

	if (bio_op(&io->bio) == REQ_OP_WRITE_ZEROES &&
	    !bdev_write_zeroes_sectors(lower)) {
		blk_queue_disable_write_zeroes(queue);
		/* blk_validate_limits() would refuse all later changes of limits */
		queue->limits.max_hw_wzeroes_unmap_sectors = 0;
	}
}

static void finish(struct bounce_io *io)
{
	struct bounce_engine *engine = io->engine;
	struct bio *orig = io->orig;
	blk_status_t status;

	if (io->check)
		bounce_detect_end(io);
	if (io->bounced)
		bio_unbounce_bio(engine->pool, &io->bio, orig, io->part,
				 io->bio.bi_status);
	status = io->bio.bi_status;
	if (io->accounted)
		bdev_end_io_acct(orig->bi_bdev, bio_op(orig),
				 io->part.bi_size >> SECTOR_SHIFT, io->start);
	if (unlikely(status == BLK_STS_TARGET && engine->accounts))
		withdraw(io);
	/* parts may end at the same time: keep the first error */
	if (status)
		cmpxchg(&orig->bi_status, 0, status);
	bio_put(&io->bio);
	percpu_ref_put(&engine->inflight);
	/* the engine may have been freed now */
	bio_endio(orig);
}

static bool takes_long(const struct bounce_io *io)
{
	if (io->part.bi_size <= INLINE_MAX)
		return false;
	if (io->check)
		return true;
	return io->bounced && !op_is_write(bio_op(&io->bio)) && !io->bio.bi_status;
}

/*
 * A copy takes long but does not sleep, so it is allowed in a task, also inside an RCU
 * read-side section of blk-mq.
 */
static bool may_take_long(void)
{
	return in_task() && !irqs_disabled();
}

static void finish_work(struct work_struct *work)
{
	finish(container_of(work, struct bounce_io, work));
}

/**
 * bounce_end_io() - end a bio of the device below
 * @bio: of a struct bounce_io
 *
 * Copies and checksums of more than INLINE_MAX bytes are left to a work item if the device
 * below ends its bios in interrupts.
 *
 * Context: any.
 */
void bounce_end_io(struct bio *bio)
{
	struct bounce_io *io = container_of(bio, struct bounce_io, bio);

	if (!takes_long(io) || may_take_long()) {
		finish(io);
		return;
	}
	/* unbound: this processor may handle the interrupts of all disks */
	INIT_WORK(&io->work, finish_work);
	queue_work(bounce_wq, &io->work);
}

/**
 * bounce_complete_init() - create the workqueue of bounce_end_io()
 *
 * Return: 0 or -ENOMEM.
 */
int bounce_complete_init(void)
{
	bounce_wq = alloc_workqueue("bounce", WQ_MEM_RECLAIM | WQ_UNBOUND, 0);
	return bounce_wq ? 0 : -ENOMEM;
}

/**
 * bounce_complete_exit() - undo bounce_complete_init() when the module is unloaded
 *
 * Waits for tasks: the one that ended the last bio may have been preempted before it left
 * finish(), and nothing else keeps the module then.
 */
void bounce_complete_exit(void)
{
	destroy_workqueue(bounce_wq);
	synchronize_rcu_tasks();
}
