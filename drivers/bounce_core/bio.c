// SPDX-License-Identifier: GPL-2.0
/*
 * Gives bios the folios of a pool in place of the memory of an iov_iter. Of a read, the
 * caller's memory is in the vecs behind the folios.
 *
 * The contract is that of the block layer's bio_iov_iter_bounce() and
 * bio_iov_iter_unbounce(). Where this differs:
 *
 * - errors do not depend on how much was allocated before them, and leave the
 *   iter and the bio as they were;
 * - a length that is no multiple of the block size is rounded before anything is
 *   allocated, so that no folio has to be cut off again;
 * - a trimmed read gives back the pins of all pages that were cut off;
 * - a read may have several folios, which are cleared: a device that reports success
 *   without reading shows zeroes;
 * - a copy that ends early is an I/O error.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pagemap.h>

#include "inject.h"
#include "pool.h"

static size_t copy_in(struct folio *folio, size_t len, struct iov_iter *iter)
{
	if (bounce_inject_copy())
		return 0;
	/* folio_address(): GFP_NOIO does not allocate highmem */
	if (iter->nofault)
		return copy_folio_from_iter_atomic(folio, 0, len, iter);
	return copy_from_iter(folio_address(folio), len, iter);
}

/* ------------------------------------------------------------------ */
/* Writes from an iov_iter */

static int prepare_write(struct bounce_pool *pool, struct bio *bio,
			 struct iov_iter *iter, size_t total, size_t minsize,
			 unsigned int flags)
{
	size_t done = 0;
	unsigned int i;
	int ret;

	ret = bounce_vecs_get(pool, bio, total, minsize, bio->bi_max_vecs, flags);
	if (ret)
		return ret;
	/* pgcheck: allow PG07 the caller gave an empty bio, bounce_vecs_get() filled it */
	for (i = 0; i < bio->bi_vcnt; i++) {
		struct bio_vec *bv = &bio->bi_io_vec[i];
		size_t copied = copy_in(bvec_folio(bv), bv->bv_len, iter);

		done += copied;
		if (copied < bv->bv_len) {
			iov_iter_revert(iter, done);
			bounce_vecs_undo(pool, bio);
			return user_backed_iter(iter) ? -EFAULT : bounce_short_copy(pool);
		}
	}
	return 0;
}

/* ------------------------------------------------------------------ */
/* Reads to an iov_iter */

static unsigned int nr_pages_of(const struct bio_vec *bv, size_t len)
{
	return len ? DIV_ROUND_UP(offset_in_page(bv->bv_offset) + len, PAGE_SIZE) : 0;
}

/* The caller's vecs of a read, behind the folios. */
struct dest {
	struct bio_vec *vecs;
	unsigned short nr;
	unsigned short room;
	size_t size;
};

/* Cuts @nbytes off the end, and unpins the pages that are no longer needed. */
static void trim_dest(struct bio *bio, struct dest *dest, size_t nbytes)
{
	dest->size -= nbytes;
	while (nbytes) {
		struct bio_vec *bv = &dest->vecs[dest->nr - 1];
		size_t cut = min_t(size_t, nbytes, bv->bv_len);
		size_t keep = bv->bv_len - cut;
		unsigned int nr = nr_pages_of(bv, bv->bv_len) - nr_pages_of(bv, keep);

		if (nr && bio_flagged(bio, BIO_PAGE_PINNED))
			unpin_user_folio(bvec_folio(bv), nr);
		bvec_set_page(bv, bv->bv_page, keep, bv->bv_offset);
		nbytes -= cut;
		if (!keep)
			dest->nr--;
	}
}

/*
 * Copies the iter's vecs as they are. Only the CPU uses them, so pages of several pgmaps
 * need not be in bios of their own, and a block may lie in both.
 */
static void add_bvecs(struct dest *dest, struct iov_iter *iter, size_t len)
{
	while (len && dest->nr < dest->room) {
		const struct bio_vec *bv = iter->bvec;
		size_t n = min(len, bv->bv_len - iter->iov_offset);

		if (n)
			bvec_set_page(&dest->vecs[dest->nr++], bv->bv_page, n,
				      bv->bv_offset + iter->iov_offset);
		iov_iter_advance(iter, n);
		dest->size += n;
		len -= n;
	}
}

