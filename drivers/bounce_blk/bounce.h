/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bounce buffering for whoever submits bios: the data of an iov_iter goes through
 * folios of ours, so that nobody else can change what the device sees, or see
 * what the device has not finished.
 */
#ifndef _BOUNCE_H
#define _BOUNCE_H

#include <linux/bio.h>
#include <linux/uio.h>

#include "mem.h"

/* How hard to try. */
enum bounce_how {
	BOUNCE_SLEEP	= 0,		/* what there is; the reserve before failing */
	BOUNCE_NOWAIT	= 1 << 0,	/* without sleeping, or -EAGAIN */
	BOUNCE_WHOLE	= 1 << 1,	/* all of it or nothing */
};

/**
 * bounce_iter_of - the data of a bio as an iov_iter
 * @bio:	the bio
 * @part:	which part of its data
 * @iter:	what the others here want
 */
void bounce_iter_of(const struct bio *bio, const struct bvec_iter *part,
		    struct iov_iter *iter);

/**
 * bounce_iov_iter - give a bio folios of ours in place of the data of an iter
 * @mem:	where the folios come from
 * @bio:	empty, with the operation and vecs (bio_iov_bounce_nr_vecs())
 * @iter:	what to write, or where what is read is to go
 * @maxlen:	at most that many bytes
 * @minsize:	the length becomes a multiple of this power of two
 * @how:	enum bounce_how
 *
 * A write is copied here and now. For a read, the first vec is the buffer (of
 * 1 MiB at most), and those behind it, which bi_vcnt counts, are the user's;
 * user memory is pinned.
 *
 * The bio may get less than @iter has; the iter is advanced by what it got, and
 * not at all after an error. The caller submits the bio before it asks for more,
 * as the reserve only guarantees progress to those who do.
 *
 * Context: sleeps unless BOUNCE_NOWAIT. Safe below file systems and swap.
 * Return: 0; -EAGAIN (BOUNCE_NOWAIT) or -ENOMEM (more than the whole reserve is
 * needed at once) without memory; -EFAULT when user memory cannot be accessed;
 * -EINVAL when not even @minsize bytes are left or @bio is not as it should be.
 */
int bounce_iov_iter(struct bounce_mem *mem, struct bio *bio,
		    struct iov_iter *iter, size_t maxlen, size_t minsize,
		    unsigned int how);

/**
 * bounce_iov_iter_end - undo bounce_iov_iter() when the bio has ended
 * @mem:	as given to bounce_iov_iter()
 * @bio:	the bio
 * @is_error:	nothing was read: the user's memory stays as it is
 * @mark_dirty:	mark the user's folios dirty when they were written to
 *
 * Context: any for a write, task context for a read.
 */
void bounce_iov_iter_end(struct bounce_mem *mem, struct bio *bio, bool is_error,
			 bool mark_dirty);

/**
 * bounce_read_begin - give a read folios of ours, for whoever has the memory anyway
 * @mem:	where the folios come from
 * @bio:	empty, with the operation and vecs
 * @maxlen:	at most that many bytes, a multiple of @minsize
 * @minsize:	the length becomes a multiple of this power of two
 * @how:	enum bounce_how
 *
 * Unlike bounce_iov_iter() this neither pins nor remembers where the data is to
 * go, so all vecs of @bio are for folios. The bio may get less than @maxlen.
 *
 * Context: sleeps unless BOUNCE_NOWAIT. Safe below file systems and swap.
 * Return: 0, or -EAGAIN or -ENOMEM as bounce_iov_iter().
 */
int bounce_read_begin(struct bounce_mem *mem, struct bio *bio, size_t maxlen,
		      size_t minsize, unsigned int how);

/**
 * bounce_read_end - undo bounce_read_begin() when the bio has ended
 * @mem:	as given to bounce_read_begin()
 * @bio:	the bio
 * @to:		where the data is to go, NULL after an error
 *
 * Context: task context if @to.
 */
void bounce_read_end(struct bounce_mem *mem, struct bio *bio, struct iov_iter *to);

#endif /* _BOUNCE_H */
