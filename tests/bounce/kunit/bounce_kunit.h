/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the KUnit tests of bounce_core share: memory of every kind, iov_iters on it,
 * a device that reads, and faults. See fixture.c.
 */
#ifndef _BOUNCE_KUNIT_H
#define _BOUNCE_KUNIT_H

#include <kunit/test.h>
#include <linux/bounce.h>
#include <linux/uio.h>

#include "compat.h"

#define AREA		SZ_2M
#define MAX_SEGS	64
#define RESERVE		SZ_64K

/* The bytes of the reserve that one bio gets at most. */
#define MOST		(RESERVE / 4)

/* Per cent of allocations, and of copies, that fail. */
extern unsigned int fail_percent, short_percent;

struct ctx {
	struct bounce_pool *pool;
	u8 *kernel;			/* AREA bytes, vmalloc */
	struct page **pages;		/* of @kernel */
	unsigned long user;		/* AREA bytes */
	u8 *expect;			/* AREA bytes */
	u8 *noise;			/* AREA + PAGE_SIZE bytes, never changed */
};

/* An iov_iter and the memory below it. */
struct source {
	unsigned int kind;
	unsigned int nr;
	size_t len;
	size_t span;					/* what is looked at of the area */
	size_t start[MAX_SEGS], length[MAX_SEGS];	/* in the area */
	union {
		struct iovec iov[MAX_SEGS];
		struct kvec kvec[MAX_SEGS];
		struct bio_vec bvec[MAX_SEGS];
	};
};

enum { UBUF, IOVEC, KVEC, BVEC, NR_KINDS };

u32 below(u32 n);
int bounce_test_init(struct kunit *test);
void bounce_test_exit(struct kunit *test);
bool is_user(const struct source *s);
void make_source(struct ctx *c, struct source *s, unsigned int unit);
void __user *user_at(struct ctx *c, size_t offset);
void make_iter(struct ctx *c, struct source *s, struct iov_iter *iter, bool write);
void fill(struct kunit *test, const struct source *s);
bool area_is(struct ctx *c, const struct source *s, u8 *tmp);
bool same_as_bio(struct ctx *c, const struct source *s, struct bio *bio, size_t len);
void device_reads(struct ctx *c, const struct source *s, struct bio *bio,
		  size_t skip);
bool is_clear(struct bio *bio);
struct bio *make_bio(struct iov_iter *iter, bool write);
void start_bio(struct bio *bio, struct iov_iter *iter, bool write);
struct bounce_pool_stats stats_of(struct kunit *test);

/* The cases of iters.c, pool.c and engine.c, ended by {} */
extern struct kunit_case bounce_iter_cases[];
extern struct kunit_case bounce_pool_cases[];
extern struct kunit_case bounce_engine_cases[];

#endif /* _BOUNCE_KUNIT_H */
