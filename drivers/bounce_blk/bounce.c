// SPDX-License-Identifier: GPL-2.0
/*
 * Copies between iov_iters and bounce folios, with the contract of the block
 * layer's bio_iov_iter_bounce() and bio_iov_iter_unbounce(): those are not for
 * modules, allocate with GFP_KERNEL and have no reserve. Where this differs:
 *
 * - errors do not depend on how much was allocated before them, and leave the
 *   iter and the bio as they were;
 * - a length that is no multiple of the block size is rounded before anything is
 *   allocated, so that no folio has to be cut off again;
 * - a trimmed read gives back the pins of all pages that were cut off.
 */
#include <linux/mm.h>
#include <linux/pagemap.h>

#include "bounce.h"
#include "compat.h"
#include "inject.h"

void bounce_iter_of(const struct bio *bio, const struct bvec_iter *part,
		    struct iov_iter *iter)
{
	unsigned int direction = op_is_write(bio_op(bio)) ? ITER_SOURCE : ITER_DEST;
	const struct bio_vec *first = bio->bi_io_vec + part->bi_idx, *bv = first;
	size_t left = part->bi_offset + part->bi_size;

	while (left)
		left -= min_t(size_t, left, bv++->bv_len);
	iov_iter_bvec(iter, direction, first, bv - first,
		      part->bi_offset + part->bi_size);
	iov_iter_advance(iter, part->bi_offset);
}

static size_t copy_in(struct folio *folio, size_t len, struct iov_iter *iter)
{
	/* Not highmem: GFP_NOIO has no such zone. */
	if (iter->nofault)
		return copy_folio_from_iter_atomic(folio, 0, len, iter);
	return copy_from_iter(folio_address(folio), len, iter);
}

static void put_folios(struct bounce_mem *mem, struct bio *bio)
{
	unsigned int i;

	for (i = 0; i < bio->bi_vcnt; i++)
		bounce_mem_put(mem, bvec_folio(&bio->bi_io_vec[i]));
}

/* Back to how the caller passed it. */
static void clear_bio(struct bio *bio)
{
	bio->bi_vcnt = 0;
	bio->bi_iter.bi_size = 0;
}

static int no_memory(unsigned int how)
{
	return how & BOUNCE_NOWAIT ? -EAGAIN : -ENOMEM;
}

/* Adds folios for up to @total bytes, as many as can be had. */
static void add_folios(struct bounce_mem *mem, struct bio *bio, size_t total,
		       size_t minsize, bool nowait)
{
	while (total && bio->bi_vcnt < bio->bi_max_vecs) {
		size_t len = min(total, BOUNCE_MAX_FOLIO);
		struct folio *folio;

		/* A power of two wastes nothing of a folio. */
		if (len > max(minsize * 2, PAGE_SIZE))
			len = rounddown_pow_of_two(len);
		/* With something in hand the caller need not wait for more. */
		folio = bounce_mem_get(mem, &len, minsize,
				       nowait || bio->bi_vcnt);
		if (!folio)
			break;
		bio_add_folio_nofail(bio, folio, len, 0);
		total -= len;
	}
}

/* Adds blocks of the reserve; sleeps until there are some. */
static int add_reserve(struct bounce_mem *mem, struct bio *bio, size_t total,
		       bool whole)
{
	size_t block = bounce_mem_block(mem);
	unsigned int most = min_t(size_t, DIV_ROUND_UP(total, block),
				  bio->bi_max_vecs);
	struct folio *folio, *next;
	LIST_HEAD(list);

	if (whole && most * block < total)
		return -ENOMEM;
	if (!bounce_mem_reserve(mem, whole ? most : 1, most, &list))
		return -ENOMEM;
	list_for_each_entry_safe(folio, next, &list, lru) {
		size_t len = min(total, block);

		list_del(&folio->lru);
		bio_add_folio_nofail(bio, folio, len, 0);
		total -= len;
	}
	return 0;
}

static int get_folios(struct bounce_mem *mem, struct bio *bio, size_t total,
		      size_t minsize, unsigned int how)
{
	bool whole = how & BOUNCE_WHOLE;

	add_folios(mem, bio, total, minsize, how & BOUNCE_NOWAIT);
	if (bio->bi_iter.bi_size == total || (bio->bi_vcnt && !whole))
		return 0;

	put_folios(mem, bio);
	clear_bio(bio);
	if (how & BOUNCE_NOWAIT)
		return no_memory(how);
	return add_reserve(mem, bio, total, whole);
}

