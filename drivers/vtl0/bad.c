// SPDX-License-Identifier: GPL-2.0
/*
 * The pages in which hardware reported an error, by page frame number, until the module
 * is unloaded. PG_hwpoison is not enough: the flag is lost with the struct pages when a range
 * is removed, and a large folio has one flag for all its pages.
 */
#include <linux/mm.h>
#include <linux/xarray.h>

#include "vtl0.h"

/* index: page frame number; the value has no meaning */
static DEFINE_XARRAY(bad_pages);

/**
 * vtl0_bad_add() - record a bad page
 * @pfn: its page frame number
 *
 * Cannot fail, as a page that is not recorded would be mapped again.
 *
 * Context: sleeps.
 * Return: whether it was not known as bad.
 */
bool vtl0_bad_add(unsigned long pfn)
{
	void *old = xa_store(&bad_pages, pfn, xa_mk_value(1), GFP_KERNEL | __GFP_NOFAIL);

	WARN_ON_ONCE(xa_is_err(old));
	return !old;
}

/**
 * vtl0_bad_any() - is one of some pages bad?
 * @pfn: the first page
 * @nr: number of pages
 *
 * Context: any; takes no lock.
 * Return: true if at least one is.
 */
bool vtl0_bad_any(unsigned long pfn, unsigned long nr)
{
	unsigned long index = pfn;

	return !xa_empty(&bad_pages) &&
	       xa_find(&bad_pages, &index, pfn + nr - 1, XA_PRESENT);
}

/**
 * vtl0_bad_count() - count the bad ones of some pages
 * @pfn: the first page
 * @nr: number of pages
 *
 * Context: any; takes no lock.
 * Return: the number of bad pages.
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

/** vtl0_bad_exit() - free the record of bad pages */
void vtl0_bad_exit(void)
{
	xa_destroy(&bad_pages);
}
