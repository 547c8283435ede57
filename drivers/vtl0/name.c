// SPDX-License-Identifier: GPL-2.0
/*
 * Device numbers of ranges that have a name. sysfs.c creates the device node /dev/vtl0_NAME
 * with the number, and file.c finds the range by the number when the device node is opened.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kdev_t.h>
#include <linux/mutex.h>
#include <linux/string.h>
#include <linux/xarray.h>

#include "vtl0.h"

/* How many ranges can have a name at one time. */
#define MAX_NAMES 65536U

static dev_t first_devt;

/* Protects @names and keeps each name unique. */
static DEFINE_MUTEX(names_lock);
/* ranges, by minor number */
static DEFINE_XARRAY_ALLOC(names);

/*
 * Where the search for a free minor number begins. A freed number is used again only
 * after all other numbers: a device node that was made with mknod(), for instance in a
 * container, stays when its range is removed, and would open the next range with that number.
 */
static u32 next_minor __guarded_by(&names_lock);

static bool taken(const char *name)
	__must_hold(&names_lock)
{
	struct vtl0_range *range;
	unsigned long minor;

	/* /dev/vtl0_low maps all ranges */
	if (!strcmp(name, "low"))
		return true;
	xa_for_each(&names, minor, range)
		if (!strcmp(range->file.name, name))
			return true;
	return false;
}

/**
 * vtl0_name_add() - give a range the device number of its name
 * @range: without a name nothing is done
 *
 * Context: sleeps.
 * Return: 0, -ENOTUNIQ for a name that is taken, -ENOSPC for too many, -ENOMEM.
 */
int vtl0_name_add(struct vtl0_range *range)
{
	u32 minor;
	int ret;

	if (!range->file.name[0])
		return 0;
	guard(mutex)(&names_lock);
	if (taken(range->file.name))
		return -ENOTUNIQ;
	ret = xa_alloc_cyclic(&names, &minor, range, XA_LIMIT(0, MAX_NAMES - 1), &next_minor,
			      GFP_KERNEL);
	if (ret < 0)
		return ret == -EBUSY ? -ENOSPC : ret;
	range->dev.devt = MKDEV(MAJOR(first_devt), minor);
	return 0;
}

/**
 * vtl0_name_del() - free the device number of a range
 * @range: the range; one without a name has no number
 *
 * Later opens of the device node fail with -ENXIO.
 *
 * Context: sleeps.
 */
void vtl0_name_del(struct vtl0_range *range)
{
	guard(mutex)(&names_lock);
	if (range->dev.devt)
		xa_erase(&names, MINOR(range->dev.devt));
}

/**
 * vtl0_name_find() - the range of a device number
 * @devt: of a device node that is being opened
 *
 * Context: sleeps.
 * Return: a range with a reference for vtl0_range_put(), or NULL.
 */
struct vtl0_range *vtl0_name_find(dev_t devt)
{
	struct vtl0_range *range;

	guard(mutex)(&names_lock);
	range = xa_load(&names, MINOR(devt));
	if (range)
		get_device(&range->dev);
	return range;
}

/**
 * vtl0_name_devts() - the device numbers that are reserved for ranges
 * @first: out: the first of them
 *
 * Return: how many numbers there are.
 */
unsigned int vtl0_name_devts(dev_t *first)
{
	*first = first_devt;
	return MAX_NAMES;
}

int vtl0_names_init(void)
{
	return alloc_chrdev_region(&first_devt, 0, MAX_NAMES, "vtl0");
}

void vtl0_names_exit(void)
{
	unregister_chrdev_region(first_devt, MAX_NAMES);
	xa_destroy(&names);
}
