// SPDX-License-Identifier: GPL-2.0
/*
 * Pages in which hardware reported an error. They are remembered by address for as
 * long as the module is loaded: struct pages go with their range, and those of a
 * large folio share one flag, so neither can tell the next owner or spare the good
 * pages beside a bad one.
 */
#include <linux/mm.h>
#include <linux/xarray.h>

#include "vtl0.h"

/* by page frame number; the value only says that it is there */
static DEFINE_XARRAY(bad_pages);

/**
 * vtl0_bad_add() - remember a page
 * @pfn: its page frame number
 *
 * Context: sleeps. It cannot fail: a page that is forgotten is handed out again.
 */
void vtl0_bad_add(unsigned long pfn)
{
	int ret = xa_err(xa_store(&bad_pages, pfn, xa_mk_value(1), GFP_KERNEL | __GFP_NOFAIL));

	WARN_ON_ONCE(ret);
}

/**
 * vtl0_bad_any() - is there a bad page among these?
 * @pfn: the first
 * @nr: how many
 *
 * Context: any; takes no lock.
 * Return: whether there is.
 */
bool vtl0_bad_any(unsigned long pfn, unsigned long nr)
{
	unsigned long index = pfn;

	return !xa_empty(&bad_pages) &&
	       xa_find(&bad_pages, &index, pfn + nr - 1, XA_PRESENT);
}

/**
 * vtl0_bad_count() - how many of these pages are bad
 * @pfn: the first
 * @nr: how many
 *
 * Context: any; takes no lock.
 * Return: their number.
 */
u64 vtl0_bad_count(unsigned long pfn, unsigned long nr)
{
	unsigned long index;
	u64 count = 0;
	void *entry;

	xa_for_each_range(&bad_pages, index, entry, pfn, pfn + nr - 1)
		count++;
	return count;
}

/** vtl0_bad_exit() - forget all of them */
void vtl0_bad_exit(void)
{
	xa_destroy(&bad_pages);
}
