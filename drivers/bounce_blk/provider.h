/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who bounces: bounce.c, or with BOUNCE_PROVIDER=kernel the block layer's helpers
 * where those are exported. They have no reserve and no NOWAIT: what they refuse
 * is asked of bounce.c.
 */
#ifndef _BOUNCE_PROVIDER_H
#define _BOUNCE_PROVIDER_H

#include <linux/sched/mm.h>

#include "bounce.h"

#ifdef BOUNCE_PROVIDER_KERNEL

/* Enough for pages, should there be no larger folios. */
static inline unsigned short bounce_provider_nr_vecs(struct iov_iter *iter,
						     struct bio *orig)
{
	return bio_iov_bounce_nr_vecs(iter, bio_op(orig));
}

static inline int bounce_provider(struct bounce_mem *mem, struct bio *bio,
				  struct iov_iter *iter, size_t maxlen,
				  size_t minsize, unsigned int how)
{
	unsigned int flags;
	int ret;

	if (how != BOUNCE_SLEEP)
		return bounce_iov_iter(mem, bio, iter, maxlen, minsize, how);
	flags = memalloc_noio_save();
	ret = bio_iov_iter_bounce(bio, iter, maxlen, minsize);
	memalloc_noio_restore(flags);
	if (ret == -ENOMEM)
		ret = bounce_iov_iter(mem, bio, iter, maxlen, minsize, how);
	return ret;
}

/*
 * Only these must go back to where they are from: other folios of bounce.c may be
 * freed by the helper, too.
 */
static inline bool bounce_provider_on_reserve(struct bounce_mem *mem,
					      struct bio *bio)
{
	return bvec_folio(&bio->bi_io_vec[0])->private == mem;
}

static inline void bounce_provider_end(struct bounce_mem *mem, struct bio *bio,
				       struct bio *orig,
				       const struct bvec_iter *part)
{
	bool is_error = bio->bi_status;

	if (bounce_provider_on_reserve(mem, bio))
		bounce_iov_iter_end(mem, bio, is_error, false);
	else
		bio_iov_iter_unbounce(bio, is_error, false);
}

#else

/* As above, but a read has no vecs but those of its own. */
static inline unsigned short bounce_provider_nr_vecs(struct iov_iter *iter,
						     struct bio *orig)
{
	return iov_iter_npages(iter, BIO_MAX_VECS);
}

static inline int bounce_provider(struct bounce_mem *mem, struct bio *bio,
				  struct iov_iter *iter, size_t maxlen,
				  size_t minsize, unsigned int how)
{
	if (op_is_write(bio_op(bio)))
		return bounce_iov_iter(mem, bio, iter, maxlen, minsize, how);
	return bounce_read_begin(mem, bio, min(maxlen, iov_iter_count(iter)),
				 minsize, how);
}

static inline void bounce_provider_end(struct bounce_mem *mem, struct bio *bio,
				       struct bio *orig,
				       const struct bvec_iter *part)
{
	struct iov_iter to;

	if (op_is_write(bio_op(bio))) {
		bounce_iov_iter_end(mem, bio, bio->bi_status, false);
		return;
	}
	bounce_iter_of(orig, part, &to);
	bounce_read_end(mem, bio, bio->bi_status ? NULL : &to);
}

#endif

#endif /* _BOUNCE_PROVIDER_H */
