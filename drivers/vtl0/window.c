// SPDX-License-Identifier: GPL-2.0
/*
 * Windows: physical ranges that VTL0_WINDOW declared and declare.c claims. A touch through
 * /dev/vtl0_low registers a part of a window (touch.c), and the file that declared the
 * window then holds the new range.
 */
#include <linux/err.h>
#include <linux/ioport.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "claim.h"
#include "declare.h"
#include "request.h"
#include "vtl0.h"
#include "window.h"

#define WINDOW_FLAGS (VTL0_WINDOW_DROP | VTL0_WINDOW_COOKIE)

struct window {
	struct list_head link;
	struct vtl0_declared declared;
	/* without a reference: vtl0_windows_close() frees the window before the owner */
	struct vtl0_owner *owner;
	struct vtl0_cookie cookie;
};

/* Nests inside vtl0_lock. */
static DEFINE_SPINLOCK(windows_lock);
/* sorted by address, disjoint */
static __guarded_by(&windows_lock) LIST_HEAD(windows);

/* The window with the lowest address of those that end behind @address, or NULL. */
static struct window *window_behind(u64 address)
	__must_hold(&windows_lock)
{
	struct window *w;

	list_for_each_entry(w, &windows, link)
		if (address < w->declared.start + w->declared.length)
			return w;
	return NULL;
}

/**
 * vtl0_window_find() - the window that contains an address
 * @address: physical address
 * @area: out, may be NULL: the whole window; the caller drops the reference on @area->owner
 *	with vtl0_owner_release()
 *
 * Context: any that may take a spinlock.
 * Return: whether a window contains @address.
 */
bool vtl0_window_find(u64 address, struct vtl0_area *area)
{
	struct window *w;

	guard(spinlock)(&windows_lock);
	w = window_behind(address);
	if (!w || address < w->declared.start)
		return false;
	if (area)
		*area = (struct vtl0_area) {
			.owner = vtl0_owner_get(w->owner),
			.start = w->declared.start,
			.end = w->declared.start + w->declared.length,
			.cookie = w->cookie,
		};
	return true;
}

/* How many bytes from @start up to @end lie in live ranges now. */
static u64 count_registered(u64 start, u64 end)
{
	struct vtl0_chunk *chunk;
	u64 sum = 0;
	int idx;

	idx = srcu_read_lock(&vtl0_srcu);
	while (start < end && (chunk = vtl0_chunk_next(start))) {
		const struct vtl0_range *range = READ_ONCE(chunk->range);
		struct vtl0_span span = vtl0_range_span(range);
		u64 last = min(span.start + span.length, end);

		start = max(start, span.start);
		if (start < last && READ_ONCE(range->state) == VTL0_STATE_LIVE)
			sum += last - start;
		start = vtl0_behind(chunk, last);
	}
	srcu_read_unlock(&vtl0_srcu, idx);
	return sum;
}

/**
 * vtl0_window_next() - describe the first window that ends behind an address
 * @address: physical address
 * @info: out: the window, and how many bytes of it are registered
 *
 * Context: sleeps.
 * Return: whether there is such a window.
 */
bool vtl0_window_next(u64 address, struct vtl0_window_info *info)
{
	struct window *w;

	spin_lock(&windows_lock);
	w = window_behind(address);
	if (w)
		*info = (struct vtl0_window_info) {
			.start = w->declared.start, .length = w->declared.length,
		};
	spin_unlock(&windows_lock);
	if (w)
		info->registered = count_registered(info->start, info->start + info->length);
	return w;
}

/* With -EINVAL for an unaligned window, @edge is its start or its end, if not aligned. */
static int check_arg(const struct vtl0_window *arg, u64 start, struct vtl0_cookie *cookie,
		     u64 *edge)
{
	int ret;

	if (arg->flags & ~WINDOW_FLAGS)
		return -EOPNOTSUPP;
	if (arg->flags == WINDOW_FLAGS)
		return -EINVAL;
	ret = vtl0_check_cookie(arg->flags & VTL0_WINDOW_COOKIE, arg->cookie, cookie);
	if (ret)
		return ret;
	ret = vtl0_check_range(start, arg->length);
	if (ret)
		return ret;
	if (PAGE_ALIGNED(start) && PAGE_ALIGNED(arg->length))
		return 0;
	*edge = PAGE_ALIGNED(start) ? start + arg->length : start;
	return -EINVAL;
}

/*
 * Can the memory from @start up to *@end be claimed now? If only a part of it is Reserved,
 * *@end becomes the place where that changes.
 */
static int check_claim(u64 start, u64 *end, struct vtl0_span *conflict)
	__must_hold(&vtl0_lock)
{
	struct resource *res;

	while (IS_ERR(res = vtl0_claim(start, *end - start, conflict))) {
		if (PTR_ERR(res) != -EXDEV)
			return PTR_ERR(res);
		*end = conflict->start;
	}
	*conflict = (struct vtl0_span) { };
	release_mem_region(start, *end - start);
	return 0;
}

/*
 * Fail now rather than at a touch: claim all memory that is in no range as an add would, and
 * release it again.
 */