static int bounce_write(struct bounce_mem *mem, struct bio *bio,
			struct iov_iter *iter, size_t total, size_t minsize,
			unsigned int how)
{
	size_t done = 0;
	unsigned int i;
	int ret;

	ret = get_folios(mem, bio, total, minsize, how);
	if (ret)
		return ret;
	if (!(how & BOUNCE_NOWAIT))
		bounce_inject_delay();

	for (i = 0; i < bio->bi_vcnt; i++) {
		struct bio_vec *bv = &bio->bi_io_vec[i];
		size_t copied = copy_in(bvec_folio(bv), bv->bv_len, iter);

		done += copied;
		if (copied < bv->bv_len) {
			iov_iter_revert(iter, done);
			put_folios(mem, bio);
			clear_bio(bio);
			return -EFAULT;
		}
	}
	return 0;
}

static unsigned int nr_pages_of(const struct bio_vec *bv, size_t len)
{
	return len ? DIV_ROUND_UP(offset_in_page(bv->bv_offset) + len, PAGE_SIZE) : 0;
}

/* Takes @nbytes off the end of the user's vecs of a read. */
static void trim_user(struct bio *bio, size_t nbytes)
{
	bio->bi_iter.bi_size -= nbytes;
	while (nbytes) {
		/* bi_vcnt does not count the buffer, so this is the last one. */
		struct bio_vec *bv = &bio->bi_io_vec[bio->bi_vcnt];
		size_t cut = min_t(size_t, nbytes, bv->bv_len);
		size_t keep = bv->bv_len - cut;
		unsigned int nr = nr_pages_of(bv, bv->bv_len) - nr_pages_of(bv, keep);

		if (nr && bio_flagged(bio, BIO_PAGE_PINNED))
			unpin_user_folio(bvec_folio(bv), nr);
		bvec_set_page(bv, bv->bv_page, keep, bv->bv_offset);
		nbytes -= cut;
		if (!keep)
			bio->bi_vcnt--;
	}
}

static struct folio *read_buffer(struct bounce_mem *mem, size_t *len,
				 size_t minsize, unsigned int how)
{
	bool whole = how & BOUNCE_WHOLE;
	size_t want = *len;
	struct folio *folio;
	LIST_HEAD(list);

	folio = bounce_mem_get(mem, len, minsize, how & BOUNCE_NOWAIT);
	if (folio && whole && *len < want) {
		bounce_mem_put(mem, folio);
		folio = NULL;
	}
	if (folio)
		return folio;
	if (how & BOUNCE_NOWAIT)
		return ERR_PTR(no_memory(how));

	*len = min(want, bounce_mem_block(mem));
	if ((whole && *len < want) || !bounce_mem_reserve(mem, 1, 1, &list))
		return ERR_PTR(-ENOMEM);
	folio = list_first_entry(&list, struct folio, lru);
	list_del(&folio->lru);
	return folio;
}

/*
 * As they are: only the CPU goes through them, so that pages of several pgmaps need
 * not be kept apart, and a block may be in both.
 */
static void add_bvecs(struct bio *bio, struct iov_iter *iter, size_t len)
{
	while (len && bio->bi_vcnt < bio->bi_max_vecs - 1) {
		const struct bio_vec *bv = iter->bvec;
		size_t n = min(len, bv->bv_len - iter->iov_offset);

		if (n)
			/* pgcheck: allow PG05 the user's vecs stand behind the bounce buffer */
			bvec_set_page(&bio->bi_io_vec[++bio->bi_vcnt], bv->bv_page,
				      n, bv->bv_offset + iter->iov_offset);
		iov_iter_advance(iter, n);
		bio->bi_iter.bi_size += n;
		len -= n;
	}
}

/* The user's vecs for up to @len bytes, behind the one for the buffer. */
static int add_user(struct bio *bio, struct iov_iter *iter, size_t len,
		    size_t minsize)
{
	size_t odd;
	ssize_t ret = 0;

	if (iov_iter_extract_will_pin(iter))
		bio_set_flag(bio, BIO_PAGE_PINNED);
	if (iov_iter_is_bvec(iter))
		add_bvecs(bio, iter, len);
	while (!iov_iter_is_bvec(iter) && len &&
	       bio->bi_vcnt < bio->bi_max_vecs - 1) {
		ret = iov_iter_extract_bvecs(iter, bio->bi_io_vec + 1, len,
					     &bio->bi_vcnt, bio->bi_max_vecs - 1,
					     0, 0);
		if (ret <= 0)
			break;
		len -= ret;
		bio->bi_iter.bi_size += ret;
	}
	odd = bio->bi_iter.bi_size & (minsize - 1);
	iov_iter_revert(iter, odd);
	trim_user(bio, odd);
	if (bio->bi_iter.bi_size)
		return 0;
	bio_clear_flag(bio, BIO_PAGE_PINNED);
	return ret < 0 ? ret : -EFAULT;
}

