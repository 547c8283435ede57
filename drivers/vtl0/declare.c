// SPDX-License-Identifier: GPL-2.0
/*
 * The claims of windows. Memory of a window that no range has is claimed in pieces, so that
 * no driver takes it before it is touched. A range has a claim of its own: for that the
 * pieces in its way are released and, when the range has what it asked for, or was refused,
 * or has gone, what is left is claimed again. In between another driver can be faster, as
 * the kernel cannot divide a claimed region at once; the memory is that driver's then.
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

/* Lies in one window, and in no range. */
struct piece {
	struct list_head link;
	struct resource *res;
};

/* Of struct vtl0_declared, disjoint. */
static __guarded_by(&vtl0_lock) LIST_HEAD(windows);
/* Disjoint. */
static __guarded_by(&vtl0_lock) LIST_HEAD(pieces);

static u64 end_of(const struct resource *res)
{
	return res->end + 1;
}

static struct piece *new_piece(struct resource *res)
	__must_hold(&vtl0_lock)
{
	struct piece *piece = kmalloc_obj(*piece);

	if (!piece)
		return NULL;
	piece->res = res;
	list_add(&piece->link, &pieces);
	return piece;
}

static void del_piece(struct piece *piece)
	__must_hold(&vtl0_lock)
{
	release_mem_region(piece->res->start, resource_size(piece->res));
	list_del(&piece->link);
	kfree(piece);
}

/* The piece of @start up to @end with the lowest address, or NULL. */
static struct piece *first_piece(u64 start, u64 end)
	__must_hold(&vtl0_lock)
{
	struct piece *piece, *first = NULL;

	list_for_each_entry(piece, &pieces, link)
		if (piece->res->start < end && start < end_of(piece->res) &&
		    (!first || piece->res->start < first->res->start))
			first = piece;
	return first;
}

/*
 * Release @start up to @end, both in @piece, and keep what is on both sides. A driver may
 * have put a resource there (insert_resource() allows it, for CXL and NFIT); then it stays.
 */
static int cut_middle(struct piece *piece, u64 start, u64 end)
	__must_hold(&vtl0_lock)
{
	struct resource *rest = kzalloc_obj(*rest);
	struct piece *upper = rest ? new_piece(rest) : NULL;
	u64 last = end_of(piece->res);

	if (!upper) {
		kfree(rest);
		return -ENOMEM;
	}
	if (vtl0_claim_cut(piece->res, start, end - start, rest))
		return 0;
	list_del(&upper->link);
	kfree(upper);
	kfree(rest);
	if (end_of(piece->res) > start)
		return -EBUSY;
	pr_warn("memory from %#llx to %#llx of a window is no longer claimed\n", end, last);
	return 0;
}

static int cut_piece(struct piece *piece, u64 start, u64 end)
	__must_hold(&vtl0_lock)
{
	u64 first = piece->res->start, last = end_of(piece->res);

	start = max(start, first);
	end = min(end, last);
	if (start != first && end != last)
		return cut_middle(piece, start, end);
	if (start != first || end != last)
		return vtl0_claim_cut(piece->res, start, end - start, NULL) ? 0 : -EBUSY;
	/* releasing a region forgets what is in it */
	if (piece->res->child)
		return -EBUSY;
	del_piece(piece);
	return 0;
}

static int release(u64 start, u64 end)
	__must_hold(&vtl0_lock)
{
	struct piece *piece;
	int ret = 0;

	while (!ret && (piece = first_piece(start, end)))
		ret = cut_piece(piece, start, end);
	return ret;
}

/*
 * Let @lower and @upper, which begins where it ends, be one piece: after an add that was
 * refused nothing shall be left of it. Not if only one of them lies in Reserved memory.
 */
static void join(struct piece *lower, struct piece *upper)
	__must_hold(&vtl0_lock)
{
	u64 start = lower->res->start, end = end_of(upper->res);

	if (lower->res->parent != upper->res->parent)
		return;
	del_piece(upper);
	if (adjust_resource(lower->res, start, end - start))
		pr_warn("%#llx was taken by another driver\n", end_of(lower->res));
}

/* A piece of the window @w with @start up to @end, which is free. */
static int add_piece(const struct vtl0_declared *w, u64 start, u64 end,
		     struct vtl0_span *conflict)
	__must_hold(&vtl0_lock)
{
	struct piece *lower = start > w->start ? first_piece(start - 1, start) : NULL;
	struct piece *upper = end < w->start + w->length ? first_piece(end, end + 1) : NULL;
	struct resource *res;

	/* fails where they have not the same parent */
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
	if (new_piece(res))
		return 0;
	release_mem_region(start, end - start);
	return -ENOMEM;
}

/* A gap may begin in Reserved and end outside: two pieces. */
static int add_pieces(const struct vtl0_declared *w, u64 start, u64 end,
		      struct vtl0_span *conflict)
	__must_hold(&vtl0_lock)
{
	while (start < end) {
		u64 piece_end = end;
		int ret;

		while ((ret = add_piece(w, start, piece_end, conflict)) == -EXDEV)
			piece_end = conflict->start;
		if (ret)
			return ret;
		start = piece_end;
	}
	return 0;
}

/* Claim what is free of the window @w, from @start up to @end. */
static int fill(const struct vtl0_declared *w, u64 start, u64 end, struct vtl0_span *conflict)
	__must_hold(&vtl0_lock)
{
	start = max(start, w->start);
	end = min(end, w->start + w->length);
	while (start < end) {
		struct vtl0_range *range = vtl0_range_overlap(start, end - start);
		struct piece *piece = first_piece(start, end);
		u64 next = end, behind = end;
		int ret;

		if (range) {
			next = range->start;
			behind = range->start + range->length;
		}
		if (piece && piece->res->start < next) {
			next = piece->res->start;
			behind = end_of(piece->res);
		}
		ret = add_pieces(w, start, next, conflict);
		if (ret)
			return ret;
		start = behind;
	}
	return 0;
}

/**
 * vtl0_declare() - claim a window
 * @declared: overlaps no other one; added to the list
 * @conflict: out, with -EBUSY and -ENXIO: what is in the way
 *
 * Context: under vtl0_lock; sleeps.
 * Return: 0; or -EBUSY, -ENXIO, -ENOMEM with nothing done.
 */
int vtl0_declare(struct vtl0_declared *declared, struct vtl0_span *conflict)
{
	int ret = fill(declared, declared->start, declared->start + declared->length, conflict);

	list_add(&declared->link, &windows);
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
	struct piece *piece;

	/* no piece reaches beyond it, so none is cut, which could fail */
	while ((piece = first_piece(declared->start, declared->start + declared->length)))
		del_piece(piece);
	list_del(&declared->link);
}

/**
 * vtl0_declared_yield() - release what windows have of some memory, for a claim of it
 * @start: first byte
 * @length: bytes; of what shares a block of min_align with the edges, too
 *
 * Context: under vtl0_lock, under which vtl0_declared_reclaim() has to follow, also after
 * a failure.
 * Return: 0; -EBUSY if a driver has put a resource into that memory; -ENOMEM.
 */
int vtl0_declared_yield(u64 start, u64 length)
{
	u64 align = vtl0_geometry.min_align;

	return release(round_down(start, align), round_up(start + length, align));
}

/**
 * vtl0_declared_reclaim() - claim what windows have of some memory and no range does
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

	list_for_each_entry(w, &windows, link)
		if (fill(w, first, end, &conflict))
			pr_warn_ratelimited("memory from %#llx to %#llx of a window is no longer claimed\n",
					    max(first, w->start),
					    min(end, w->start + w->length));
}
