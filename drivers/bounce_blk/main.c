// SPDX-License-Identifier: GPL-2.0
/*
 * bounce_blk: a block device on top of another one, whose data cannot change in
 * flight. Each device is a directory in configfs; see config.c.
 */
#include <linux/module.h>
#include <linux/rcupdate.h>

#include "dev.h"

static int __init bounce_init(void)
{
	return bounce_config_init();
}

static void __exit bounce_exit(void)
{
	bounce_config_exit();
	/*
	 * A task that called lower_dead() may have been preempted before it left that
	 * function, and nothing else keeps the module then.
	 */
	synchronize_rcu_tasks();
}

module_init(bounce_init);
module_exit(bounce_exit);

MODULE_VERSION(PROJECT_VERSION);
MODULE_DESCRIPTION("Block device whose data cannot change in flight");
MODULE_LICENSE("GPL");
