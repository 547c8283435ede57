// SPDX-License-Identifier: GPL-2.0
/*
 * Bounces for stacking drivers: the data is in the memory of another bio, whose owner
 * has pinned it.
 */
#include <linux/blkdev.h>
#include <linux/mm.h>
#include <linux/module.h>

#include "inject.h"
#include "pool.h"

/* What is left of a vec, and the vecs behind it. */
struct place {
	void *p;
	unsigned int left;
	struct bio_vec *next;
};

/* Copies between @len bytes of a folio and those at @theirs, which moves on by as much. */
static bool copy_folio(void *ours, unsigned int len, struct place *theirs, bool out)
{
	while (len) {
		unsigned int n;

		if (!theirs->left) {
			theirs->p = bvec_virt(theirs->next);
			theirs->left = theirs->next++->bv_len;
		}
		n = min(theirs->left, len);
		if (out ? bounce_copy(theirs->p, ours, n) :
			  bounce_copy(ours, theirs->p, n))
			return false;
		ours += n;
		len -= n;
		theirs->p += n;
		theirs->left -= n;
	}
	return true;
}

/*
 * Copies between a part of @orig, whose first vec is @first, and the folios of @bio, whole
 * vecs at a time: the direct map of 64-bit kernels has all memory, in order. Walks the vecs
 * by hand, as the iterators of bios take twice as many instructions for each.
 */
static noinline bool copy_vecs(struct bio *bio, const struct bio *orig,
			       struct bvec_iter part, struct bio_vec *first,
			       bool out)
{
	struct bio_vec *ours = bio->bi_io_vec;
	unsigned int left, len;
	struct place theirs = {
		.p	= bvec_virt(first),
		.left	= first->bv_len,
		.next	= &orig->bi_io_vec[part.bi_idx + 1],
	};

	for (left = part.bi_size; left; left -= len, ours++) {
		len = min(left, ours->bv_len);
		if (!copy_folio(bvec_virt(ours), len, &theirs, out))
			return false;
	}
	return true;
}

/* As copy_vecs(), which is left out if one vec is copied to or from one folio. */
static inline int copy_part(struct bounce_pool *pool, struct bio *bio,
			    const struct bio *orig, struct bvec_iter part, bool out)
{
	struct bio_vec first = mp_bvec_iter_bvec(orig->bi_io_vec, part);
	void *ours = bvec_virt(bio->bi_io_vec), *theirs = bvec_virt(&first);
	unsigned int len = part.bi_size;
	bool done;

	if (first.bv_len < len || bio->bi_io_vec->bv_len < len)
		done = copy_vecs(bio, orig, part, &first, out);
	else
		done = !(out ? bounce_copy(theirs, ours, len) :
			       bounce_copy(ours, theirs, len));
	return done ? 0 : bounce_short_copy(pool);
}

/* Vecs that need no table of their own: BIO_INLINE_VECS of block/bio.c. */
#define INLINE_VECS 4

/*
 * As get_max_io_size() of block/blk-merge.c, which no other file can call. Drivers without
 * requests, such as md, split at chunks themselves, also with REQ_NOWAIT.
 */
static size_t max_io_size(const struct bio *bio, struct request_queue *queue)
{
	const struct queue_limits *lim = &queue->limits;
	size_t physical = lim->physical_block_size >> SECTOR_SHIFT;
	size_t logical = lim->logical_block_size >> SECTOR_SHIFT;
	/* the limits are those of the whole disk, also of a partition */
	sector_t sector = bio->bi_iter.bi_sector + get_start_sect(bio->bi_bdev);
	unsigned int boundary = queue_is_mq(queue) ? lim->chunk_sectors : 0;
	size_t most = lim->max_sectors, start, end;

	if (bio->bi_opf & REQ_ATOMIC) {
		most = lim->atomic_write_max_sectors;
		boundary = lim->atomic_write_boundary_sectors ?: boundary;
	}
	if (boundary)
		most = min_t(size_t, most, blk_boundary_sectors_left(sector, boundary));
	start = sector & (physical - 1);
	end = round_down(start + most, physical);
	return (end > start ? end - start : round_down(most, logical)) << SECTOR_SHIFT;
}

/*
 * Must the device below split it? It refuses such a bio with REQ_NOWAIT. Without folios only
 * @size can tell.
 */
