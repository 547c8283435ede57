/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of vtl0.ko share. */
#ifndef _VTL0_H
#define _VTL0_H

#include <linux/atomic.h>
#include <linux/kobject.h>
#include <linux/list.h>
#include <linux/memremap.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/srcu.h>
#include <linux/types.h>

#include <uapi/linux/vtl0.h>

#include "compat.h"
#include "plan.h"

#if !defined(CONFIG_64BIT) || !defined(CONFIG_ZONE_DEVICE) || \
	!defined(CONFIG_FS_DAX) || !defined(CONFIG_TRANSPARENT_HUGEPAGE)
#error "vtl0 needs a 64-bit kernel with ZONE_DEVICE, FS_DAX and TRANSPARENT_HUGEPAGE"
#endif

struct device;
struct file;
struct inode;

/* see range.c */
extern struct mutex vtl0_lock;
extern struct srcu_struct vtl0_srcu;

/**
 * struct vtl0_chunk - a contiguous piece of a range with its own pgmap
 * @pgmap: registered with memremap_pages() while the range is live, else NULL;
 *	not part of the range, as core mm may keep one that it failed to register
 * @range: the range it belongs to
 * @piece: address, length and folio order; does not change
 */
struct vtl0_chunk {
	struct dev_pagemap *pgmap;
	struct vtl0_range *range;
	struct vtl0_piece piece;
};

/* Which kind of page-table entry served a fault. */
enum vtl0_level {
	VTL0_LEVEL_PTE,
	VTL0_LEVEL_PMD,
	VTL0_LEVEL_PUD,
	VTL0_NR_LEVELS
};

/**
 * struct vtl0_range - a registered physical range
 * @start: first byte
 * @length: bytes
 * @id: number, also the name of its sysfs directory
 * @node: NUMA node
 * @state: VTL0_STATE_*; written under vtl0_lock, read with READ_ONCE() by
 *	faults inside vtl0_srcu
 * @persist: kept without an owner; under vtl0_lock, read racily by readers
 * @nr_owners: length of @holds; as @persist
 * @touched: some page was mapped since it was last found idle
 * @link: in the list of all ranges, under vtl0_lock
 * @holds: files that keep it (struct vtl0_hold), under vtl0_lock
 * @kobj: its sysfs directory; the range is freed with it
 * @memmap_bytes: memory its memmap takes, in bytes
 * @memmap_saved: what order 0 would take more, in bytes
 * @faults: faults served, by level
 * @fallbacks: single-page faults in folios that a larger entry could map
 * @nr_chunks: length of @chunks
 * @chunks: ascending, without gaps
 */
struct vtl0_range {
	u64 start;
	u64 length;
	u32 id;
	int node;
	unsigned int state;
	bool persist;
	unsigned int nr_owners;
	bool touched;
	struct list_head link __guarded_by(&vtl0_lock);
	struct list_head holds __guarded_by(&vtl0_lock);
	struct kobject kobj;
	u64 memmap_bytes;
	u64 memmap_saved;
	atomic64_t faults[VTL0_NR_LEVELS];
	atomic64_t fallbacks;
	unsigned int nr_chunks;
	struct vtl0_chunk chunks[];
};

/**
 * struct vtl0_owner - an open file that can own ranges
 * @holds: its ranges (struct vtl0_hold), under vtl0_lock
 */
struct vtl0_owner {
	struct list_head holds __guarded_by(&vtl0_lock);
};

/**
 * struct vtl0_request - a checked wish to register a range
 * @start: first byte
 * @length: bytes
 * @chunk_length: largest chunk in bytes, or 0
 * @max_order: largest folio order
 * @node: NUMA node
 * @persist: keep it without an owner
 * @exclusive: refuse a range that is registered already
 */
struct vtl0_request {
	u64 start;
	u64 length;
	u64 chunk_length;
	unsigned int max_order;
	int node;
	bool persist;
	bool exclusive;
};

/**
 * struct vtl0_span - bytes that are in the way of something
 * @start: first byte
 * @length: bytes
 */
struct vtl0_span {
	u64 start;
	u64 length;
};

/* range.c: bookkeeping and life of ranges */
struct vtl0_chunk *vtl0_chunk_find(u64 address);
struct vtl0_chunk *vtl0_chunk_next(u64 address);
struct vtl0_range *vtl0_range_add(struct vtl0_owner *owner,
				  const struct vtl0_request *rq,
				  struct vtl0_span *conflict)
	__must_hold(&vtl0_lock);
int vtl0_range_remove(u64 start, u64 length, struct vtl0_span *busy)
	__must_hold(&vtl0_lock);
void vtl0_range_info(struct vtl0_range *range, struct vtl0_range_info *info);
void vtl0_totals(struct vtl0_info *info)
	__must_hold(&vtl0_lock);
void vtl0_owner_release(struct vtl0_owner *owner)
	__must_not_hold(&vtl0_lock);
void vtl0_low_get(void);
void vtl0_low_put(void);
int vtl0_ranges_init(void);
void vtl0_ranges_exit(void);

/* claim.c: nothing else may use the memory */
int vtl0_claim(u64 start, u64 length, struct vtl0_span *conflict)
	__must_hold(&vtl0_lock);

/* pgmap.c: struct pages for a range */
extern struct vtl0_geometry vtl0_geometry;

int vtl0_pgmaps_add(struct vtl0_range *range) __must_hold(&vtl0_lock);
void vtl0_pgmaps_del(struct vtl0_range *range) __must_hold(&vtl0_lock);
int vtl0_pgmaps_idle(struct vtl0_range *range, u64 from, struct vtl0_span *busy)
	__must_hold(&vtl0_lock);
void vtl0_pgmaps_count(struct vtl0_range *range, u64 *mappings, u64 *held);
void vtl0_geometry_init(void);
u64 vtl0_max_address(void);
int vtl0_pgmaps_init(void);
void vtl0_pgmaps_exit(void);

/* request.c: from user arguments to a checked request */
struct vtl0_walk vtl0_walk_request(const struct vtl0_request *rq);
unsigned int vtl0_count_chunks(const struct vtl0_request *rq);
int vtl0_check_range(u64 start, u64 length);
int vtl0_add_request(const struct vtl0_add *arg, struct vtl0_request *rq, u64 *edge);
int vtl0_plan_request(const struct vtl0_plan *arg, struct vtl0_request *rq, u64 *edge);
int vtl0_default_node(u64 start);

/* ioctl.c, mshv.c, mmap.c: the nodes */
extern const struct file_operations vtl0_control_fops;
extern const struct file_operations vtl0_low_fops;

long vtl0_mshv_ioctl(struct vtl0_owner *owner, unsigned int cmd, unsigned long arg);
struct vtl0_owner *vtl0_owner_alloc(void);
int vtl0_control_release(struct inode *inode, struct file *file);
int vtl0_mmap_init(void);
void vtl0_mmap_exit(void);
void vtl0_zap(u64 start, u64 length);
void vtl0_poison(struct folio *folio);

/* sysfs.c */
struct device *vtl0_sysfs_root(void);
int vtl0_sysfs_add(struct vtl0_range *range);
void vtl0_sysfs_del(struct vtl0_range *range);
void vtl0_range_init_kobj(struct vtl0_range *range);
int vtl0_sysfs_init(void);
void vtl0_sysfs_exit(void);

/* inject.c: faults on purpose, where the kernel is built for it */
bool vtl0_inject_pgmap(void);
void vtl0_inject_init(void);
void vtl0_inject_exit(void);

#endif /* _VTL0_H */
