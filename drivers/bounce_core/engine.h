/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The engine: the part of a stacking driver that decides which bios are bounced, splits,
 * submits and ends them, counts, and detects data that changed in flight. Its front ends
 * are bounce_blk (a disk in configfs) and dm-bounce (a target of device mapper).
 */
#ifndef _BOUNCE_ENGINE_H
#define _BOUNCE_ENGINE_H

#include <linux/blkdev.h>
#include <linux/bounce.h>
#include <linux/completion.h>
#include <linux/percpu-refcount.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "compat.h"

/* Which bios are bounced; see Documentation/admin-guide/bounce_blk.rst. */
enum bounce_mode {
	BOUNCE_MODE_NONE,	/* none */
	BOUNCE_MODE_WRITE,	/* writes */
	BOUNCE_MODE_ALL,	/* writes and reads */
	BOUNCE_MODE_GUEST,	/* bios with memory that the kernel does not own */
	BOUNCE_MODE_DIRECT,	/* direct writes of programs and guests */
	BOUNCE_NR_MODES,
};

enum bounce_detect {
	BOUNCE_DETECT_OFF,
	BOUNCE_DETECT_ALL,
	BOUNCE_DETECT_DIRECT,	/* direct writes of programs and guests */
	BOUNCE_NR_DETECTS,
};

/* The kind of memory that the data of a bio is in. */
enum bounce_source {
	BOUNCE_SOURCE_DIRECT,	/* memory of a program or guest, direct I/O */
	BOUNCE_SOURCE_CACHE,	/* page cache, also of metadata */
	BOUNCE_SOURCE_SWAP,
	BOUNCE_SOURCE_KERNEL,	/* memory of the kernel's own */
	BOUNCE_NR_SOURCES,
};

/* Index of @bios and @bytes. */
enum bounce_way {
	BOUNCE_READ_PASSED,
	BOUNCE_READ_BOUNCED,
	BOUNCE_WRITE_PASSED,
	BOUNCE_WRITE_BOUNCED,
	BOUNCE_NR_WAYS,
};

/*
 * Counters since the engine was created or reset (bounce_engine_reset()). struct
 * bounce_pool_stats has those of the pool.
 */
struct bounce_stats {
	u64 bios[BOUNCE_NR_WAYS];
	u64 bytes[BOUNCE_NR_WAYS];
	u64 splits;		/* bios that were handled in parts */
	u64 nowait_refusals;	/* REQ_NOWAIT bios ended with BLK_STS_AGAIN */
	u64 integrity_refusals;	/* bios with protection information that had to be bounced */
	u64 checks;		/* writes that detect compared */
	u64 mutations[BOUNCE_NR_SOURCES];	/* of those: that had changed */
	u64 mutations_kthread;	/* of those: submitted by a kernel thread */
};

/* May be called in any context. */
#define bounce_count(stats, counter) this_cpu_inc((stats)->counter)
#define bounce_count_add(stats, counter, n) this_cpu_add((stats)->counter, n)

/* A program whose writes changed in flight. */
struct bounce_mutator {
	char comm[TASK_COMM_LEN];
	enum bounce_source source;
	bool kthread;
	u64 count;
	sector_t last;		/* where the last one was */
};

#define BOUNCE_NR_MUTATORS 32

struct bounce_mutators {
	spinlock_t lock;	/* taken in interrupts */

	unsigned int nr __guarded_by(&lock);

	struct bounce_mutator table[BOUNCE_NR_MUTATORS] __guarded_by(&lock);
};

/* What a user sets in either front end, in the units of the attributes and options. */
struct bounce_options {
	unsigned int mode;		/* enum bounce_mode */
	unsigned int detect;		/* enum bounce_detect */
	unsigned int detect_every;
	unsigned int reserve_kib;
	unsigned int max_bounce_kib;
	unsigned int max_inflight_kib;	/* 0: 2 % of memory */
};

/* Index of bounce_ranges. */
enum bounce_option {
	BOUNCE_OPTION_MODE,
	BOUNCE_OPTION_DETECT,
	BOUNCE_OPTION_DETECT_EVERY,
	BOUNCE_OPTION_RESERVE_KIB,
	BOUNCE_OPTION_MAX_BOUNCE_KIB,
	BOUNCE_OPTION_MAX_INFLIGHT_KIB,
	BOUNCE_NR_OPTIONS,
};