static bool would_split(struct bio *bio, size_t size)
{
	struct request_queue *queue = bdev_get_queue(bio->bi_bdev);
	size_t most = max_io_size(bio, queue);
	unsigned int segments;

	if (size > most)
		return true;
	return bio->bi_vcnt && bio_split_rw_at(bio, &queue->limits, &segments,
					       min_t(size_t, most, UINT_MAX));
}

/**
 * bio_bounce_bio_nr_vecs() - how many vecs a bio for bio_bounce_bio() should have
 * @pool: where the folios will come from
 * @size: bytes of the part
 * @flags: as will be given to bio_bounce_bio()
 *
 * A large table costs more than its folios, so this assumes folios as large as those
 * of the last calls. If they are smaller, the bio gets less data.
 *
 * Context: any.
 * Return: the number, up to BIO_MAX_VECS.
 */
unsigned short bio_bounce_bio_nr_vecs(const struct bounce_pool *pool, size_t size,
				      unsigned int flags)
{
	size_t pages = DIV_ROUND_UP(size, PAGE_SIZE);
	size_t folio, nr;

	if (pages <= INLINE_VECS || (flags & BOUNCE_WHOLE))
		return min(pages, BIO_MAX_VECS);
	folio = bounce_folio_most(pool);
	nr = size / folio + hweight_long(pages & (folio / PAGE_SIZE - 1));
	/* these cost nothing */
	nr = max_t(size_t, nr, INLINE_VECS);
	return min3(nr, pages, (size_t)BIO_MAX_VECS);
}
EXPORT_SYMBOL_GPL(bio_bounce_bio_nr_vecs);

/**
 * bio_bounce_bio() - give a bio folios of a pool in place of another bio's data
 * @pool: where the folios come from
 * @bio: empty, with the device below, the operation, the sector and
 *	bio_bounce_bio_nr_vecs() vecs
 * @orig: the bio with the data, which must not end before @bio has
 * @part: which part of @orig; its bi_size becomes what @bio got
 * @maxlen: at most that many bytes
 * @minsize: as with bio_bounce()
 * @flags: as with bio_bounce()
 *
 * All vecs of @bio are for folios, as @orig keeps the caller's memory. With
 * BOUNCE_NOWAIT nothing is copied for a bio that the device below would have to split,
 * and so refuse.
 *
 * Context: as bio_bounce().
 * Return: as bio_bounce().
 */
int bio_bounce_bio(struct bounce_pool *pool, struct bio *bio, struct bio *orig,
		   struct bvec_iter *part, size_t maxlen, size_t minsize,
		   unsigned int flags)
{
	size_t total = round_down(min_t(size_t, maxlen, part->bi_size), minsize);
	int ret;

	if (!total)
		return -EINVAL;
	if ((flags & BOUNCE_NOWAIT) && would_split(bio, total))
		return -EAGAIN;
	ret = bounce_vecs_get(pool, bio, total, minsize, bio->bi_max_vecs, flags);
	if (ret)
		return ret;
	if ((flags & BOUNCE_NOWAIT) && would_split(bio, total)) {
		bounce_vecs_undo(pool, bio);
		return -EAGAIN;
	}
	part->bi_size = bio->bi_iter.bi_size;
	if (!op_is_write(bio_op(bio)))
		return 0;
	if (!(flags & BOUNCE_NOWAIT))
		bounce_inject_delay();
	ret = copy_part(pool, bio, orig, *part, false);
	if (ret)
		bounce_vecs_undo(pool, bio);
	return ret;
}
EXPORT_SYMBOL_GPL(bio_bounce_bio);

/**
 * bio_unbounce_bio() - undo bio_bounce_bio() when the bio has ended
 * @pool: as given to bio_bounce_bio()
 * @bio: the bio
 * @orig: the bio with the data
 * @part: as bio_bounce_bio() left it
 * @is_error: nothing was read: the data of @orig stays as it is
 *
 * Context: any.
 * Return: as bio_unbounce().
 */
int bio_unbounce_bio(struct bounce_pool *pool, struct bio *bio,
		     struct bio *orig, struct bvec_iter part, bool is_error)
{
	int ret = 0;

	if (!is_error && !op_is_write(bio_op(bio)))
		ret = copy_part(pool, bio, orig, part, true);
	if (ret)
		bio->bi_status = BLK_STS_IOERR;
	bounce_vecs_put(pool, bio);
	return ret;
}
EXPORT_SYMBOL_GPL(bio_unbounce_bio);
