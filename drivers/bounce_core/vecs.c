// SPDX-License-Identifier: GPL-2.0
/*
 * The folios in the vecs of a bio: gets, trims and puts them, and counts the bytes in
 * flight. A bounced bio has them in its first bi_vcnt vecs, for reads, too.
 */
#include <linux/bio.h>
#include <linux/mm.h>

#include "pool.h"

/**
 * bounce_short_copy() - count a copy that ended early
 * @pool: the pool
 *
 * Context: any.
 * Return: -EIO, the errno for it.
 */
int bounce_short_copy(struct bounce_pool *pool)
{
	bounce_pool_count(pool, short_copies);
	return -EIO;
}

/* Puts the folios from the vec @first on; the caller uncharges what is returned. */
static size_t put_folios_from(struct bounce_pool *pool, struct bio *bio,
			      unsigned int first)
{
	size_t charged = 0;
	unsigned int i;

	for (i = first; i < bio->bi_vcnt; i++) {
		struct folio *folio = bvec_folio(&bio->bi_io_vec[i]);

		if (bounce_is_reserve(pool, folio)) {
			bounce_reserve_put(pool, folio);
			continue;
		}
		charged += folio_size(folio);
		bounce_cache_put(&pool->cache, folio);
	}
	bio->bi_vcnt = first;
	return charged;
}

/**
 * bounce_vecs_put() - put all folios of a bio
 * @pool: the pool
 * @bio: the bio; keeps its bi_size
 *
 * Context: any.
 */
void bounce_vecs_put(struct bounce_pool *pool, struct bio *bio)
{
	size_t charged = put_folios_from(pool, bio, 0);

	if (charged)
		bounce_pool_uncharge(pool, charged);
}

/**
 * bounce_vecs_undo() - put all folios of a bio and make it empty again
 * @pool: the pool
 * @bio: the bio
 *
 * Context: any.
 */
void bounce_vecs_undo(struct bounce_pool *pool, struct bio *bio)
{
	bounce_vecs_put(pool, bio);
	bio->bi_iter.bi_size = 0;
}

/* Adds folios for up to @total bytes; returns their size. */
static size_t add_folios(struct bounce_pool *pool, struct bio *bio, size_t total,
			 unsigned int max_vecs, struct bounce_ask *ask)
{
	size_t size = 0;

	while (total && bio->bi_vcnt < max_vecs) {
		size_t len = min(total, BOUNCE_MAX_FOLIO);
		struct folio *folio;

		/* A power of two wastes nothing of a folio. */
		if (len > max(ask->min * 2, PAGE_SIZE))
			len = rounddown_pow_of_two(len);
		folio = bounce_folio_get(pool, &len, ask);
		if (!folio)
			break;
		bio_add_folio_nofail(bio, folio, len, 0);
		size += folio_size(folio);
		total -= len;
		/* the caller can go on with what it has: do not sleep for more */
		ask->nowait = true;
	}
	return size;
}

/* Adds folios without the reserve, within the limit of all pools. */
static void get_charged(struct bounce_pool *pool, struct bio *bio, size_t total,
			unsigned int max_vecs, struct bounce_ask *ask)
{
	struct bounce_memcg charge;
	size_t size;

	/* of a bio that is larger than the limit, take a part that fits */
	total = min(total, round_down(READ_ONCE(pool->max_inflight), ask->min));
	if (!total || !bounce_pool_charge(pool, total))
		return;
	bounce_memcg_begin(&charge, bio);
	ask->memcg = charge.memcg;
	size = add_folios(pool, bio, total, max_vecs, ask);
	bounce_memcg_end(&charge);
	if (size != total)
		bounce_pool_uncharge(pool, total - size);
}

/*
 * Adds blocks of the reserve; sleeps until there are some, or returns -EAGAIN if the limit of
 * the pool has become larger than @limit.
 */
static noinline int add_reserve(struct bounce_pool *pool, struct bio *bio,
				size_t total, unsigned int max_vecs,
				unsigned int flags, size_t limit)
{
	size_t block = bounce_reserve_block(pool);
	unsigned int most = min_t(size_t, DIV_ROUND_UP(total, block), max_vecs);
	bool whole = flags & BOUNCE_WHOLE, clear = !op_is_write(bio_op(bio));
	struct bounce_want want = {
		.need	= whole ? most : 1,
		.most	= most,
		.swap	= flags & BOUNCE_SWAP,
		.limit	= limit,
	};
	struct folio *folio, *next;
	LIST_HEAD(list);

	if (whole && most * block < total)
		return -ENOMEM;
	if (!bounce_reserve_get(pool, &want, &list))
		return bounce_limit_raised(pool, limit) ? -EAGAIN : -ENOMEM;
	list_for_each_entry_safe(folio, next, &list, lru) {
		size_t len = min(total, block);

		list_del(&folio->lru);
		if (clear)
			bounce_folio_clear(folio, len);
		/* pgcheck: allow PG04 the reserve gave max_vecs of them at most */
		bio_add_folio_nofail(bio, folio, len, 0);
		total -= len;
	}
	return 0;
}

/**
 * bounce_vecs_get() - give a bio folios
 * @pool: the pool
 * @bio: empty
 * @total: wanted, in bytes; unless BOUNCE_WHOLE the bio may get less
 * @minsize: the length is a multiple of this
 * @max_vecs: at most that many vecs are used
 * @flags: enum bounce_flags
 *
 * Context: sleeps unless BOUNCE_NOWAIT.
 * Return: 0; -EAGAIN without memory (BOUNCE_NOWAIT); -ENOMEM if BOUNCE_WHOLE needs more
 * than bounce_pool_max_whole() and it cannot be allocated.
 */
int bounce_vecs_get(struct bounce_pool *pool, struct bio *bio, size_t total,
		    size_t minsize, unsigned int max_vecs, unsigned int flags)
{
	size_t limit;
	int ret;

	do {
		struct bounce_ask ask = {
			.min	= minsize,
			.nowait	= flags & BOUNCE_NOWAIT,
			.clear	= !op_is_write(bio_op(bio)),
		};

		limit = READ_ONCE(pool->max_inflight);
		get_charged(pool, bio, total, max_vecs, &ask);
		if (bio->bi_iter.bi_size == total ||
		    (bio->bi_vcnt && !(flags & BOUNCE_WHOLE)))
			return 0;
		bounce_vecs_undo(pool, bio);
		if (flags & BOUNCE_NOWAIT)
			return -EAGAIN;
		ret = add_reserve(pool, bio, total, max_vecs, flags, limit);
	} while (ret == -EAGAIN);
	return ret;
}

/**
 * bounce_vecs_trim() - cut the folios of a bio, and put those that are not needed
 * @pool: the pool
 * @bio: the bio
 * @size: bytes to keep
 *
 * Context: any.
 */
void bounce_vecs_trim(struct bounce_pool *pool, struct bio *bio, size_t size)
{
	unsigned int i = 0;
	size_t charged;

	bio->bi_iter.bi_size = size;
	for (; size && size >= bio->bi_io_vec[i].bv_len; i++)
		size -= bio->bi_io_vec[i].bv_len;
	if (size)
		bio->bi_io_vec[i++].bv_len = size;
	charged = put_folios_from(pool, bio, i);
	if (charged)
		bounce_pool_uncharge(pool, charged);
}