static int check_gaps(u64 start, u64 end, struct vtl0_span *conflict)
	__must_hold(&vtl0_lock)
{
	while (start < end) {
		struct vtl0_range *range = vtl0_range_overlap(start, end - start);
		u64 gap_end = range ? range->start : end;

		while (start < gap_end) {
			u64 part_end = gap_end;
			int ret = check_claim(start, &part_end, conflict);

			if (ret)
				return ret;
			start = part_end;
		}
		start = range ? range->start + range->length : end;
	}
	return 0;
}

/* 0 if @new overlaps no window, 1 if its owner has declared exactly this window, or -EEXIST. */
static int find_overlap(const struct window *new, struct vtl0_span *conflict)
{
	u64 start = new->declared.start, end = start + new->declared.length;
	u64 next_start, next_end;
	struct window *next;

	guard(spinlock)(&windows_lock);
	next = window_behind(start);
	if (!next || end <= next->declared.start)
		return 0;
	next_start = next->declared.start;
	next_end = next_start + next->declared.length;
	if (next_start == start && next_end == end && next->owner == new->owner &&
	    !memcmp(&next->cookie, &new->cookie, sizeof(new->cookie)))
		return 1;
	conflict->start = max(next_start, start);
	conflict->length = min(next_end, end) - conflict->start;
	return -EEXIST;
}

static void insert(struct window *new)
{
	struct window *next;

	guard(spinlock)(&windows_lock);
	next = window_behind(new->declared.start);
	list_add_tail(&new->link, next ? &next->link : &windows);
}

/* Claim @new. Other windows yield for that, as they may share the blocks at its edges. */
static int claim(struct vtl0_declared *new, struct vtl0_span *conflict)
	__must_hold(&vtl0_lock)
{
	int ret = vtl0_declared_yield(new->start, new->length);

	if (!ret)
		ret = check_gaps(new->start, new->start + new->length, conflict);
	if (!ret)
		ret = vtl0_declare(new, conflict);
	vtl0_declared_reclaim(new->start, new->length);
	return ret;
}

static int declare(const struct window *wanted, struct vtl0_span *conflict)
	__must_not_hold(&vtl0_lock)
{
	struct window *new = kmemdup(wanted, sizeof(*wanted), GFP_KERNEL);
	int ret;

	if (!new)
		return -ENOMEM;
	mutex_lock(&vtl0_lock);
	ret = find_overlap(new, conflict);
	if (!ret)
		ret = claim(&new->declared, conflict);
	if (!ret)
		insert(new);
	mutex_unlock(&vtl0_lock);
	if (ret)
		kfree(new);
	return min(ret, 0);
}

/* Take the window with exactly these addresses off the list; NULL if there is none. */
static struct window *take(const struct vtl0_owner *owner, u64 start, u64 length)
{
	struct window *w;

	guard(spinlock)(&windows_lock);
	w = window_behind(start);
	if (!w || w->declared.start != start || w->declared.length != length ||
	    w->owner != owner)
		return NULL;
	list_del(&w->link);
	return w;
}

static int drop(const struct vtl0_owner *owner, u64 start, u64 length)
	__must_not_hold(&vtl0_lock)
{
	struct window *w;

	mutex_lock(&vtl0_lock);
	w = take(owner, start, length);
	if (w)
		vtl0_undeclare(&w->declared);
	mutex_unlock(&vtl0_lock);
	if (!w)
		return -ENOENT;
	kfree(w);
	return 0;
}

/**
 * vtl0_window() - VTL0_WINDOW
 * @owner: of the file that declares the memory
 * @arg: from user space; its output fields are filled
 *
 * Context: sleeps; takes vtl0_lock.
 * Return: 0 or an errno of the table in uapi/linux/vtl0.h.
 */
int vtl0_window(struct vtl0_owner *owner, struct vtl0_window *arg)
{
	struct window wanted = {
		.declared.start = vtl0_unalias(arg->start), .declared.length = arg->length,
		.owner = owner,
	};
	struct vtl0_span conflict = { };
	int ret;

	arg->conflict_start = 0;
	arg->conflict_length = 0;
	ret = check_arg(arg, wanted.declared.start, &wanted.cookie, &arg->conflict_start);
	if (ret)
		return ret;
	if (arg->flags & VTL0_WINDOW_DROP)
		return drop(owner, wanted.declared.start, arg->length);
	ret = vtl0_locked_down(wanted.declared.start, wanted.declared.length);
	if (ret)
		return ret;
	ret = declare(&wanted, &conflict);
	arg->conflict_start = conflict.start;
	arg->conflict_length = conflict.length;
	return ret;
}

/**
 * vtl0_windows_close() - drop the windows of a file that was closed
 * @owner: of the file
 *
 * A touch that has found a window before holds a reference on @owner until it ends.
 *
 * Context: sleeps; takes vtl0_lock.
 */
void vtl0_windows_close(struct vtl0_owner *owner)
{
	struct window *w, *next;
	LIST_HEAD(gone);

	mutex_lock(&vtl0_lock);
	spin_lock(&windows_lock);
	list_for_each_entry_safe(w, next, &windows, link)
		if (w->owner == owner)
			list_move(&w->link, &gone);
	spin_unlock(&windows_lock);
	list_for_each_entry_safe(w, next, &gone, link) {
		vtl0_undeclare(&w->declared);
		kfree(w);
	}
	mutex_unlock(&vtl0_lock);
}
