// SPDX-License-Identifier: GPL-2.0
/*
 * Refuses rmdir of a device whose disk is there.
 */
#include "dev.h"

/* Called in a store, so that the directory's subsystem cannot go. */
int bounce_pin(struct bounce_dev *dev)
{
	int ret = configfs_depend_item_unlocked(dev->item.ci_group->cg_subsys,
						&dev->item);

	if (!ret)
		set_bit(0, &dev->pinned);
	return ret;
}

/* By whichever comes first: power off, or the end of the device below. */
void bounce_unpin(struct bounce_dev *dev)
{
	if (test_and_clear_bit(0, &dev->pinned))
		configfs_undepend_item(&dev->item);
}
