/* SPDX-License-Identifier: GPL-2.0 */
/* Types and functions that the files of vtl0.ko share. */
#ifndef _VTL0_H
#define _VTL0_H

#include <linux/atomic.h>
#include <linux/device.h>
#include <linux/list.h>
#include <linux/memremap.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/srcu.h>
#include <linux/types.h>
#include <linux/wait.h>

#include <uapi/linux/vtl0.h>

#include "compat.h"
#include "plan.h"

struct file;
struct resource;
struct vtl0_hold;
struct vtl0_owner;
struct vtl0_request;

/* see index.c */
extern struct mutex vtl0_lock;
extern struct srcu_struct vtl0_srcu;

/**
 * struct vtl0_span - physical addresses: of a range, or of the obstacle that a call reports
 * @start: first byte
 * @length: bytes
 */
struct vtl0_span {
	u64 start;
	u64 length;
};

/* Whether a chunk is part of its range. */
enum vtl0_chunk_state {
	VTL0_CHUNK_HERE,
	VTL0_CHUNK_GOING,	/* being removed by part.c, touching it waits */
	VTL0_CHUNK_GONE
};

/**
 * struct vtl0_chunk - contiguous memory of a range, with one pgmap and one folio order
 * @pgmap: registered with memremap_pages() while the range is live, else NULL; allocated
 *	separately, as core mm may keep a pointer to one that it failed to register
 * @range: the range to which the chunk belongs; written under vtl0_lock
 * @state: enum vtl0_chunk_state; written while the range is busy, read with READ_ONCE()
 *	inside vtl0_srcu, which keeps the struct pages of a chunk that is not gone
 * @node: NUMA node; does not change
 * @piece: address, length and folio order; does not change
 */
struct vtl0_chunk {
	struct dev_pagemap *pgmap;
	struct vtl0_range *range;
	unsigned int state;
	int node;
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
 * struct vtl0_file_attr - name and permissions of a range's device node
 * @name: NAME of /dev/vtl0_NAME; empty if the range has no device node
 * @mode: permissions
 * @uid: user that owns the device node
 * @gid: its group
 */
struct vtl0_file_attr {
	char name[VTL0_NAME_SIZE];
	umode_t mode;
	kuid_t uid;
	kgid_t gid;
};

/**
 * struct vtl0_cookie - a mark by which a program recognises its ranges
 * @bytes: as user space gave them; all zero for none
 */
struct vtl0_cookie {
	u8 bytes[VTL0_COOKIE_SIZE];
};

/**
 * struct vtl0_range - a registered physical range
 * @start: first byte; this and sizes change under vtl0_lock when a part is removed
 * @length: bytes
 * @whole: the addresses that it had when it was new
 * @origin: the range with its chunks in @slots: this one, or the one from which it was split
 * @res: its claim, in /proc/iomem; NULL if another driver took that
 * @id: number, part of the name of its device
 * @node: NUMA node of its first chunk
 * @state: VTL0_STATE_*; written under vtl0_lock, or by the removal for which the range is
 *	busy; faults read it inside vtl0_srcu
 * @persist: needs no owner; written under vtl0_lock, read with READ_ONCE()
 * @nr_owners: length of @holds; written and read as @persist
 * @touched: a page of the range was mapped since vtl0_pgmaps_idle() found it idle
 * @clear: its memory is cleared before it can be mapped
 * @busy: an add or a removal works on the range without vtl0_lock; written under vtl0_lock
 * @registered: its struct pages may be looked at inside vtl0_srcu
 * @busy_wq: woken when @busy becomes false
 * @link: in vtl0_ranges, under vtl0_lock
 * @batch: link in the list of the add or removal that made it busy
 * @looked_at: a removal has found the folios below this address idle
 * @holds: the files that hold it (struct vtl0_hold), under vtl0_lock
 * @unheld: in vtl0_unheld, under vtl0_lock
 * @file: name and permissions of its device node; does not change
 * @cookie: given when it was added; does not change
 * @dev: its device, whose refcount is that of the range
 * @memmap_bytes: size of its memmap in bytes
 * @memmap_saved: by how many bytes its memmap would be larger with order 0
 * @faults: faults served, by level
 * @fallbacks: 4K entries inserted for folios that a larger entry could map
 * @nr_folios: of all chunks
 * @nr_chunks: how many of @chunks are not gone
 * @nr_slots: length of @chunks
 * @chunks: in @slots of @origin, ascending, without gaps; those that are gone come first
 * @slots: the chunks of @whole, if the range is its own @origin
 */
struct vtl0_range {
	u64 start;
	u64 length;
	struct vtl0_span whole;
	struct vtl0_range *origin;
	struct resource *res;
	u32 id;
	int node;
	unsigned int state;
	bool persist;
	unsigned int nr_owners;
	bool touched;
	bool clear;
	bool busy;
	bool registered;
	wait_queue_head_t busy_wq;
	struct list_head link __guarded_by(&vtl0_lock);
	struct list_head batch;
	u64 looked_at;
	struct list_head holds __guarded_by(&vtl0_lock);
	struct list_head unheld __guarded_by(&vtl0_lock);
	struct vtl0_file_attr file;
	struct vtl0_cookie cookie;
	struct device dev;
	u64 memmap_bytes;
	u64 memmap_saved;
	atomic64_t faults[VTL0_NR_LEVELS];
	atomic64_t fallbacks;
	u64 nr_folios;
	unsigned int nr_chunks;
	unsigned int nr_slots;
	struct vtl0_chunk *chunks;
	struct vtl0_chunk slots[];
};

/* The chunk of @range behind @chunk, or the first one for NULL, that is not gone; or NULL. */
static inline struct vtl0_chunk *vtl0_next_chunk(const struct vtl0_range *range,
						 struct vtl0_chunk *chunk)
{
	struct vtl0_chunk *end = range->chunks + READ_ONCE(range->nr_slots);

