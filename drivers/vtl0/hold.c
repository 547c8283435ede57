// SPDX-License-Identifier: GPL-2.0
/*
 * Which open file holds which range. A range that is not persistent stays registered
 * while a file holds it.
 */
#include <linux/refcount.h>
#include <linux/slab.h>
#include <kunit/visibility.h>

#include "vtl0.h"

/* Ranges whose last hold was dropped, also persistent ones. */
struct list_head vtl0_unheld = LIST_HEAD_INIT(vtl0_unheld);

/**
 * struct vtl0_owner - an open file that can hold ranges
 * @refs: one for the open file, and one for each touch in a window of the file
 * @holds: links to the ranges that the file holds (struct vtl0_hold), under vtl0_lock
 */
struct vtl0_owner {
	refcount_t refs;
	struct list_head holds __guarded_by(&vtl0_lock);
};

/* The link between one owner and one range that the owner holds. */
struct vtl0_hold {
	struct list_head in_owner;
	struct list_head in_range;
	struct vtl0_owner *owner;
	struct vtl0_range *range;
};

/**
 * vtl0_owner_alloc() - allocate the owner of a new file
 *
 * Return: the owner, for vtl0_owner_release(), or NULL.
 */
struct vtl0_owner *vtl0_owner_alloc(void)
{
	struct vtl0_owner *owner = kzalloc_obj(*owner);

	if (!owner)
		return NULL;
	refcount_set(&owner->refs, 1);
	context_unsafe(INIT_LIST_HEAD(&owner->holds)); /* it is new */
	return owner;
}
EXPORT_SYMBOL_IF_KUNIT(vtl0_owner_alloc);

/**
 * vtl0_owner_get() - take a reference, so that the owner outlives its file
 * @owner: has a reference that keeps it during this call
 *
 * Return: @owner, for vtl0_owner_release().
 */
struct vtl0_owner *vtl0_owner_get(struct vtl0_owner *owner)
{
	refcount_inc(&owner->refs);
	return owner;
}

/**
 * vtl0_owner_put() - drop a reference on an owner
 * @owner: the owner
 *
 * Return: whether it was the last one; then the caller drops the owner's holds and
 * frees the owner.
 */
bool vtl0_owner_put(struct vtl0_owner *owner)
{
	return refcount_dec_and_test(&owner->refs);
}

/**
 * vtl0_hold_alloc() - memory for vtl0_hold_add(), which must not fail
 *
 * Return: memory for vtl0_hold_add() or kfree(), or NULL.
 */
struct vtl0_hold *vtl0_hold_alloc(void)
{
	return kzalloc_obj(struct vtl0_hold);
}

/**
 * vtl0_hold_add() - let a file hold a range
 * @hold: from vtl0_hold_alloc(); freed if the file holds the range already
 * @range: the range
 * @owner: the owner of the file
 *
 * Context: under vtl0_lock.
 */
void vtl0_hold_add(struct vtl0_hold *hold, struct vtl0_range *range, struct vtl0_owner *owner)
{
	struct vtl0_hold *h;

	lockdep_assert_held(&vtl0_lock);
	list_for_each_entry(h, &range->holds, in_range) {
		if (h->owner == owner) {
			kfree(hold);
			return;
		}
	}
	hold->owner = owner;
	hold->range = range;
	list_add(&hold->in_owner, &owner->holds);
	list_add(&hold->in_range, &range->holds);
	WRITE_ONCE(range->nr_owners, range->nr_owners + 1);
	list_del_init(&range->unheld);
}

static void drop_hold(struct vtl0_hold *hold)
	__must_hold(&vtl0_lock)
{
	struct vtl0_range *range = hold->range;

	list_del(&hold->in_owner);
	list_del(&hold->in_range);
	WRITE_ONCE(range->nr_owners, range->nr_owners - 1);
	if (list_empty(&range->holds))
		list_add_tail(&range->unheld, &vtl0_unheld);
	kfree(hold);
}

/**
 * vtl0_hold_copy() - let the files that hold a range hold another one, too
 * @from: the range that the files hold
 * @to: the other one, which no file holds
 *
 * Context: under vtl0_lock; sleeps.
 * Return: 0, or -ENOMEM with a part done, for vtl0_hold_drop_range().
 */
int vtl0_hold_copy(struct vtl0_range *from, struct vtl0_range *to)
{
	struct vtl0_hold *h, *copy;

	lockdep_assert_held(&vtl0_lock);
	if (!list_empty(&from->unheld))
		list_add_tail(&to->unheld, &vtl0_unheld);
	list_for_each_entry(h, &from->holds, in_range) {
		copy = vtl0_hold_alloc();
		if (!copy)
			return -ENOMEM;
		vtl0_hold_add(copy, to, h->owner);
	}
	return 0;
}

/**
 * vtl0_hold_drop_range() - let no file hold a range any more
 * @range: removed, or about to be
 *
 * Context: under vtl0_lock.
 */
void vtl0_hold_drop_range(struct vtl0_range *range)
{
	struct vtl0_hold *hold, *next;

	lockdep_assert_held(&vtl0_lock);
	list_for_each_entry_safe(hold, next, &range->holds, in_range)
		drop_hold(hold);
	list_del_init(&range->unheld);
}

/**
 * vtl0_hold_drop_owner() - let a file hold no range any more
 * @owner: the owner of the file
 *
 * Context: under vtl0_lock.
 */
void vtl0_hold_drop_owner(struct vtl0_owner *owner)
{
	struct vtl0_hold *hold, *next;

	lockdep_assert_held(&vtl0_lock);
	list_for_each_entry_safe(hold, next, &owner->holds, in_owner)
		drop_hold(hold);
}
