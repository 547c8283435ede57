// SPDX-License-Identifier: GPL-2.0
/*
 * Ends the bios below and, with the last part, the bio from above.
 */
#include <linux/blkdev.h>
#include <linux/rcupdate.h>

#include "core.h"

/* What may be copied or compared where the device below says that it is done. */
#define INLINE_MAX SZ_16K

static struct workqueue_struct *bounce_wq;

/*
 * Some drivers find out at the first command that the device cannot do it, and
 * take it out of their limits. The block layer then does it in another way, if
 * the limits above say so, too.
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
		/* Left over, it would make all later changes of limits invalid. */
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
	/* Parts end at the same time; the first error stays. */
	if (status)
		cmpxchg(&orig->bi_status, 0, status);
	bio_put(&io->bio);
	percpu_ref_put(&engine->inflight);
	/* The engine may be gone now. */
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
 * A copy does not sleep, it only takes long: in a task it may happen where it is,
 * also where bios must not be completed otherwise, such as below blk-mq's RCU.
 */
static bool may_take_long(void)
{
	return in_task() && !irqs_disabled();
}

static void finish_work(struct work_struct *work)
{
	finish(container_of(work, struct bounce_io, work));
}

void bounce_end_io(struct bio *bio)
{
	struct bounce_io *io = container_of(bio, struct bounce_io, bio);

	if (!takes_long(io) || may_take_long()) {
		finish(io);
		return;
	}
	/* Not bound to this processor, which may take the interrupts of all disks. */
	INIT_WORK(&io->work, finish_work);
	queue_work(bounce_wq, &io->work);
}

int bounce_complete_init(void)
{
	bounce_wq = alloc_workqueue("bounce", WQ_MEM_RECLAIM | WQ_UNBOUND, 0);
	return bounce_wq ? 0 : -ENOMEM;
}

/*
 * The task that ended the last bio may have been preempted on its way out of here,
 * with nothing left that holds the module.
 */
void bounce_complete_exit(void)
{
	destroy_workqueue(bounce_wq);
	synchronize_rcu_tasks();
}
