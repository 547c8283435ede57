// SPDX-License-Identifier: GPL-2.0
/*
 * Makes configfs refuse rmdir of a device that has a disk.
 */
#include "dev.h"

/**
 * bounce_pin() - refuse rmdir of a device
 * @dev: the device
 *
 * Context: in a store of one of its attributes, which keeps the configfs subsystem.
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
 * bounce_unpin() - allow rmdir again
 * @dev: the device; may be freed afterwards, unless the caller keeps it
 *
 * Called at power off and when the device below is removed; the second call does
 * nothing.
 */
void bounce_unpin(struct bounce_dev *dev)
{
	if (test_and_clear_bit(0, &dev->pinned))
		configfs_undepend_item(&dev->item);
}
