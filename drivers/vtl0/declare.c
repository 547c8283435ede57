// SPDX-License-Identifier: GPL-2.0
/*
 * The claims of windows. This file claims the memory of a window that lies in no range, so
 * that no driver takes it before it is touched. A range is claimed separately: before that,
 * vtl0_declared_yield() releases the regions in the way, and vtl0_declared_reclaim() claims
 * again the memory that is in no range, whether the range was registered or refused, or
 * was removed. The kernel cannot divide a claimed region in one step, so another driver may
 * take the memory between the two.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/ioport.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/slab.h>

#include "claim.h"
#include "declare.h"
#include "vtl0.h"

/* A claimed resource. It lies in one window, and in no range. */
struct region {
	struct list_head link;
	struct resource *res;
};

/* struct vtl0_declared of each window; disjoint */
static __guarded_by(&vtl0_lock) LIST_HEAD(declared_windows);
/* disjoint */
static __guarded_by(&vtl0_lock) LIST_HEAD(regions);

static u64 end_of(const struct resource *res)
{
	return res->end + 1;
}

static struct region *new_region(struct resource *res)
	__must_hold(&vtl0_lock)
{
	struct region *region = kmalloc_obj(*region);

	if (!region)
		return NULL;
	region->res = res;
	list_add(&region->link, &regions);
	return region;
}

static void del_region(struct region *region)
	__must_hold(&vtl0_lock)
{
	release_mem_region(region->res->start, resource_size(region->res));
	list_del(&region->link);
	kfree(region);
}

/* Of the regions that overlap @start up to @end, the one with the lowest address, or NULL. */
static struct region *first_region(u64 start, u64 end)
	__must_hold(&vtl0_lock)
{
	struct region *region, *first = NULL;

	list_for_each_entry(region, &regions, link)
		if (region->res->start < end && start < end_of(region->res) &&
		    (!first || region->res->start < first->res->start))
			first = region;
	return first;
}

/*
 * Release @start up to @end, both in @region; the memory on either side stays claimed. If a
 * driver has put a resource there (insert_resource() allows it, for CXL and NFIT), nothing
 * is released.
 */
static int cut_middle(struct region *region, u64 start, u64 end)
	__must_hold(&vtl0_lock)
{
	struct resource *rest = kzalloc_obj(*rest);
	struct region *upper = rest ? new_region(rest) : NULL;
	u64 last = end_of(region->res);

	if (!upper) {
		kfree(rest);
		return -ENOMEM;
	}
	if (vtl0_claim_cut(region->res, start, end - start, rest))
		return 0;
	list_del(&upper->link);
	kfree(upper);
	kfree(rest);
	if (end_of(region->res) > start)
		return -EBUSY;
	pr_warn("memory from %#llx to %#llx of a window is no longer claimed\n", end, last);
	return 0;
}

static int cut_region(struct region *region, u64 start, u64 end)
	__must_hold(&vtl0_lock)
{
	u64 first = region->res->start, last = end_of(region->res);

	start = max(start, first);
	end = min(end, last);
	if (start != first && end != last)
		return cut_middle(region, start, end);
	if (start != first || end != last)
		return vtl0_claim_cut(region->res, start, end - start, NULL) ? 0 : -EBUSY;
	/* release_mem_region() would drop a resource of another driver in the region, too */
	if (region->res->child)
		return -EBUSY;
	del_region(region);
	return 0;
}

static int release(u64 start, u64 end)
	__must_hold(&vtl0_lock)
{
	struct region *region;
	int ret = 0;

	while (!ret && (region = first_region(start, end)))
		ret = cut_region(region, start, end);
	return ret;
}

/*
 * Join @lower and @upper, which are adjacent, so that /proc/iomem shows no trace of an add
 * that was refused. They stay two if only one of them lies in Reserved memory.
 */
static void join(struct region *lower, struct region *upper)
	__must_hold(&vtl0_lock)
{
	u64 start = lower->res->start, end = end_of(upper->res);

	if (lower->res->parent != upper->res->parent)
		return;
	del_region(upper);
	if (adjust_resource(lower->res, start, end - start))
		pr_warn("%#llx was taken by another driver\n", end_of(lower->res));
}

