// SPDX-License-Identifier: GPL-2.0
/*
 * Makes one or more bios for the device below from a bio from above.
 *
 * A bio is handled in parts: allocate memory for one part, submit it, and pass the rest
 * to submit_bio_noacct(), which handles it only after that part was submitted. So no
 * task sleeps for memory while it holds a part that is not submitted, and one bio_set
 * and one reserve are enough, also for devices on top of each other.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bio-integrity.h>
#include <linux/blk-cgroup.h>
#include <linux/module.h>
#include <linux/ratelimit.h>
#include <linux/sched.h>
#include <trace/events/block.h>

#include "core.h"

static enum bounce_way way_of(const struct bio *bio, bool bounced)
{
	return op_is_write(bio_op(bio)) ?
		(bounced ? BOUNCE_WRITE_BOUNCED : BOUNCE_WRITE_PASSED) :
		(bounced ? BOUNCE_READ_BOUNCED : BOUNCE_READ_PASSED);
}

/**
 * bounce_engine_wants() - is this bio to be bounced?
 * @engine: the engine
 * @bio: a bio from above
 *
 * Context: any.
 * Return: true if it is.
 */
bool bounce_engine_wants(struct bounce_engine *engine, struct bio *bio)
{
	enum bounce_mode mode = READ_ONCE(engine->mode);
	bool write = op_is_write(bio_op(bio));

	/* discards, for example, have a size but no data */
	if (mode == BOUNCE_MODE_NONE || !bio_has_data(bio))
		return false;
	if (mode == BOUNCE_MODE_ALL || (mode == BOUNCE_MODE_WRITE && write))
		return true;
	if (mode == BOUNCE_MODE_DIRECT && write)
		return bounce_has_direct(bio);
	return bounce_has_device_pages(bio, mode != BOUNCE_MODE_GUEST);
}
EXPORT_SYMBOL_GPL(bounce_engine_wants);

static void report_integrity(struct bounce_engine *engine)
{
	bounce_count(engine->stats, integrity_refusals);
	pr_warn_ratelimited("%s: refused I/O with protection information, which passes in mode none only: what is stacked on the disk was made in that mode\n",
			    engine->disk->disk_name);
}

/**
 * bounce_engine_refuse() - end a bio for which bounce_engine_prepare() failed
 * @engine: the engine
 * @bio: the bio from above
 * @err: what that returned
 *
 * Context: any.
 */
void bounce_engine_refuse(struct bounce_engine *engine, struct bio *bio, int err)
{
	if (err == -EAGAIN)
		bounce_count(engine->stats, nowait_refusals);
	else if (err == -EOPNOTSUPP)
		report_integrity(engine);
	/* parts of it may have ended, or end now: keep the first error */
	cmpxchg(&bio->bi_status, 0, errno_to_blk_status(err));
	bio_endio(bio);
}
EXPORT_SYMBOL_GPL(bounce_engine_refuse);

/* Does reclaim wait for this write? */
static bool is_swap_out(const struct bio *bio)
{
	return op_is_write(bio_op(bio)) &&
	       ((bio->bi_opf & REQ_SWAP) || (current->flags & PF_MEMALLOC));
}

static unsigned int flags_for(const struct bio *bio)
{
	unsigned int flags = 0;

	if (bio->bi_opf & REQ_NOWAIT)
		flags |= BOUNCE_NOWAIT | BOUNCE_WHOLE;
	if (bio->bi_opf & REQ_ATOMIC)
		flags |= BOUNCE_WHOLE;
	if (is_swap_out(bio))
		flags |= BOUNCE_SWAP;
	return flags;
}

/* Each set has two bios for when memory is short, which come back when their I/O ends. */
static struct bio_set *set_for(struct bounce_engine *engine, const struct bio *orig)
{
	return is_swap_out(orig) ? &engine->swap : &engine->bios;
}

/*
 * A bio without a device, as with one it would join the task's cgroup first. Only a caller that
 * may not sleep can get NULL.
 */
static struct bio *alloc_bio(struct bounce_engine *engine, struct bio *orig,
			     unsigned short nr_vecs, blk_opf_t opf, gfp_t gfp)
{
	return bio_alloc_bioset(NULL, nr_vecs, opf, gfp, set_for(engine, orig)) ?:
	       bio_alloc_bioset(NULL, nr_vecs, opf, gfp, &engine->uncached);
}

static void note_integrity(struct bounce_engine *engine, const struct bio *bio)
{
	/* written once, as all processors read that cache line */
	if ((bio->bi_opf & REQ_INTEGRITY) && !READ_ONCE(engine->passed_integrity))
		WRITE_ONCE(engine->passed_integrity, true);
}

