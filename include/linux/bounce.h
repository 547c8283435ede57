/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bounce buffers for modules that submit bios. The data of an iov_iter is copied through
 * folios of a pool: the data of a write cannot change while the device reads it, and a
 * read shows its data only when it is complete. The contract is that of
 * bio_iov_iter_bounce() and bio_iov_iter_unbounce() of the block layer, which modules
 * cannot call, with a reserve that keeps I/O going when no memory is left.
 *
 * A read or write is
 *
 *	bio = bio_kmalloc(bio_bounce_nr_vecs(iter, op), GFP_NOIO);
 *	bio_init_inline(bio, bdev, bio_bounce_nr_vecs(iter, op), op);
 *	ret = bio_bounce(pool, bio, iter, SIZE_MAX, block_size, 0);
 *	submit_bio(bio);
 *	... and when it has ended ...
 *	ret = bio_unbounce(pool, bio, bio->bi_status, true);
 *
 * Documentation/driver-api/bounce.rst describes it.
 */
#ifndef _LINUX_BOUNCE_H
#define _LINUX_BOUNCE_H

#include <linux/bio.h>
#include <linux/sizes.h>
#include <linux/uio.h>

struct bounce_pool;

/* The largest folio that a pool asks for, and how many orders there are. */
#define BOUNCE_MAX_FOLIO SZ_1M
#define BOUNCE_ORDERS (ilog2(BOUNCE_MAX_FOLIO) - PAGE_SHIFT + 1)

/**
 * enum bounce_flags - how bio_bounce() gets memory
 * @BOUNCE_NOWAIT: do not sleep; return -EAGAIN if no memory is free
 * @BOUNCE_WHOLE: fail rather than take less than the length
 * @BOUNCE_SWAP: use the share of the reserve that is kept for swap-out
 */
enum bounce_flags {
	BOUNCE_NOWAIT	= 1 << 0,
	BOUNCE_WHOLE	= 1 << 1,
	BOUNCE_SWAP	= 1 << 2,
};

/**
 * struct bounce_pool_params - parameters of a pool
 * @reserve: bytes kept for I/O when no memory is free, @minsize or more
 * @minsize: size of the smallest folio to use: the logical block size of the device, a
 *	power of two up to BOUNCE_MAX_FOLIO
 * @max_inflight: when all pools together have more bytes in flight, this one uses its
 *	reserve only; 0 stands for 2 % of memory
 */
struct bounce_pool_params {
	size_t reserve;
	size_t minsize;
	size_t max_inflight;
};

/**
 * struct bounce_pool_stats - counters of a pool since it was created
 * @orders: folios obtained, by order; those of the reserve are not counted
 * @reserve_uses: bios that used the reserve
 * @reserve_waits: bios that had to wait for it
 * @over_limit: folios refused because @inflight_bytes of all pools were too many
 * @short_copies: bios that failed because not all could be copied
 * @held_folios: folios that came back while the device below still had a reference,
 *	and were not used again before it had dropped that
 * @inflight_bytes: bytes in flight now, without those of the reserve
 * @inflight_peak: the most that were in flight at a time, to within 256 KiB a CPU
 * @cached_bytes: bytes kept for the next bio
 */
struct bounce_pool_stats {
	u64 orders[BOUNCE_ORDERS];
	u64 reserve_uses;
	u64 reserve_waits;
	u64 over_limit;
	u64 short_copies;
	u64 held_folios;
	u64 inflight_bytes;
	u64 inflight_peak;
	u64 cached_bytes;
};

struct bounce_pool *bounce_pool_create(const char *name,
				       const struct bounce_pool_params *params);
void bounce_pool_destroy(struct bounce_pool *pool);
int bounce_pool_set_reserve(struct bounce_pool *pool, size_t bytes);
void bounce_pool_set_max_inflight(struct bounce_pool *pool, size_t bytes);
size_t bounce_pool_max_whole(const struct bounce_pool *pool);
void bounce_pool_get_stats(struct bounce_pool *pool,
			   struct bounce_pool_stats *stats);

unsigned short bio_bounce_nr_vecs(struct iov_iter *iter, blk_opf_t opf);
int bio_bounce(struct bounce_pool *pool, struct bio *bio, struct iov_iter *iter,
	       size_t maxlen, size_t minsize, unsigned int flags);
int bio_unbounce(struct bounce_pool *pool, struct bio *bio, bool is_error,
		 bool mark_dirty);

unsigned short bio_bounce_bio_nr_vecs(const struct bounce_pool *pool, size_t size,
				      unsigned int flags);
int bio_bounce_bio(struct bounce_pool *pool, struct bio *bio, struct bio *orig,
		   struct bvec_iter *part, size_t maxlen, size_t minsize,
		   unsigned int flags);
int bio_unbounce_bio(struct bounce_pool *pool, struct bio *bio,
		     struct bio *orig, struct bvec_iter part, bool is_error);

#endif /* _LINUX_BOUNCE_H */