/* Claim @start up to @end of the window @w, all free, in one region with its neighbours. */
static int add_region(const struct vtl0_declared *w, u64 start, u64 end,
		      struct vtl0_span *conflict)
	__must_hold(&vtl0_lock)
{
	struct region *lower = start > w->start ? first_region(start - 1, start) : NULL;
	struct region *upper = end < w->start + w->length ? first_region(end, end + 1) : NULL;
	struct resource *res;

	/* fails where the memory and the region do not have the same parent */
	if (lower && !adjust_resource(lower->res, lower->res->start, end - lower->res->start)) {
		if (upper)
			join(lower, upper);
		return 0;
	}
	if (upper && !adjust_resource(upper->res, start, end_of(upper->res) - start))
		return 0;
	res = vtl0_claim_gap(start, end - start, conflict);
	if (IS_ERR(res))
		return PTR_ERR(res);
	if (new_region(res))
		return 0;
	release_mem_region(start, end - start);
	return -ENOMEM;
}

/* As add_region(), but with two regions if only a part of the gap is Reserved. */
static int add_regions(const struct vtl0_declared *w, u64 start, u64 end,
		       struct vtl0_span *conflict)
	__must_hold(&vtl0_lock)
{
	while (start < end) {
		u64 region_end = end;
		int ret;

		while ((ret = add_region(w, start, region_end, conflict)) == -EXDEV)
			region_end = conflict->start;
		if (ret)
			return ret;
		start = region_end;
	}
	return 0;
}

/* Claim the free memory of the window @w from @start up to @end. */
static int fill(const struct vtl0_declared *w, u64 start, u64 end, struct vtl0_span *conflict)
	__must_hold(&vtl0_lock)
{
	start = max(start, w->start);
	end = min(end, w->start + w->length);
	while (start < end) {
		struct vtl0_range *range = vtl0_range_overlap(start, end - start);
		struct region *region = first_region(start, end);
		u64 next = end, behind = end;
		int ret;

		if (range) {
			next = range->start;
			behind = range->start + range->length;
		}
		if (region && region->res->start < next) {
			next = region->res->start;
			behind = end_of(region->res);
		}
		ret = add_regions(w, start, next, conflict);
		if (ret)
			return ret;
		start = behind;
	}
	return 0;
}

/**
 * vtl0_declare() - claim a window
 * @declared: overlaps no other one; added to the list
 * @conflict: out, with -EBUSY and -ENXIO: the obstacle
 *
 * Context: under vtl0_lock; sleeps.
 * Return: 0; or -EBUSY, -ENXIO, -ENOMEM with nothing done.
 */
int vtl0_declare(struct vtl0_declared *declared, struct vtl0_span *conflict)
{
	int ret = fill(declared, declared->start, declared->start + declared->length, conflict);

	list_add(&declared->link, &declared_windows);
	if (ret)
		vtl0_undeclare(declared);
	if (!ret || ret == -ENOMEM)
		*conflict = (struct vtl0_span) { };
	return ret;
}

/**
 * vtl0_undeclare() - release the claim of a window
 * @declared: from vtl0_declare()
 *
 * Context: under vtl0_lock.
 */
void vtl0_undeclare(struct vtl0_declared *declared)
{
	struct region *region;

	/* a region lies in one window, so none has to be cut, which could fail */
	while ((region = first_region(declared->start, declared->start + declared->length)))
		del_region(region);
	list_del(&declared->link);
}

/**
 * vtl0_declared_yield() - release the claims of windows on some memory
 * @start: first byte
 * @length: bytes; the blocks of min_align in which the edges lie count as a whole
 *
 * The caller can then claim the memory. It has to call vtl0_declared_reclaim(), also after a
 * failure, before it drops vtl0_lock.
 *
 * Context: under vtl0_lock; sleeps.
 * Return: 0; -EBUSY if a driver has put a resource into that memory; -ENOMEM.
 */
int vtl0_declared_yield(u64 start, u64 length)
{
	u64 align = vtl0_geometry.min_align;

	return release(round_down(start, align), round_up(start + length, align));
}

/**
 * vtl0_declared_reclaim() - claim memory that lies in windows and in no range
 * @start: first byte
 * @length: bytes, as in vtl0_declared_yield()
 *
 * Context: under vtl0_lock; sleeps.
 */
void vtl0_declared_reclaim(u64 start, u64 length)
{
	u64 align = vtl0_geometry.min_align;
	u64 first = round_down(start, align), end = round_up(start + length, align);
	struct vtl0_span conflict;
	struct vtl0_declared *w;

	list_for_each_entry(w, &declared_windows, link)
		if (fill(w, first, end, &conflict))
			pr_warn_ratelimited("memory from %#llx to %#llx of a window is no longer claimed\n",
					    max(first, w->start),
					    min(end, w->start + w->length));
}