static struct bio *alloc_clone(struct bounce_engine *engine, struct bio *orig, gfp_t gfp)
{
	struct bio *bio = bio_alloc_clone(engine->lower, orig, gfp, set_for(engine, orig)) ?:
			  bio_alloc_clone(engine->lower, orig, gfp, &engine->uncached);

	note_integrity(engine, orig);
	if (bio)
		bio->bi_iter.bi_sector += engine->offset;
	return bio;
}

/* A bio for the device below, like @orig, but without its data. */
static struct bio *alloc_empty(struct bounce_engine *engine, struct bio *orig,
			       unsigned int flags, gfp_t gfp)
{
	unsigned short nr = bio_bounce_bio_nr_vecs(engine->pool,
						   orig->bi_iter.bi_size, flags);
	/* protection information is not copied, so a flag for it would lead nowhere */
	blk_opf_t opf = orig->bi_opf & ~(REQ_NOMERGE | REQ_INTEGRITY);
	struct bio *bio = alloc_bio(engine, orig, nr, opf, gfp);

	if (!bio)
		return NULL;
	bio->bi_bdev = engine->lower;
	bio->bi_ioprio = orig->bi_ioprio;
	bio->bi_write_hint = orig->bi_write_hint;
	bio->bi_write_stream = orig->bi_write_stream;
	bio->bi_iter.bi_sector = orig->bi_iter.bi_sector + engine->offset;
	if (bio_blkcg_css(orig))
		bio_clone_blkg_association(bio, orig);
	else
		bio_associate_blkg(bio);
	return bio;
}

static int bounce(struct bounce_engine *engine, struct bio *orig,
		  struct bvec_iter *part, gfp_t gfp, struct bio **biop)
{
	unsigned int flags = flags_for(orig);
	size_t maxlen = flags & BOUNCE_WHOLE ? SIZE_MAX :
			READ_ONCE(engine->max_bounce);
	struct bio *bio = alloc_empty(engine, orig, flags, gfp);
	int ret;

	if (!bio)
		return -EAGAIN;
	ret = bio_bounce_bio(engine->pool, bio, orig, part, maxlen, engine->block,
			     flags);
	if (ret)
		bio_put(bio);
	else
		*biop = bio;
	return ret;
}

/**
 * bounce_engine_prepare() - make a bio for the device below
 * @engine: the engine
 * @orig: the bio from above
 * @want_bounce: bounce it, or let its memory pass
 * @iop: out: the new bio; it covers all of @orig or, if it is bounced, maybe only its first
 *	(*@iop)->part.bi_size bytes
 *
 * Context: sleeps unless @orig has REQ_NOWAIT.
 * Return: 0; -EAGAIN (REQ_NOWAIT only), -ENOMEM (REQ_ATOMIC only) without memory;
 * -EIO if the data cannot be read; -EOPNOTSUPP if @orig has protection information, which
 * a bounced bio cannot carry.
 */
int bounce_engine_prepare(struct bounce_engine *engine, struct bio *orig,
			  bool want_bounce, struct bounce_io **iop)
{
	gfp_t gfp = orig->bi_opf & REQ_NOWAIT ? GFP_NOWAIT : GFP_NOIO;
	struct bvec_iter part = orig->bi_iter;
	struct bounce_io *io;
	struct bio *bio;
	int ret = 0;

	/*
	 * The queue has no integrity profile then, but device mapper above may have kept that
	 * of mode none. To drop it would lose what a write is protected with, and leave a
	 * buffer that a read is verified with as it was.
	 */
	if (want_bounce && bio_integrity(orig))
		return -EOPNOTSUPP;
	if (want_bounce)
		ret = bounce(engine, orig, &part, gfp, &bio);
	else
		bio = alloc_clone(engine, orig, gfp);
	if (ret)
		return ret;
	if (!bio)
		return -EAGAIN;
	/* No task would poll this bio: the one of @orig polls the disk of @orig. */
	bio->bi_opf &= ~REQ_POLLED;
	io = container_of(bio, struct bounce_io, bio);
	io->engine = engine;
	io->orig = orig;
	io->part = part;
	io->bounced = want_bounce;
	io->check = false;
	*iop = io;
	return 0;
}
EXPORT_SYMBOL_GPL(bounce_engine_prepare);

static void count(struct bounce_engine *engine, const struct bio *bio,
		  unsigned int size, bool bounced)
{
	enum bounce_way way = way_of(bio, bounced);

	bounce_count(engine->stats, bios[way]);
	bounce_count_add(engine->stats, bytes[way], size);
}

/**
 * bounce_engine_count_split() - count a bio that is handled in parts
 * @engine: the engine
 *
 * Context: any.
 */
void bounce_engine_count_split(struct bounce_engine *engine)
{
	bounce_count(engine->stats, splits);
}
EXPORT_SYMBOL_GPL(bounce_engine_count_split);