static ssize_t extract(struct dest *dest, struct iov_iter *iter, size_t len)
{
	ssize_t ret = 0;

	while (len && dest->nr < dest->room) {
		ret = iov_iter_extract_bvecs(iter, dest->vecs, len, &dest->nr,
					     dest->room, 0, 0);
		if (ret <= 0)
			break;
		len -= ret;
		dest->size += ret;
	}
	return ret;
}

static int prepare_read(struct bounce_pool *pool, struct bio *bio,
			struct iov_iter *iter, size_t total, size_t minsize,
			unsigned int flags)
{
	struct dest dest = { };
	ssize_t ret;

	/* at least half of the vecs are for the caller's memory */
	ret = bounce_vecs_get(pool, bio, total, minsize,
			      max(bio->bi_max_vecs / 2, 1), flags);
	if (ret)
		return ret;
	/* moved behind the folios below, when their number is final */
	/* pgcheck: allow PG07 the caller gave an empty bio, bounce_vecs_get() filled it */
	dest.vecs = bio->bi_io_vec + bio->bi_vcnt;
	dest.room = bio->bi_max_vecs - bio->bi_vcnt;
	if (iov_iter_extract_will_pin(iter))
		bio_set_flag(bio, BIO_PAGE_PINNED);
	if (iov_iter_is_bvec(iter))
		add_bvecs(&dest, iter, bio->bi_iter.bi_size);
	else
		ret = extract(&dest, iter, bio->bi_iter.bi_size);

	total = (flags & BOUNCE_WHOLE) && dest.size < total ?
		0 : round_down(dest.size, minsize);
	iov_iter_revert(iter, dest.size - total);
	trim_dest(bio, &dest, dest.size - total);
	bounce_vecs_trim(pool, bio, total);
	if (!total) {
		bio_clear_flag(bio, BIO_PAGE_PINNED);
		if (ret < 0)
			return ret;
		return flags & BOUNCE_NOWAIT ? -EAGAIN :
		       flags & BOUNCE_WHOLE ? -ENOMEM : -EFAULT;
	}
	memmove(bio->bi_io_vec + bio->bi_vcnt, dest.vecs,
		dest.nr * sizeof(*dest.vecs));
	return 0;
}

static unsigned int size_of(const struct bio *bio)
{
	unsigned int i, size = 0;

	for (i = 0; i < bio->bi_vcnt; i++)
		size += bio->bi_io_vec[i].bv_len;
	return size;
}

static int copy_out(struct bounce_pool *pool, struct bio *bio)
{
	struct bio_vec *dest = bio->bi_io_vec + bio->bi_vcnt;
	size_t left = size_of(bio);
	unsigned int i, skip = 0;

	for (i = 0; left; i++) {
		struct bio_vec *bv = &bio->bi_io_vec[i];
		unsigned int done = 0;

		left -= bv->bv_len;
		while (done < bv->bv_len) {
			unsigned int n = min(bv->bv_len - done, dest->bv_len - skip);

			if (bounce_copy(bvec_virt(dest) + skip, bvec_virt(bv) + done, n))
				return bounce_short_copy(pool);
			done += n;
			skip += n;
			if (skip == dest->bv_len) {
				dest++;
				skip = 0;
			}
		}
	}
	return 0;
}

static void unpin_dest(struct bio *bio, bool mark_dirty)
{
	struct bio_vec *bv = bio->bi_io_vec + bio->bi_vcnt;
	size_t left = size_of(bio);

	for (; left; left -= bv->bv_len, bv++) {
		if (mark_dirty)
			folio_mark_dirty_lock(bvec_folio(bv));
		unpin_user_folio(bvec_folio(bv), nr_pages_of(bv, bv->bv_len));
	}
}

/* ------------------------------------------------------------------ */
/* The contract */

/**
 * bio_bounce_nr_vecs() - how many vecs a bio for bio_bounce() should have
 * @iter: the caller's memory
 * @opf: operation of the bio
 *
 * Context: any.
 * Return: the number, up to BIO_MAX_VECS. With less, bio_bounce() takes less at
 * a time.
 */
