// SPDX-License-Identifier: GPL-2.0
/*
 * Refuses rmdir of a device whose disk is there.
 */
#include "dev.h"

/**
 * bounce_pin - refuse rmdir of a device
 * @dev:	the device
 *
 * Context: in a store of one of its attributes, so that configfs cannot go.
 * Return: 0, or -ENOENT if rmdir has begun.
 */
int bounce_pin(struct bounce_dev *dev)
{
	int ret = configfs_depend_item_unlocked(dev->item.ci_group->cg_subsys,
						&dev->item);

	if (!ret)
		set_bit(0, &dev->pinned);
	return ret;
}

/**
 * bounce_unpin - allow rmdir again
 * @dev:	the device; may be gone afterwards, unless something else holds it
 *
 * By whichever comes first: power off, or the end of the device below. The second
 * call does nothing.
 */
void bounce_unpin(struct bounce_dev *dev)
{
	if (test_and_clear_bit(0, &dev->pinned))
		configfs_undepend_item(&dev->item);
}