static int bounce_read(struct bounce_mem *mem, struct bio *bio,
		       struct iov_iter *iter, size_t total, size_t minsize,
		       unsigned int how)
{
	size_t len = min(total, BOUNCE_MAX_FOLIO);
	struct folio *folio;
	int ret;

	if ((how & BOUNCE_WHOLE) && len < total)
		return no_memory(how);
	folio = read_buffer(mem, &len, minsize, how);
	if (IS_ERR(folio))
		return PTR_ERR(folio);
	ret = add_user(bio, iter, len, minsize);
	if (ret)
		goto put_folio;
	if ((how & BOUNCE_WHOLE) && bio->bi_iter.bi_size < total) {
		/* More vecs than the bio has room for. */
		ret = no_memory(how);
		goto drop_user;
	}
	bvec_set_folio(&bio->bi_io_vec[0], folio, bio->bi_iter.bi_size, 0);
	return 0;

drop_user:
	iov_iter_revert(iter, bio->bi_iter.bi_size);
	trim_user(bio, bio->bi_iter.bi_size);
	bio_clear_flag(bio, BIO_PAGE_PINNED);
put_folio:
	bounce_mem_put(mem, folio);
	return ret;
}

int bounce_iov_iter(struct bounce_mem *mem, struct bio *bio,
		    struct iov_iter *iter, size_t maxlen, size_t minsize,
		    unsigned int how)
{
	size_t total = round_down(min3(maxlen, iov_iter_count(iter),
				       (size_t)BIO_MAX_SIZE), minsize);

	if (WARN_ON_ONCE(bio_flagged(bio, BIO_CLONED) || bio->bi_iter.bi_size ||
			 bio->bi_vcnt))
		return -EINVAL;
	if (!total)
		return -EINVAL;
	if (op_is_write(bio_op(bio)))
		return bounce_write(mem, bio, iter, total, minsize, how);
	return bounce_read(mem, bio, iter, total, minsize, how);
}

static void copy_out(struct bio *bio)
{
	struct bio_vec *buffer = &bio->bi_io_vec[0];
	struct iov_iter to;

	iov_iter_bvec(&to, ITER_DEST, buffer + 1, bio->bi_vcnt, buffer->bv_len);
	/* Pages that are pinned, or that somebody below us holds. */
	WARN_ON_ONCE(copy_to_iter(bvec_virt(buffer), buffer->bv_len, &to) !=
		     buffer->bv_len);
}

static void unpin_user(struct bio *bio, bool mark_dirty)
{
	unsigned int i;

	for (i = 1; i <= bio->bi_vcnt; i++) {
		struct bio_vec *bv = &bio->bi_io_vec[i];

		if (mark_dirty)
			folio_mark_dirty_lock(bvec_folio(bv));
		unpin_user_folio(bvec_folio(bv), nr_pages_of(bv, bv->bv_len));
	}
}

void bounce_iov_iter_end(struct bounce_mem *mem, struct bio *bio, bool is_error,
			 bool mark_dirty)
{
	if (op_is_write(bio_op(bio))) {
		put_folios(mem, bio);
		return;
	}
	if (!is_error)
		copy_out(bio);
	if (bio_flagged(bio, BIO_PAGE_PINNED))
		unpin_user(bio, mark_dirty && !is_error);
	bounce_mem_put(mem, bvec_folio(&bio->bi_io_vec[0]));
}

int bounce_read_begin(struct bounce_mem *mem, struct bio *bio, size_t maxlen,
		      size_t minsize, unsigned int how)
{
	return get_folios(mem, bio, maxlen, minsize, how);
}

void bounce_read_end(struct bounce_mem *mem, struct bio *bio, struct iov_iter *to)
{
	unsigned int i;

	for (i = 0; to && i < bio->bi_vcnt; i++) {
		struct bio_vec *bv = &bio->bi_io_vec[i];

		/* Pages that somebody above us holds. */
		WARN_ON_ONCE(copy_to_iter(bvec_virt(bv), bv->bv_len, to) != bv->bv_len);
	}
	put_folios(mem, bio);
}