unsigned short bio_bounce_nr_vecs(struct iov_iter *iter, blk_opf_t opf)
{
	size_t pages = DIV_ROUND_UP(iov_iter_count(iter), PAGE_SIZE);
	size_t most = BOUNCE_MAX_FOLIO / PAGE_SIZE;
	/* One of each size, for whatever length bio_bounce() is asked to take. */
	size_t folios = pages / most + fls_long(min(pages, most - 1));

	if (op_is_write(opf))
		return iov_iter_npages(iter, BIO_MAX_VECS);
	/* the folios, if all are of the largest size, and the caller's vecs */
	return min_t(size_t, iov_iter_npages(iter, BIO_MAX_VECS) + folios,
		     BIO_MAX_VECS);
}
EXPORT_SYMBOL_GPL(bio_bounce_nr_vecs);

/**
 * bio_bounce() - give a bio folios of a pool in place of the data of an iov_iter
 * @pool: where the folios come from
 * @bio: empty, with the operation and bio_bounce_nr_vecs() vecs, at least 2 for a
 *	read
 * @iter: the caller's memory, to write from or to read to
 * @maxlen: at most that many bytes
 * @minsize: the length becomes a multiple of this power of two, not more than the
 *	pool's
 * @flags: enum bounce_flags
 *
 * A write is copied before this returns. A read has the folios in its first bi_vcnt vecs
 * and the caller's memory in those behind them; user memory is pinned until
 * bio_unbounce(), and other memory must stay until then.
 *
 * The bio may get less than @iter has; the iter is advanced by what it got, and
 * not at all after an error. Submit the bio before the next call: a task that keeps
 * blocks of the reserve while it sleeps for more can wait for ever.
 *
 * Context: sleeps unless BOUNCE_NOWAIT. Safe below file systems and swap. Charges
 * the memory to the cgroup of @bio.
 * Return: 0; -EAGAIN without memory (BOUNCE_NOWAIT); -ENOMEM if BOUNCE_WHOLE needs
 * more than bounce_pool_max_whole() and it cannot be allocated; -EFAULT if user
 * memory cannot be accessed; -EIO if kernel memory cannot be read; -EINVAL if not
 * even @minsize bytes are left or @bio is not empty.
 */
int bio_bounce(struct bounce_pool *pool, struct bio *bio, struct iov_iter *iter,
	       size_t maxlen, size_t minsize, unsigned int flags)
{
	size_t total = round_down(min3(maxlen, iov_iter_count(iter),
				       (size_t)BIO_MAX_SIZE), minsize);

	if (WARN_ON_ONCE(bio_flagged(bio, BIO_CLONED) || bio->bi_iter.bi_size ||
			 bio->bi_vcnt))
		return -EINVAL;
	if (!total)
		return -EINVAL;
	if (op_is_write(bio_op(bio)))
		return prepare_write(pool, bio, iter, total, minsize, flags);
	return prepare_read(pool, bio, iter, total, minsize, flags);
}
EXPORT_SYMBOL_GPL(bio_bounce);

/**
 * bio_unbounce() - undo bio_bounce() when the bio has ended
 * @pool: as given to bio_bounce()
 * @bio: the bio
 * @is_error: nothing was read: the caller's memory stays as it is
 * @mark_dirty: mark the pinned folios that were written to as dirty
 *
 * Context: any for a write or an error; for a read with @mark_dirty process
 * context.
 * Return: 0; -EIO if a read could not be copied to the caller's memory. Then bi_status
 * is BLK_STS_IOERR, too.
 */
int bio_unbounce(struct bounce_pool *pool, struct bio *bio, bool is_error,
		 bool mark_dirty)
{
	int ret = 0;

	if (!op_is_write(bio_op(bio))) {
		if (!is_error)
			ret = copy_out(pool, bio);
		if (ret)
			bio->bi_status = BLK_STS_IOERR;
		if (bio_flagged(bio, BIO_PAGE_PINNED))
			unpin_dest(bio, mark_dirty && !is_error);
	}
	bounce_vecs_put(pool, bio);
	return ret;
}
EXPORT_SYMBOL_GPL(bio_unbounce);