	for (chunk = chunk ? chunk + 1 : range->chunks; chunk < end; chunk++)
		if (READ_ONCE(chunk->state) != VTL0_CHUNK_GONE)
			return chunk;
	return NULL;
}

/**
 * struct vtl0_view - the memory that a file of one range shows; private_data of the file
 * @range: origin of the ranges that the file shows; a reference, which keeps the struct only
 * @start: first byte
 * @length: bytes
 */
struct vtl0_view {
	struct vtl0_range *range;
	u64 start;
	u64 length;
};

/**
 * struct vtl0_conflict - why a range cannot be added
 * @span: addresses of the obstacle
 * @mismatch: the flag that the registered range does not satisfy, or 0
 */
struct vtl0_conflict {
	struct vtl0_span span;
	u32 mismatch;
};

/**
 * struct vtl0_totals - sums over all live ranges
 * @nr_ranges: number of ranges
 * @nr_chunks: number of chunks
 * @bytes: length in bytes
 * @memmap_bytes: size of their memmap in bytes
 * @memmap_saved: by how many bytes it would be larger with order 0
 */
struct vtl0_totals {
	unsigned int nr_ranges;
	u64 nr_chunks;
	u64 bytes;
	u64 memmap_bytes;
	u64 memmap_saved;
};

/*
 * The files, from the lowest to the highest: each calls only those above it here.
 * main.c initialises the others.
 */

/* trial.c: tests the running kernel for two bugs */
int vtl0_joins(bool mixed);
int vtl0_trial(void);

/* events.c: events for read() and poll() of the control node; see events.h */

/* plan.c: cuts a range into chunks; see plan.h */

/* geometry.c: describes this kernel to plan.c */
extern struct vtl0_geometry vtl0_geometry;

void vtl0_geometry_init(void);

/* lockdown.c: memory that a locked-down kernel forbids; see request.h */

/* request.c: from user arguments to a checked request; see request.h, too */
int vtl0_check_params(void);
u64 vtl0_unalias(u64 address);
u64 vtl0_max_address(void);
int vtl0_check_range(u64 start, u64 length);
int vtl0_target_node(u64 address);

/* bad.c: pages with memory errors */
bool vtl0_bad_add(unsigned long pfn);
bool vtl0_bad_any(unsigned long pfn, unsigned long nr);
u64 vtl0_bad_count(unsigned long pfn, unsigned long nr);
void vtl0_bad_exit(void);

/* index.c: from an address to its chunk */
struct vtl0_chunk *vtl0_chunk_find(u64 address);
struct vtl0_chunk *vtl0_chunk_next(u64 address);
u64 vtl0_behind(const struct vtl0_chunk *chunk, u64 range_end);
bool vtl0_index_empty(void);
struct vtl0_range *vtl0_range_overlap(u64 start, u64 length)
	__must_hold(&vtl0_lock);
int vtl0_index_add(struct vtl0_range *range)
	__must_hold(&vtl0_lock);
void vtl0_index_erase(u64 start, u64 length)
	__must_hold(&vtl0_lock);
void vtl0_index_del(struct vtl0_range *range)
	__must_hold(&vtl0_lock);
struct vtl0_totals vtl0_totals_of(const struct vtl0_range *range);
void vtl0_totals_change(const struct vtl0_totals *old, const struct vtl0_range *range,
			const struct vtl0_range *rest);
struct vtl0_totals vtl0_totals(void);
struct vtl0_span vtl0_range_span(const struct vtl0_range *range);
void vtl0_range_set_span(struct vtl0_range *range, u64 start, u64 length);
unsigned int vtl0_range_order(const struct vtl0_range *range);
void vtl0_range_info(const struct vtl0_range *range, struct vtl0_range_info *info);
void vtl0_index_exit(void);

/* pm.c: no hibernation */
int vtl0_pm_init(void);
void vtl0_pm_exit(void);

/* claim.c: refuses memory that is in use; see claim.h */

/* declare.c: claims memory of windows; see declare.h */

/* mapping.c: the address_space of all registered memory */
void vtl0_mapping_use(struct file *file);
void vtl0_mapping_add_folio(struct folio *folio);
void vtl0_poison(unsigned long pfn);
void vtl0_zap(u64 start, u64 length);
unsigned int vtl0_mapping_wakeups(void);
void vtl0_mapping_wake(void);
void vtl0_mapping_wait(unsigned int seen, bool interruptible);
int vtl0_mapping_init(void);
void vtl0_mapping_exit(void);

/* guard.c: keeps 1G entries out while core mm zaps */
int vtl0_guard_add(struct vm_area_struct *vma);
void vtl0_guard_del(struct vm_area_struct *vma);
vm_fault_t vtl0_guard_insert(struct vm_fault *vmf, struct folio *folio, bool write);

/* around.c: many pages in one fault */
void vtl0_insert_around(struct vm_fault *vmf, const struct vtl0_chunk *chunk);

/* inject.c: fault injection, where the kernel has it */
bool vtl0_inject_pgmap(void);
void vtl0_inject_init(void);
void vtl0_inject_exit(void);

/* cache.c: uncached memory is refused */
bool vtl0_write_back(u64 address);

/* identity.c: lets one transfer span chunks */
bool vtl0_identity_works(void);
void vtl0_identity_give(struct folio *folio);
void vtl0_identity_init(void);

/* block.c: struct pages for a chunk */
int vtl0_chunk_add(struct vtl0_chunk *chunk);
void vtl0_chunk_del(struct vtl0_chunk *chunk);

/* pgmap.c: struct pages for a range */
int vtl0_pgmaps_add(struct vtl0_range *range, const bool *stop, struct vtl0_span *conflict);
void vtl0_pgmaps_del(struct list_head *batch);
void vtl0_pgmaps_del_chunks(struct vtl0_chunk *first, struct vtl0_chunk *end);
int vtl0_chunk_idle(const struct vtl0_chunk *chunk, u64 from, struct vtl0_span *busy);
int vtl0_pgmaps_idle(struct vtl0_range *range, u64 from, struct vtl0_span *busy);
void vtl0_pgmaps_count(struct vtl0_range *range, u64 *mappings, u64 *held);
int vtl0_pgmaps_init(void);
void vtl0_pgmaps_exit(void);

/* clear.c: fills a new range with zeroes */
int vtl0_clear(const struct vtl0_range *range, const bool *stop);
int vtl0_clear_init(void);
void vtl0_clear_exit(void);

/* name.c: device numbers of ranges that have a name */
int vtl0_name_add(struct vtl0_range *range);
void vtl0_name_del(struct vtl0_range *range);
struct vtl0_range *vtl0_name_find(dev_t devt);
unsigned int vtl0_name_devts(dev_t *first);
int vtl0_names_init(void);
void vtl0_names_exit(void);

/* sysfs.c */
struct device *vtl0_sysfs_root(void);
void vtl0_sysfs_init_range(struct vtl0_range *range);
int vtl0_sysfs_add(struct vtl0_range *range);
void vtl0_sysfs_announce(struct vtl0_range *range);
void vtl0_sysfs_changed(struct vtl0_range *range);
void vtl0_sysfs_del(struct vtl0_range *range);
int vtl0_sysfs_init(void);
void vtl0_sysfs_exit(void);

/* hold.c: which file holds which range */
extern struct list_head vtl0_unheld __guarded_by(&vtl0_lock);

struct vtl0_owner *vtl0_owner_alloc(void);
struct vtl0_owner *vtl0_owner_get(struct vtl0_owner *owner);
bool vtl0_owner_put(struct vtl0_owner *owner);
struct vtl0_hold *vtl0_hold_alloc(void);
void vtl0_hold_add(struct vtl0_hold *hold, struct vtl0_range *range, struct vtl0_owner *owner)
	__must_hold(&vtl0_lock);
int vtl0_hold_copy(struct vtl0_range *from, struct vtl0_range *to)
	__must_hold(&vtl0_lock);
void vtl0_hold_drop_range(struct vtl0_range *range)
	__must_hold(&vtl0_lock);
void vtl0_hold_drop_owner(struct vtl0_owner *owner)
	__must_hold(&vtl0_lock);

/* range.c: the list of ranges, and how a range is made */
extern struct list_head vtl0_ranges __guarded_by(&vtl0_lock);

void vtl0_range_set_state(struct vtl0_range *range, unsigned int state)
	__must_hold(&vtl0_lock);
int vtl0_range_wait(struct vtl0_range *range, bool killable)
	__releases(&vtl0_lock);
void vtl0_range_unbusy(struct vtl0_range *range)
	__must_hold(&vtl0_lock);
void vtl0_range_add_up(struct vtl0_range *range);
struct vtl0_range *vtl0_range_alloc_rest(struct vtl0_range *range, struct vtl0_chunk *first)
	__must_hold(&vtl0_lock);
struct vtl0_range *vtl0_range_new(const struct vtl0_request *rq, struct vtl0_span *conflict)
	__must_hold(&vtl0_lock);
int vtl0_range_register(struct vtl0_range *range, struct vtl0_span *conflict)
	__must_not_hold(&vtl0_lock);
void vtl0_range_forget(struct list_head *batch)
	__must_not_hold(&vtl0_lock);
void vtl0_range_put(struct vtl0_range *range);
int vtl0_ranges_init(void);
void vtl0_ranges_exit(void);

/* remove.c: removes ranges */
#define VTL0_IDLE_WAIT_MS 5	/* pause before the next look at a folio that is not idle */

void vtl0_remove_begin(struct vtl0_range *range, struct list_head *batch)
	__must_hold(&vtl0_lock);
unsigned int vtl0_remove_batch(struct list_head *batch, unsigned int tries,
			       struct vtl0_span *busy)
	__must_not_hold(&vtl0_lock);

/* part.c: removes a part of a range; see part.h */

/* drain.c: removes in the background the ranges that no file holds */
__must_hold(&vtl0_lock) void vtl0_drain_queue(void);
void vtl0_mapper_get(void);
void vtl0_mapper_put(void);
int vtl0_drain_init(void);
void vtl0_drain_exit(void);

/* match.c: compares a registered range with a request; see request.h */

/* add.c: adding on behalf of files */
struct vtl0_range *vtl0_owner_add(struct vtl0_owner *owner, const struct vtl0_request *rq,
				  struct vtl0_conflict *conflict)
	__must_not_hold(&vtl0_lock);
int vtl0_add(struct vtl0_owner *owner, struct vtl0_add *arg, bool killable)
	__must_not_hold(&vtl0_lock);

/* owner.c: removing on behalf of files */
void vtl0_owner_release(struct vtl0_owner *owner)
	__must_not_hold(&vtl0_lock);
int vtl0_remove(u64 start, u64 length, struct vtl0_span *busy)
	__must_not_hold(&vtl0_lock);
int vtl0_remove_part(u64 start, u64 length, struct vtl0_span *busy)
	__must_not_hold(&vtl0_lock);
int vtl0_owners_init(void);
void vtl0_owners_exit(void);

/* window.c: memory that a file declares; see window.h */

/* touch.c: memory that is registered when it is touched; see window.h */

/* area.c: where a mapping may lie */
unsigned long vtl0_get_area(struct file *file, unsigned long addr, unsigned long len,
			    unsigned long pfn, unsigned long flags);

/* mmap.c: the mapping node, and mappings of all files */
extern const struct file_operations vtl0_low_fops;
extern const struct file_operations vtl0_window_fops;

int vtl0_mmap(struct vm_area_struct *vma, u64 start);
void vtl0_mmap_init(void);

/* file.c: files of one range */
int vtl0_open(struct vtl0_open *arg, struct file **file);
int vtl0_files_init(void);
void vtl0_files_exit(void);

/* mshv.c, control.c: the control node */
extern const struct file_operations vtl0_control_fops;

long vtl0_mshv_ioctl(struct vtl0_owner *owner, unsigned int cmd, unsigned long arg);

#endif /* _VTL0_H */