/**
 * bounce_engine_count_passed() - count a bio that a front end remapped itself
 * @engine: the engine
 * @bio: the bio
 *
 * Context: any.
 */
void bounce_engine_count_passed(struct bounce_engine *engine, struct bio *bio)
{
	count(engine, bio, bio->bi_iter.bi_size, false);
}
EXPORT_SYMBOL_GPL(bounce_engine_count_passed);

/**
 * bounce_engine_checks() - does detect look at this bio?
 * @engine: the engine
 * @orig: a bio from above
 *
 * Context: any.
 * Return: true if it does, so that it must go by bounce_engine_prepare().
 */
bool bounce_engine_checks(const struct bounce_engine *engine, struct bio *orig)
{
	enum bounce_detect detect = READ_ONCE(engine->detect);

	if (detect == BOUNCE_DETECT_OFF || !op_is_write(bio_op(orig)) ||
	    !bio_has_data(orig))
		return false;
	return detect == BOUNCE_DETECT_ALL || bounce_has_direct(orig);
}
EXPORT_SYMBOL_GPL(bounce_engine_checks);

/**
 * bounce_engine_go() - submit a bio that bounce_engine_prepare() made
 * @io: from bounce_engine_prepare(); the bio from above completes when its last part has
 *
 * Context: where submit_bio_noacct() may be called.
 */
void bounce_engine_go(struct bounce_io *io)
{
	struct bounce_engine *engine = io->engine;
	struct bio *orig = io->orig, *bio = &io->bio;

	percpu_ref_get(&engine->inflight);
	io->accounted = engine->accounts && io->part.bi_size &&
			blk_queue_io_stat(engine->disk->queue);
	if (io->accounted)
		io->start = bdev_start_io_acct(orig->bi_bdev, bio_op(orig), jiffies);
	if (bounce_engine_checks(engine, orig))
		bounce_detect_submit(io);
	count(engine, orig, io->part.bi_size, io->bounced);
	bio->bi_end_io = bounce_end_io;
	if (engine->submit) {
		engine->submit(orig, bio);
		return;
	}
	trace_block_bio_remap(bio, disk_devt(engine->disk), io->part.bi_sector);
	submit_bio_noacct(bio);
}
EXPORT_SYMBOL_GPL(bounce_engine_go);

/*
 * bio_poll() asks the disk that a bio is for, so the bio from above has to go down
 * itself. It ends unseen: iostat has how many there were, and not how long they took.
 */
static void pass_polled(struct bounce_engine *engine, struct bio *bio)
{
	sector_t sector = bio->bi_iter.bi_sector;

	note_integrity(engine, bio);
	count(engine, bio, bio->bi_iter.bi_size, false);
	if (engine->accounts && blk_queue_io_stat(engine->disk->queue))
		bdev_end_io_acct(bio->bi_bdev, bio_op(bio), bio_sectors(bio),
				 bdev_start_io_acct(bio->bi_bdev, bio_op(bio), jiffies));
	bio_set_dev(bio, engine->lower);
	bio->bi_iter.bi_sector += engine->offset;
	trace_block_bio_remap(bio, disk_devt(engine->disk), sector);
	submit_bio_noacct(bio);
}

/**
 * bounce_engine_submit() - bounce and submit a bio, in parts if necessary
 * @engine: the engine
 * @orig: the bio from above; ends when all its parts have ended
 *
 * For front ends that get their bios from submit_bio_noacct().
 *
 * Context: sleeps unless @orig has REQ_NOWAIT.
 */
void bounce_engine_submit(struct bounce_engine *engine, struct bio *orig)
{
	bool bounce = bounce_engine_wants(engine, orig);
	struct bounce_io *io;
	unsigned int size;
	int ret;

	if ((orig->bi_opf & REQ_POLLED) && !bounce &&
	    !bounce_engine_checks(engine, orig)) {
		pass_polled(engine, orig);
		return;
	}
	ret = bounce_engine_prepare(engine, orig, bounce, &io);
	if (ret) {
		bounce_engine_refuse(engine, orig, ret);
		return;
	}
	size = io->part.bi_size;
	if (size == orig->bi_iter.bi_size) {
		bounce_engine_go(io);
		return;
	}
	/* the block layer treats the rest as a new bio */
	bounce_engine_count_split(engine);
	bio_inc_remaining(orig);
	bounce_engine_go(io);
	trace_block_split(orig, bio_end_sector(orig) -
			  ((orig->bi_iter.bi_size - size) >> SECTOR_SHIFT));
	bio_advance(orig, size);
	submit_bio_noacct(orig);
}
EXPORT_SYMBOL_GPL(bounce_engine_submit);
