/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a bounce device counts. The counters only ever grow while the disk is
 * there; sysfs.c shows their sums.
 */
#ifndef _BOUNCE_STATS_H
#define _BOUNCE_STATS_H

#include <linux/percpu.h>
#include <linux/sizes.h>
#include <asm/page.h>

/* The largest folio that is asked for. */
#define BOUNCE_MAX_FOLIO SZ_1M
#define BOUNCE_ORDERS (ilog2(BOUNCE_MAX_FOLIO) - PAGE_SHIFT + 1)

/* Index of @bios and @bytes. */
enum bounce_way {
	BOUNCE_READ_PASSED,
	BOUNCE_READ_BOUNCED,
	BOUNCE_WRITE_PASSED,
	BOUNCE_WRITE_BOUNCED,
	BOUNCE_NR_WAYS,
};

struct bounce_stats {
	u64 bios[BOUNCE_NR_WAYS];
	u64 bytes[BOUNCE_NR_WAYS];
	u64 orders[BOUNCE_ORDERS];	/* folios obtained, by order */
	u64 splits;			/* bios of which a part had to come later */
	u64 reserve_uses;		/* parts that live on the reserve */
	u64 reserve_waits;		/* ... and had to wait for it */
	u64 nowait_refusals;		/* REQ_NOWAIT bios ended with BLK_STS_AGAIN */
	u64 checks;			/* writes that detect looked at */
	u64 mutations;			/* ... and that had changed in flight */
};

/* May be called in any context. */
#define bounce_count(stats, counter) this_cpu_inc((stats)->counter)
#define bounce_count_add(stats, counter, n) this_cpu_add((stats)->counter, n)

#endif /* _BOUNCE_STATS_H */