/* The valid values of an option; users write a decimal number or, with @words, a word. */
struct bounce_range {
	unsigned int min;
	unsigned int max;
	const char *const *words;	/* of the values from 0 to @max, or NULL */
};

/* Filled in by the front end before bounce_engine_init(). */
struct bounce_engine_params {
	const char *name;		/* of the device, for the pool */
	struct gendisk *disk;		/* above; may be set later */
	struct block_device *lower;
	sector_t offset;		/* sector below minus sector above */
	bool accounts;			/* keep iostat of @disk */
	/* submits @bio, made of @orig, and traces that; NULL: submit_bio_noacct() */
	void (*submit)(struct bio *orig, struct bio *bio);
	const struct bounce_options *options;
};

/*
 * @mode, @detect, @detect_every and @max_bounce are read once for each bio and may
 * change at any time; after a change of @mode the front end must change the limits of its
 * queue.
 */
struct bounce_engine {
	struct bounce_pool *pool;
	struct bio_set bios;
	struct bio_set uncached;	/* for REQ_NOWAIT, when @bios gives none */
	struct bio_set swap;		/* for swap-out, so that no other I/O has its bios */
	struct block_device *lower;
	struct gendisk *disk;
	sector_t offset;
	bool accounts;
	void (*submit)(struct bio *orig, struct bio *bio);
	enum bounce_mode mode;
	bool passed_integrity;		/* a bio with protection information went down as it was */
	enum bounce_detect detect;
	unsigned int detect_every;
	unsigned int block;		/* logical block size below, in bytes */
	unsigned int max_bounce;	/* bytes of one bounced bio */
	struct bounce_stats __percpu *stats;
	atomic_t detect_seq;
	struct bounce_mutators mutators;
	/* counts the bios below; the front end may take further references */
	struct percpu_ref inflight;
	struct completion idle;
};

/* A bio below, with the bio from above that it is made of or is a part of. */
struct bounce_io {
	struct bounce_engine *engine;
	struct bio *orig;
	struct bvec_iter part;		/* of @orig */
	unsigned long start;		/* for iostat */
	bool accounted;
	bool bounced;
	bool check;			/* compare when it has ended */
	bool kthread;			/* submitted by a kernel thread, if @check */
	u32 checksum;			/* of what goes down, if @check */
	pid_t pid;			/* of the task that submitted it, if @check */
	char comm[TASK_COMM_LEN];
	struct work_struct work;
	struct bio bio;			/* last: vecs may follow */
};

int bounce_engine_init(struct bounce_engine *engine,
		       const struct bounce_engine_params *params);
void bounce_engine_drain(struct bounce_engine *engine);
void bounce_engine_exit(struct bounce_engine *engine);
void bounce_engine_set_limits(const struct bounce_engine *engine,
			      struct queue_limits *lim);

/* submit.c: handles a whole bio, in parts if necessary, and completes it */
void bounce_engine_submit(struct bounce_engine *engine, struct bio *orig);
/* The same in two steps, for a front end that splits bios itself. */
bool bounce_engine_wants(struct bounce_engine *engine, struct bio *bio);
int bounce_engine_prepare(struct bounce_engine *engine, struct bio *orig,
			  bool want_bounce, struct bounce_io **iop);
void bounce_engine_go(struct bounce_io *io);
bool bounce_engine_checks(const struct bounce_engine *engine, struct bio *orig);
void bounce_engine_refuse(struct bounce_engine *engine, struct bio *bio, int err);
void bounce_engine_count_split(struct bounce_engine *engine);
void bounce_engine_count_passed(struct bounce_engine *engine, struct bio *bio);

/* options.c */
extern const char *const bounce_mode_names[BOUNCE_NR_MODES];
extern const char *const bounce_detect_names[BOUNCE_NR_DETECTS];
extern const struct bounce_options bounce_default_options;
extern const struct bounce_range bounce_ranges[BOUNCE_NR_OPTIONS];
int bounce_range_parse(const struct bounce_range *range, const char *text, size_t len,
		       unsigned int *value);

/* mutators.c, and the counters */
extern const char *const bounce_source_names[BOUNCE_NR_SOURCES];
u64 bounce_engine_sum(const struct bounce_engine *engine, size_t offset);
#define bounce_sum(engine, field) \
	bounce_engine_sum(engine, offsetof(struct bounce_stats, field))
ssize_t bounce_engine_show_mutators(struct bounce_engine *engine, char *buf,
				    size_t size);
void bounce_engine_reset(struct bounce_engine *engine);

#endif /* _BOUNCE_ENGINE_H */
